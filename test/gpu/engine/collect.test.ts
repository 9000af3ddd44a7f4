// Calibration sums on the device: against those of the f64 network, equal to the bit however the samples are split.

import * as assert from 'uvu/assert';
import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import type { Sample, TapSums } from '../../../gpu/engine/types.ts';
import { type LoadedEngine, loadEngine } from '../../../gpu/index.ts';
import { collect as collectTwin } from '../../../gpu/reference/collect.ts';
import { referenceModel } from '../../../gpu/reference/network/forward.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { type RandomFamily, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const VOCAB = 97;
const test = suite('collect');

async function twin(folder: string) {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await referenceModel(await loadSpec(folder), checkpoint);
  } finally {
    await checkpoint.close();
  }
}

async function opened(family: RandomFamily): Promise<{ engine: LoadedEngine }> {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family, seed: 3, vocab: VOCAB });
  return { engine: await loadEngine(folder) };
}

/** Sums of the f64 network over the same samples. */
async function expectedSums(folder: string, samples: readonly Sample[]): Promise<readonly Record<Tap, Float64Array>[]> {
  const reference = await twin(folder);
  const layers: Record<Tap, Float64Array>[] = [];
  for (const { tokens, from, to } of samples) {
    reference.taps(tokens).forEach((taps, layer) => {
      layers[layer] ??= {} as Record<Tap, Float64Array>;
      for (const tap of ['qkv', 'o', 'up', 'down'] as const) {
        const width = taps[tap].length / tokens.length;
        const one = collectTwin(taps[tap], [[from, to - from]], width);
        const total = layers[layer]![tap] ?? new Float64Array(9 * width);
        layers[layer]![tap] = total;
        for (let c = 0; c < width; c++) {
          const square = one[2 * width + c]!;
          const size = one[width + c]!;
          const [perToken, mean] = [square / (to - from), size / (to - from)];
          const ofSample = [Math.sqrt(square), square, Math.sqrt(perToken), perToken, mean, mean * mean];
          [one[c]!, size, square, ...ofSample].forEach((value, k) => {
            total[k * width + c]! += value;
          });
        }
      }
    });
  }
  return layers;
}

const flat = (sums: TapSums): Float64Array => {
  const { sum, abs, squares, norms, normSquares, rms, rmsSquares, means, meansSquares } = sums;
  const all = [sum, abs, squares, norms, normSquares, rms, rmsSquares, means, meansSquares];
  return Float64Array.from(all.flatMap((values) => [...values]));
};

async function meetsSums(folder: string, vocab: number): Promise<void> {
  const samples: Sample[] = [3, 17, 40, 64, 5].map((length, i) => {
    const tokens = randomTokens(i + 1, length, vocab);
    return { tokens, from: i % 2, to: i === 2 ? 20 : length };
  });
  const expected = await expectedSums(folder, samples);
  const first: (readonly TapSums[])[] = [];
  for (const maxRows of [1024, 64, 70]) {
    const engine = await loadEngine(folder, { maxRows });
    try {
      const found = await engine.collect(samples);
      first.push(found);
      for (const one of found) {
        assert.is(one.samples, 5);
        assert.is(
          one.tokens,
          samples.reduce((sum, { from, to }) => sum + to - from, 0),
        );
        const wanted = expected[one.layer]![one.tap];
        const got = flat(one);
        const size = Math.max(...wanted.map(Math.abs));
        const worst = Math.max(...wanted.map((value, i) => Math.abs(value - got[i]!)));
        assert.ok(worst <= 2e-6 * size, `layer ${one.layer} ${one.tap}: off by ${worst} of ${size}`);
      }
    } finally {
      await engine.dispose();
    }
  }
  assert.equal(first[1], first[0], 'another split gives the same bits');
  assert.equal(first[2], first[0]);
}

for (const family of ['llama', 'gpt2', 'gpt_neox'] as const) {
  test(`${family}: calibration sums meet the f64 network`, async () => {
    const folder = temporaryFolder();
    await writeRandomModel(folder, { family, seed: 3, vocab: VOCAB, hidden: 40, heads: 5, ffn: 50 });
    await meetsSums(folder, VOCAB);
  });
}

const stories = shared('models/stories260k');
if (stories === null) test.skip('stories260k: calibration sums meet the f64 network', '../shared/models is absent');
else test('stories260k: calibration sums meet the f64 network', () => meetsSums(stories, 512));

test('sums of single samples add up to the bits of collect, in any order and choice', async () => {
  const { engine } = await opened('llama');
  try {
    const samples: Sample[] = [3, 17, 40, 64, 5].map((length, i) => ({
      ...{ tokens: randomTokens(i + 1, length, VOCAB), from: i % 2, to: length },
    }));
    const each = await engine.collectEach(samples);
    const channels = [...new Map(engine.matrices.map((one) => [`${one.layer} ${one.tap}`, one.columns])).values()];
    assert.is(each.bytes, 12 * 5 * channels.reduce((sum, columns) => sum + columns, 0));
    for (const chosen of [[0, 1, 2, 3, 4], [4, 0, 2], [3]])
      assert.equal(each.addedUp(chosen), await engine.collect(chosen.map((index) => samples[index]!)));
  } finally {
    await engine.dispose();
  }
});

test('a sample without a counted token is refused', async () => {
  const { engine } = await opened('llama');
  try {
    for (const samples of [
      [],
      [{ tokens: Uint32Array.of(1, 2), from: 2, to: 2 }],
      [{ tokens: Uint32Array.of(1), from: 0, to: 3 }],
    ]) {
      await engine.collect(samples).then(
        () => assert.unreachable(),
        (error) => assert.is(error.code, 'bad-sample'),
      );
    }
  } finally {
    await engine.dispose();
  }
});

test.run();
