// Models in blocks: every result is, to the bit, that of the same numbers stored in f32, and f64 agrees with both.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { openGguf } from '../../../formats/gguf/file.ts';
import { quantise } from '../../../formats/gguf/quantise.ts';
import { type OutTensor, type Typed, writeGguf } from '../../../formats/gguf/write.ts';
import { BYTES, narrow, widen } from '../../../formats/tensors/numbers.ts';
import { BLOCK_FORMATS, type Format } from '../../../formats/tensors/tensor.ts';
import { DENSE, type LoadedEngine, loadEngine, type Sample, type Score } from '../../../gpu/index.ts';
import { referenceModel } from '../../../gpu/reference/network/forward.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const test = suite('quantised models');
const VOCAB = 97;
/** Of a log-probability: f32 sums against f64. */
const TOLERANCE = 1e-4;
const SHAPE = { hidden: 256, heads: 4, kvHeads: 2, ffn: 256, layers: 1, vocab: VOCAB } as const;
const folder = temporaryFolder();
await writeRandomModel(join(folder, 'llama'), { family: 'llama', seed: 5, tied: false, ...SHAPE });
await writeRandomModel(join(folder, 'qwen2'), { family: 'qwen2', seed: 6, ...SHAPE });

async function written(model: string, format: Format, name = `${format}.gguf`): Promise<string> {
  const path = join(temporaryFolder(), name);
  const checkpoint = await openCheckpoint(model);
  const described = { name: 'random', tokenizer: new Map<string, Typed>() };
  await quantise(await loadSpec(model), checkpoint, format, described, path);
  await checkpoint.close();
  return path;
}

/** A file with another format for each kind of matrix: as mixtures such as Q4_K_M have them. */
async function mixed(model: string): Promise<string> {
  const kinds: Readonly<Record<string, Format>> = {
    ...{ attn_q: 'q4_k', attn_k: 'q5_0', attn_v: 'q8_0', attn_output: 'q5_1', ffn_down: 'q6_k', token_embd: 'q8_0' },
    ...{ ffn_gate: 'q4_0', ffn_up: 'q4_1' }, // one kernel reads both: these two become f32
  };
  const source = await openGguf(await written(model, 'f32'));
  const keys = new Map<string, Typed>();
  for (const [key, value] of source.metadata) {
    if (typeof value === 'string') keys.set(key, { type: 'string', value });
    else if (typeof value === 'number') keys.set(key, { type: Number.isInteger(value) ? 'u32' : 'f32', value });
  }
  const tensors = source.tensors.map((tensor): OutTensor => {
    const format = kinds[/(\w+)\.weight$/.exec(tensor.name)?.[1] ?? ''] ?? 'f32';
    const numbers = tensor.shape.reduce((product, n) => product * n, 1);
    return {
      ...{ name: tensor.name, type: format.toUpperCase(), shape: tensor.shape, bytes: numbers * BYTES[format] },
      async *pieces() {
        const bytes = new Uint8Array(tensor.end - tensor.begin);
        await source.read(tensor, 0, bytes);
        yield narrow(widen(bytes, 'f32'), format);
      },
    };
  });
  const path = join(temporaryFolder(), 'mixed.gguf');
  await writeGguf(path, keys, tensors);
  await source.close();
  return path;
}

const SEQUENCES = [3, 17, 40].map((length, k) => randomTokens(k + 1, length, VOCAB));
const SAMPLES = SEQUENCES.map((tokens): Sample => ({ tokens, from: 1, to: tokens.length }));

/** Scores with and without a mask, the mask, sums of activations, and a loss with its gradients, as numbers. */
async function results(engine: LoadedEngine) {
  const matrices = engine.matrices;
  const scores = new Map(
    matrices.map(({ name, columns }): [string, Score] => [
      name,
      { kind: 'product', by: Float32Array.from({ length: columns }, (_, i) => 1 + (i % 7)) },
    ]),
  );
  const { tensors } = await engine.select({ scores, group: { kind: 'row' }, sparsity: 0.5 });
  const masked = { id: 'masked', mask: { id: 'half', tensors } };
  const score = async (variant: typeof DENSE) =>
    (await engine.score(SEQUENCES.map((tokens) => ({ tokens, from: 1, variant })))).map(({ logprobs }) => [
      ...logprobs,
    ]);
  const sums = await engine.collect(SAMPLES);
  const trainer = await engine.trainer({
    ...{ rank: 2, alpha: 4, dropout: 0, targets: matrices.map(({ name }) => name), seed: 3, rows: 128 },
    ...{ beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0, clip: 0 },
  });
  const step = await trainer.gradients(SAMPLES);
  trainer.dispose();
  return {
    dense: await score(DENSE),
    masked: await score(masked as typeof DENSE),
    words: [...tensors].map(([name, { words }]) => [name, [...words]]),
    squares: sums.map(({ squares }) => [...squares]),
    loss: step.loss,
    gradients: [...step.tensors].map(([name, { a }]) => [name, [...a]]),
  };
}

async function compared(path: string): Promise<void> {
  const [engine, plain] = [await loadEngine(path), await loadEngine(await written(path, 'f32', 'plain.gguf'))];
  try {
    const [ours, theirs] = [await results(engine), await results(plain)];
    assert.equal(ours, theirs, path);
    const checkpoint = await openCheckpoint(path);
    const reference = await referenceModel(await loadSpec(path), checkpoint);
    await checkpoint.close();
    for (const [k, tokens] of SEQUENCES.entries()) {
      const expected = reference.logprobs(tokens);
      for (const [i, value] of ours.dense[k]!.entries()) {
        assert.ok(Math.abs(value - expected[i]!) < TOLERANCE, `${path} ${k}, ${i}: ${value} for ${expected[i]}`);
      }
    }
    // Alone, in another order and in small steps: the same bits.
    const [alone] = await engine.score([{ tokens: SEQUENCES[2]!, from: 1, variant: DENSE }]);
    assert.equal([...alone!.logprobs], ours.dense[2]);
  } finally {
    await engine.dispose();
    await plain.dispose();
  }
}

for (const format of BLOCK_FORMATS) {
  test(`${format}: scores, masks, sums and gradients are those of the numbers in f32`, async () => {
    await compared(await written(join(folder, 'llama'), format));
  });
}

test('a mixture of formats, with stacked matrices in several buffers', async () => {
  await compared(await mixed(join(folder, 'llama')));
  await compared(await mixed(join(folder, 'qwen2')));
});

test('weights take as many bytes on the device as in the file', async () => {
  for (const format of ['q4_0', 'q4_1', 'q8_0', 'q6_k'] as const) {
    const path = await written(join(folder, 'llama'), format);
    const file = await openGguf(path);
    const stored = file.tensors.reduce((sum, { begin, end }) => sum + end - begin, 0);
    await file.close();
    const engine = await loadEngine(path);
    const share = engine.weightBytes / stored;
    await engine.dispose();
    assert.ok(share > 0.99 && share < 1.05, `${format}: ${share} of the file's`);
  }
});

test.run();
