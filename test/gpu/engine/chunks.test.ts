// Whole models whose matrices exceed what the device binds: split into chunks of rows they give the same bits.

import * as assert from 'uvu/assert';
import { DENSE, type LoadedEngine, loadEngine, type Sampling, type Sequence } from '../../../gpu/index.ts';
import { rowChunks } from '../../../gpu/kernels/matrix.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { type RandomModel, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const test = suite('chunks');

const SAMPLED: Sampling = { maxTokens: 6, temperature: 0.8, topK: 0, topP: 1, seed: 5, stopTokens: [] };

/**
 * Everything that an engine tells of a few sequences, floats as their bits. Five prompts are more than the logits of
 * 1603 tokens leave room for at the smallest limit below.
 */
async function answers(engine: LoadedEngine): Promise<readonly unknown[]> {
  const { vocab } = engine.spec;
  const prefix = randomTokens(1, 11, vocab);
  const sequences: Sequence[] = [];
  for (let i = 0; i < 6; i++) {
    const tokens = Uint32Array.from([...prefix, ...randomTokens(2 + i, 5 + i, vocab), vocab - 1, 0]);
    sequences.push({ tokens, from: 4, variant: DENSE });
  }
  // The likeliest token of a prefix as its continuation, so that a greedy flag is set.
  const top = await engine.top(prefix, 20);
  sequences.push({ tokens: Uint32Array.from([...prefix, top[0]![0]]), from: prefix.length, variant: DENSE });
  const scored = await engine.score(sequences);
  assert.is(scored[6]!.greedy[0], 1);
  const found: number[][] = [[], [], [], [], []];
  for (const temperature of [0, 0.8]) {
    const prompts = found.map((_, i) => ({ tokens: randomTokens(20 + i, 3 + 2 * i, vocab), variant: DENSE }));
    for await (const { sequence, token } of engine.generate(prompts, { ...SAMPLED, temperature })) {
      found[sequence]!.push(token);
    }
  }
  return [...scored.map(({ logprobs, greedy }) => [new Uint32Array(logprobs.buffer.slice(0)), greedy]), top, found];
}

const CASES: readonly (readonly [name: string, limit: number, model: RandomModel])[] = [
  [
    'Llama, bf16, tied',
    26_000,
    { family: 'llama', seed: 21, format: 'bf16', hidden: 144, heads: 9, kvHeads: 3, ffn: 200, vocab: 1603 },
  ],
  [
    'Llama, f16, odd widths, with biases, untied',
    20_000,
    {
      ...{
        family: 'llama',
        seed: 22,
        format: 'f16',
        hidden: 75,
        heads: 5,
        kvHeads: 1,
        headSize: 30,
        ffn: 107,
        vocab: 517,
      },
      ...{ attentionBias: true, mlpBias: true, tied: false },
    },
  ],
  [
    'GPT-2, f32, transposed, tied',
    60_000,
    { family: 'gpt2', seed: 23, format: 'f32', hidden: 78, heads: 3, kvHeads: 3, ffn: 210, vocab: 700 },
  ],
  [
    'GPT-2, bf16, transposed, odd widths, untied with a bias',
    28_000,
    {
      ...{ family: 'gpt2', seed: 24, format: 'bf16', hidden: 69, heads: 3, kvHeads: 3, ffn: 215, vocab: 259 },
      ...{ tied: false, headBias: true, positions: 100 },
    },
  ],
];

for (const [name, maxBindingBytes, model] of CASES) {
  test(`${name}: equal to the bit when split`, async () => {
    const folder = temporaryFolder();
    await writeRandomModel(folder, model);
    const whole = await loadEngine(folder, { maxRows: 32 });
    const expected = await answers(whole);
    whole.resetCounters();
    await whole.top(randomTokens(1, 3, whole.spec.vocab), 1);
    const dispatches = whole.counters().dispatches;
    await whole.dispose();
    const split = await loadEngine(folder, { maxRows: 32, maxBindingBytes });
    try {
      assert.equal(await answers(split), expected);
      assert.is(split.weightBytes, whole.weightBytes);
      split.resetCounters();
      await split.top(randomTokens(1, 3, split.spec.vocab), 1);
      const more = split.counters().dispatches - dispatches;
      assert.ok(more >= 3 * split.spec.layers + 2, `only ${more} dispatches more: what was split?`);
    } finally {
      await split.dispose();
    }
  });
}

test('chunks are whole blocks of the head, cover every row once and fit the limit', () => {
  for (const [rows, columns, limit] of [
    [151_936, 896, 2 ** 27],
    [1003, 144, 26_000],
    [64, 1, 64 * 2],
    [65, 1, 64 * 2],
  ] as const) {
    for (const factors of [1, 2] as const) {
      const chunks = rowChunks('w', { rows, columns, format: 'bf16', factors }, limit);
      let next = 0;
      for (const { first, rows: held } of chunks) {
        assert.is(first, next);
        assert.is((factors * first) % 64, 0);
        assert.ok(held * columns * 2 <= limit);
        next += held / factors;
      }
      assert.is(next, rows);
    }
  }
  assert.is(rowChunks('w', { rows: 151_936, columns: 896, format: 'bf16', factors: 1 }, 2 ** 27).length, 3);
  assert.throws(
    () => rowChunks('wide', { rows: 65, columns: 1000, format: 'f32', factors: 1 }, 100_000),
    (error: Error & { code?: string }) => error.code === 'gpu-memory' && /64 rows of wide take/.test(error.message),
  );
});

test.run();
