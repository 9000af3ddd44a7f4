// Masks from a model and texts on the device: known answers of the paper's scores, and the checkpoint that a mask is baked
// into.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type EachSums, type LoadedEngine, loadEngine, type Sequence } from '../../../gpu/index.ts';
import { StatisticsStore } from '../../../harness/run/statistics.ts';
import { bakeCheckpoint } from '../../../harness/subnetworks/bake.ts';
import type { Masks } from '../../../harness/subnetworks/combine.ts';
import { compareMasks } from '../../../harness/subnetworks/compare.ts';
import { type Made, makeMask } from '../../../harness/subnetworks/make.ts';
import { keptOf, maskId, placesOf } from '../../../harness/subnetworks/masks.ts';
import { type Options, optionsOf } from '../../../harness/subnetworks/options.ts';
import { fakeText } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const test = suite('make masks');
const folder = temporaryFolder();
let engine: LoadedEngine;
test.before(async () => {
  await writeRandomModel(folder, { family: 'llama', seed: 8, vocab: 256, hidden: 64, heads: 4, ffn: 96 });
  engine = await loadEngine(folder);
});
test.after(() => engine.dispose());

const WORDS = { a: 'loud party crowd dance shout', b: 'quiet book alone rest home', n: 'road stone water table green' };
const texts = (words: string, count = 24) =>
  Array.from({ length: count }, (_, i) => {
    const list = words.split(' ');
    return { question: `q${i % 5}`, answer: Array.from({ length: 4 }, (_, k) => list[(i * 3 + k * k) % 5]).join(' ') };
  });
const make = (options: Partial<Options>, more: Partial<Parameters<typeof makeMask>[0]> = {}): Promise<Made> =>
  makeMask({
    engine,
    text: fakeText(),
    statistics: { of: async (_, collect) => ({ sums: await collect(), spentMs: 0, reused: false }) },
    options: optionsOf(options),
    sparsity: 0.5,
    seed: 0,
    persona: texts(WORDS.a),
    opposite: texts(WORDS.b),
    generic: texts(WORDS.n).map(({ answer }) => answer),
    pole: 'high',
    ...more,
  });
const swapped = { persona: texts(WORDS.b), opposite: texts(WORDS.a), pole: 'low' } as const;
const jaccard = (a: Masks, b: Masks) => compareMasks(a, b, engine.matrices).all.jaccard;

test('every score and group keeps exactly the share of its groups', async () => {
  const scores = [
    'magnitude',
    'wanda',
    'sparse-diag',
    'contrastive-wanda',
    'contrastive-sparse',
    'contrastive-ratio',
    'set-difference',
    'random',
  ] as const;
  for (const score of scores) {
    const { masks } = await make({ score, group: 'row' }, { sparsity: 0.3 });
    for (const [name, { rows, columns, words }] of masks) {
      const perRow = Math.ceil(columns / 32);
      for (let row = 0; row < rows; row++) {
        const one = { rows: 1, columns, words: words.subarray(row * perRow, (row + 1) * perRow) };
        assert.is(keptOf(new Map([[name, one]])), Math.floor(0.7 * columns + 1e-9), `${score} ${name} row ${row}`);
      }
    }
    assert.is(masks.size, engine.matrices.length);
  }
  for (const group of ['block', 'layer', 'global', '2:4', '4:8', 'tiles'] as const) {
    const { masks } = await make({ group });
    assert.ok(Math.abs(keptOf(masks) / placesOf(masks) - 0.5) < 0.01, group);
  }
});

test('sparse-diag without damping over a whole row is the Wanda mask, bit for bit', async () => {
  const wanda = await make({ score: 'wanda', statistic: 'rms' });
  const diag = await make({ score: 'sparse-diag', damping: 0, group: 'row' });
  assert.is(maskId(diag.masks), maskId(wanda.masks));
  assert.is.not(maskId((await make({ score: 'sparse-diag', damping: 10, group: 'row' })).masks), maskId(wanda.masks));
});

test('ReLU contrasts are disjoint where both signs have enough columns; below, their overlap is counted', async () => {
  const both = async (sparsity: number) => {
    const p = await make({ score: 'contrastive-wanda' }, { sparsity });
    const q = await make({ score: 'contrastive-wanda' }, { ...swapped, sparsity });
    return { p, q, jaccard: jaccard(p.masks, q.masks) };
  };
  const high = await both(0.9);
  assert.equal([high.p.filled, high.q.filled, high.jaccard], [0, 0, 0], 'at 0.9 each sign has a tenth of the columns');
  const low = await both(0.3);
  assert.ok(low.p.filled > 0 && low.q.filled > 0, 'at 0.3 both must fill');
  // Rows of 64 and 96 columns keep 44 and 67 of them: 24 and 38 are shared at least.
  assert.ok(low.jaccard >= 24 / 64, `${low.jaccard}`);
  console.log(
    `  Jaccard of opposing ReLU masks at 0.3: ${low.jaccard.toFixed(3)}, filled ${low.p.filled} of ${low.p.kept}`,
  );
});

test('Eq. 9 gives each weight to one persona while there are enough; the code’s rule excludes', async () => {
  for (const rule of ['paper', 'code'] as const) {
    const p = await make({ score: 'contrastive-sparse', rule }, { sparsity: 0.7 });
    const q = await make({ score: 'contrastive-sparse', rule }, { ...swapped, sparsity: 0.7 });
    const shared = jaccard(p.masks, q.masks);
    if (p.filled === 0 && q.filled === 0) assert.is(shared, 0, rule);
    else assert.ok(shared < 0.1, `${rule}: ${shared}, filled ${p.filled} and ${q.filled}`);
  }
});

test('a persona against itself is refused, and so are missing texts', async () => {
  const refused = async (work: Promise<unknown>, code: string): Promise<void> => {
    await work.then(
      () => assert.unreachable(code),
      (error) => {
        assert.is(error.code, code);
        assert.ok(error.hint);
      },
    );
  };
  for (const score of ['contrastive-wanda', 'contrastive-sparse', 'contrastive-ratio'] as const) {
    await refused(make({ score }, { opposite: texts(WORDS.a) }), 'no-contrast');
    await refused(make({ score }, { opposite: [] }), 'no-calibration');
  }
  await refused(make({ score: 'wanda' }, { persona: [] }), 'no-calibration');
  await refused(make({ score: 'set-difference' }, { generic: [] }), 'no-calibration');
  await refused(make({ score: 'wanda' }, { text: null }), 'no-tokenizer');
  await make({ score: 'magnitude' }, { persona: [], text: null });
});

test('shuffled halves know no pole; both poles take one each', async () => {
  const [p, q] = [await make({ texts: 'shuffled' }), await make({ texts: 'shuffled' }, swapped)];
  const [own, other] = [await make({}), await make({}, swapped)];
  assert.is.not(maskId(p.masks), maskId(q.masks));
  assert.ok(jaccard(p.masks, q.masks) > jaccard(own.masks, other.masks), 'halves are more alike than poles');
  assert.is(maskId((await make({ texts: 'shuffled' })).masks), maskId(p.masks), 'seeded');
});

test('each text of the pool runs through the network once for all draws, and the bits stay', async () => {
  const counted = new StatisticsStore(null);
  let passes = 0;
  const statistics = {
    of: () => assert.unreachable('a draw of the pool collects nothing of its own') as never,
    each: (key: string, bytes: number, collect: () => Promise<EachSums>) => {
      return counted.each(key, bytes, () => {
        passes++;
        return collect();
      });
    },
  };
  for (const seed of [0, 1, 2])
    for (const side of [{}, swapped])
      for (const score of ['wanda', 'contrastive-wanda', 'contrastive-sparse'] as const)
        for (const samples of [128, 10]) {
          const options = { score, samples, texts: 'shuffled' } as const;
          const [alone, pooled] = [
            await make(options, { seed, ...side }),
            await make(options, { seed, ...side, statistics }),
          ];
          assert.is(maskId(pooled.masks), maskId(alone.masks), `${score}, seed ${seed}`);
          assert.equal([pooled.calibration, pooled.samples], [alone.calibration, alone.samples]);
        }
  assert.is(passes, 1);
  // Of a pool that is much larger than a draw each half runs by itself.
  await make({ texts: 'shuffled', samples: 2 }, { statistics: { ...statistics, of: counted.of.bind(counted) } });
  assert.is(passes, 1);
});

test('masks on the way from the opposite to the persona, and matrices restored', async () => {
  const [p, q] = [(await make({})).masks, (await make({}, swapped)).masks];
  assert.is(maskId((await make({ toward: 1 })).masks), maskId(p));
  assert.is(maskId((await make({ toward: 0 })).masks), maskId(q));
  let before = 1;
  for (const toward of [0.25, 0.5, 0.75]) {
    const { masks } = await make({ toward });
    const distance = compareMasks(masks, p, engine.matrices).all.differing;
    assert.ok(distance < before, `${toward}`);
    before = distance;
  }
  const { masks } = await make({ restore: { names: ['down'] } });
  assert.is(masks.size, engine.matrices.filter(({ role }) => role !== 'down').length);
});

test('a baked checkpoint is the masked network in any tool, to the bit', async () => {
  for (const [family, format] of [
    ['llama', 'bf16'],
    ['gpt2', 'f32'],
  ] as const) {
    const place = temporaryFolder();
    const model = join(place, 'model');
    await writeRandomModel(model, { family, seed: 4, vocab: 256, hidden: 32, heads: 4, ffn: 64, format });
    const one = await loadEngine(model);
    const { masks } = await make({}, { engine: one });
    const ask = async (on: LoadedEngine, variant: Sequence['variant']) =>
      (await on.score([{ tokens: randomTokens(3, 40, 256), from: 1, variant }]))[0]!.logprobs;
    const masked = await ask(one, { id: 'm', mask: { id: 'm', tensors: masks } });
    await one.dispose();
    const header = {
      ...{ model: one.weightsDigest, tokenizer: 't', persona: null, opposite: null, score: 'wanda', parameters: {} },
      ...{ statistic: 'rms', sparsity: 0.5, group: 'row', tokens: 'answer', chat: true, calibration: null, seed: 0 },
    };
    const out = join(place, 'baked');
    await bakeCheckpoint(model, { header, masks }, out, { gamma: 0, file: 'mask' });
    const baked = await loadEngine(out);
    assert.equal(await ask(baked, { id: 'dense' }), masked, family);
    await baked.dispose();
    const refused = (target: string, model_: string, code: string) =>
      bakeCheckpoint(model, { header: { ...header, model: model_ }, masks }, target, { gamma: 0, file: 'mask' }).then(
        () => assert.unreachable(code),
        (error) => assert.is(error.code, code),
      );
    await refused(out, header.model, 'unwritable');
    await refused(join(place, 'other'), 'f'.repeat(64), 'bad-mask');
  }
});

test.run();
