// The device's gradients against the f64 network's, tensor by tensor, for every family and format; and on the bundled model
// against what a step along the gradient does to the loss.

import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { type Adapter, loadEngine, type Sample, type TrainerOptions } from '../../../gpu/index.ts';
import { gradients, readNetwork } from '../../../gpu/reference/network/gradients.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ROOT } from '../../support/node.ts';
import { normals, type RandomModel, randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

/** Norm of the difference over the norm, per tensor. */
const LIMIT = 1e-5;
const VOCAB = 97;
const test = suite('gradients');

const MODELS: Readonly<Record<string, Omit<RandomModel, 'seed'>>> = {
  'llama, grouped heads': {
    family: 'llama',
    kvHeads: 2,
    headSize: 12,
    tied: false,
    attentionBias: true,
    mlpBias: true,
  },
  'llama bf16': { family: 'llama', kvHeads: 2, headSize: 12, format: 'bf16' },
  'mistral, a window': { family: 'mistral', kvHeads: 1, headSize: 6, window: 5 },
  qwen2: { family: 'qwen2', kvHeads: 2, headSize: 8 },
  'qwen3, norms of heads': { family: 'qwen3', kvHeads: 2, headSize: 16, headBias: true },
  'gpt2, tanh': { family: 'gpt2', layers: 3 },
  'gpt2 f16, erf': { family: 'gpt2', activation: 'gelu', format: 'f16' },
  'gpt_neox, parallel': { family: 'gpt_neox', rotaryShare: 0.5, tied: false },
  'gpt_neox, sequential': { family: 'gpt_neox', rotaryShare: 0.5, parallel: false },
};

function updates(seed: number, rank: number, matrices: readonly MatrixInfo[]): Adapter['tensors'] {
  const normal = normals(seed);
  const values = (length: number): Float32Array => Float32Array.from({ length }, () => 0.1 * normal());
  return new Map(
    matrices.map(({ name, rows, columns }) => [name, { a: values(rank * columns), b: values(rows * rank) }]),
  );
}

const options = (rank: number, tensors: Adapter['tensors'], rows: number): TrainerOptions => ({
  rank,
  alpha: 2 * rank,
  dropout: 0,
  targets: [...tensors.keys()],
  initial: tensors,
  seed: 1,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  decay: 0,
  clip: 0,
  rows,
});

const relative = (found: Float32Array, expected: ArrayLike<number>): number => {
  let [difference, norm] = [0, 0];
  found.forEach((value, i) => {
    difference += (value - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  });
  return Math.sqrt(difference / norm);
};

for (const [name, model] of Object.entries(MODELS)) {
  test(`${name}: of all matrices at an even rank, and of some at an odd one`, async () => {
    const folder = temporaryFolder();
    await writeRandomModel(folder, { layers: 2, hidden: 32, heads: 4, ffn: 48, vocab: VOCAB, ...model, seed: 5 });
    const spec = await loadSpec(folder);
    const checkpoint = await openCheckpoint(folder);
    const network = await readNetwork(spec, checkpoint);
    await checkpoint.close();
    const engine = await loadEngine(folder);
    try {
      const sample = (seed: number, length: number, from: number, to = length): Sample => ({
        tokens: randomTokens(seed, length, VOCAB),
        from,
        to,
      });
      const samples = [sample(1, 19, 1), sample(2, 30, 5, 12), sample(3, 2, 1), sample(4, 9, 4)];
      const some = engine.matrices.filter(({ role }) => ['k', 'qkv', 'up', 'o'].includes(role));
      for (const [rank, matrices] of [
        [4, engine.matrices],
        [3, some],
      ] as const) {
        const tensors = updates(7, rank, matrices);
        const expected = gradients(spec, network, { rank, alpha: 2 * rank, tensors }, samples);
        const trainer = await engine.trainer(options(rank, tensors, 64));
        const found = await trainer.gradients(samples);
        trainer.dispose();
        assert.ok(Math.abs(found.loss - expected.loss) < 1e-6 * expected.loss, `${found.loss}, not ${expected.loss}`);
        assert.is(found.tensors.size, matrices.length);
        for (const [weight, { a, b }] of expected.tensors) {
          const own = found.tensors.get(weight)!;
          for (const [which, mine, wanted] of [['a', own.a, a] as const, ['b', own.b, b] as const]) {
            const error = relative(mine, wanted);
            assert.ok(error <= LIMIT, `rank ${rank}, ${which} of ${weight}: ${error.toExponential(1)}`);
          }
        }
      }
    } finally {
      await engine.dispose();
    }
    assert.is(engine.heldBytes, 0);
  });
}

test('on persona-nano, the loss moves along the gradient by its norm', async () => {
  const engine = await loadEngine(join(ROOT, 'models/persona-nano'));
  try {
    const rank = 4;
    const tensors = updates(3, rank, engine.matrices);
    const batch = [1, 2, 3].map((seed) => ({ tokens: randomTokens(seed, 40, engine.spec.vocab), from: 10, to: 40 }));
    const at = async (moved: Adapter['tensors']) => {
      const trainer = await engine.trainer(options(rank, moved, 128));
      const found = await trainer.gradients(batch);
      trainer.dispose();
      return found;
    };
    const { loss, gradientNorm, tensors: gradient } = await at(tensors);
    const along = (step: number): Adapter['tensors'] =>
      new Map(
        [...tensors].map(([name, { a, b }]) => {
          const by = gradient.get(name)!;
          const move = (from: Float32Array, to: Float32Array) =>
            from.map((value, i) => value + (step * to[i]!) / gradientNorm);
          return [name, { a: move(a, by.a), b: move(b, by.b) }];
        }),
      );
    const h = (3e-3 * loss) / gradientNorm;
    const slope = ((await at(along(h))).loss - (await at(along(-h))).loss) / (2 * h);
    assert.ok(Math.abs(slope - gradientNorm) < 1e-2 * gradientNorm, `${slope}, not ${gradientNorm}`);
  } finally {
    await engine.dispose();
  }
});

test.run();
