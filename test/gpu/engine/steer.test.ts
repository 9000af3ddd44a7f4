// Vectors in the residual stream against the f64 network: what it is after each layer, and what edits of it do, alone and
// beside masks, adapters and the dense network in one batch.

import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { DENSE, type LoadedEngine, loadEngine, type Sample, type Steer, type Variant } from '../../../gpu/index.ts';
import { steer } from '../../../gpu/kernels/steer.ts';
import { type ReferenceMask, referenceModel } from '../../../gpu/reference/network/forward.ts';
import { steer as twin } from '../../../gpu/reference/steer.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { close, openBench, random } from '../../support/kernel.ts';
import { randomMask } from '../../support/masks.ts';
import { normals, type RandomFamily, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const VOCAB = 97;
const LOOSE = 1e-4;
const test = suite('steering');

const opened = async (family: RandomFamily): Promise<{ folder: string; engine: LoadedEngine }> => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family, seed: 3, vocab: VOCAB, hidden: 40, heads: 5, ffn: 52, layers: 3 });
  return { folder, engine: await loadEngine(folder) };
};
const reference = async (folder: string, edits: ReferenceMask | null = null) => {
  const checkpoint = await openCheckpoint(folder);
  const found = await referenceModel(await loadSpec(folder), checkpoint, edits);
  await checkpoint.close();
  return found;
};
const edits = (seed: number, hidden = 40): Steer => {
  const normal = normals(seed);
  const vector = () => Float32Array.from({ length: hidden }, normal);
  return {
    id: `steer ${seed}`,
    edits: [
      { layer: 0, kind: 'add', vector: vector(), scale: 0.7 },
      { layer: 2, kind: 'add', vector: vector(), scale: -0.4 },
      { layer: 2, kind: 'project', vector: vector(), scale: 0.9 },
    ],
  };
};
const worst = (found: ArrayLike<number>, expected: ArrayLike<number>): number =>
  Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - found[i]!)), 0);

test('the kernel adds and projects as its twin, over odd shapes', async () => {
  const bench = await openBench();
  try {
    for (const [rows, width] of [
      [1, 1],
      [3, 63],
      [65, 64],
      [17, 257],
    ] as const) {
      for (const project of [false, true]) {
        const [x, v] = [random(rows, rows * width), random(2, width)];
        const buffer = bench.floats(x);
        const command = steer(bench.recorder, { v: bench.floats(v), x: buffer }, { width, scale: -0.3, project });
        const [bytes] = await bench.run([command], { rows }, [[buffer, rows * width]]);
        const limit = project ? 1e-10 : 1e-12;
        close(
          `${rows} x ${width}, ${project}`,
          new Float32Array(bytes!),
          twin(x, v, Math.fround(-0.3), project),
          limit,
        );
      }
    }
  } finally {
    await bench.close();
  }
});

for (const family of ['llama', 'gpt2', 'gpt_neox'] as const) {
  test(`${family}: states after each layer, and log-probabilities under edits, meet the f64 network`, async () => {
    const { folder, engine } = await opened(family);
    try {
      const samples = [5, 33, 2, 60].map((length, i): Sample => {
        const tokens = randomTokens(i + 1, length, VOCAB);
        return { tokens, from: i % 2, to: i === 1 ? 20 : length };
      });
      const steered: Variant = { id: 'steered', steer: edits(5) };
      for (const variant of [DENSE, steered]) {
        const network = await reference(folder, { tensors: new Map(), ...(variant.steer && { steer: variant.steer }) });
        const found = await engine.states(samples, variant);
        samples.forEach(({ tokens, from, to }, k) => {
          const expected = network.states(tokens).flatMap((x) =>
            Array.from({ length: 40 }, (_, i) => {
              let sum = 0;
              for (let t = from; t < to; t++) sum += x[t * 40 + i]!;
              return sum / (to - from);
            }),
          );
          const error = worst(found[k]!, expected);
          assert.ok(error < LOOSE, `${variant.id}, sample ${k}: ${error}`);
        });
        const tokens = randomTokens(9, 50, VOCAB);
        const [scored] = await engine.score([{ tokens, from: 1, variant }]);
        const error = worst(scored!.logprobs, network.logprobs(tokens));
        assert.ok(error < LOOSE, `${variant.id}: ${error}`);
      }
      const [alone] = await engine.states([samples[1]!]);
      assert.equal(alone, (await engine.states(samples))[1], 'batch mates change no bit');
    } finally {
      await engine.dispose();
    }
    assert.is(engine.heldBytes, 0);
  });
}

test('one batch of a mask, an adapter, vectors, all of them and the dense network equals each alone, to the bit', async () => {
  const { folder, engine } = await opened('llama');
  try {
    const mask = randomMask(4, engine.matrices);
    const normal = normals(8);
    const values = (length: number) => Float32Array.from({ length }, () => 0.1 * normal());
    const tensors = new Map(
      engine.matrices.map(({ name, rows, columns }) => [name, { a: values(3 * columns), b: values(rows * 3) }]),
    );
    const adapter = { id: 'adapter', rank: 3, alpha: 6, tensors };
    const steered = edits(5);
    const variants: readonly Variant[] = [
      DENSE,
      { id: 'mask', mask },
      { id: 'other mask', mask: randomMask(6, engine.matrices) },
      { id: 'adapter', adapter },
      { id: 'steer', steer: steered },
      { id: 'all', mask, adapter, steer: steered },
    ];
    const tokens = randomTokens(1, 30, VOCAB);
    const together = await engine.score(variants.map((variant) => ({ tokens, from: 3, variant })));
    for (const [i, variant] of variants.entries()) {
      await engine.trim();
      const [alone] = await engine.score([{ tokens, from: 3, variant }]);
      assert.equal(alone, together[i], variant.id);
    }
    assert.is(new Set(together.map(({ logprobs }) => logprobs.join())).size, variants.length);
    const both = await reference(folder, { tensors: mask.tensors, adapter, steer: steered });
    const error = worst(together[5]!.logprobs, both.logprobs(tokens).slice(2));
    assert.ok(error < LOOSE, `${error}`);
    // An id that stands for another vector is brought anew.
    const [other] = await engine.score([{ tokens, from: 3, variant: { id: 'steer', steer: edits(6) } }]);
    assert.not.equal(other, together[4]);
  } finally {
    await engine.dispose();
  }
});

test('edits that do not fit the network are refused', async () => {
  const { engine } = await opened('llama');
  try {
    const vector = new Float32Array(40).fill(1);
    const good = { layer: 1, kind: 'add', vector, scale: 1 } as const;
    for (const [change, message] of [
      [{ layer: 3 }, /no layer 3/],
      [{ layer: 0.5 }, /no layer 0\.5/],
      [{ vector: new Float32Array(8) }, /8 values, and the residual stream 40/],
      [{ vector: new Float32Array(40).fill(Number.NaN) }, /not finite/],
      [{ scale: Infinity }, /scale at layer 1 is Infinity/],
      [{ kind: 'project', vector: new Float32Array(40) }, /no direction/],
    ] as const) {
      const variant = { id: 'bad', steer: { id: 'bad', edits: [{ ...good, ...change }] } };
      await engine.score([{ tokens: Uint32Array.of(1, 2), from: 1, variant }]).then(
        () => assert.unreachable(String(message)),
        (error) => {
          assert.is(error.code, 'bad-steer');
          assert.match(error.message, message);
          assert.ok(error.hint);
        },
      );
    }
  } finally {
    await engine.dispose();
  }
});

test.run();
