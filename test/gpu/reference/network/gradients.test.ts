// Gradients of the whole network, for a small random model of each family: against central differences of the loss, and
// the loss against the reference's own forward pass with the update merged.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../../formats/checkpoint/matrices.ts';
import { matricesOf } from '../../../../formats/checkpoint/matrices.ts';
import { openCheckpoint } from '../../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../../formats/checkpoint/read-spec.ts';
import type { Spec } from '../../../../formats/checkpoint/spec.ts';
import type { Sample } from '../../../../gpu/engine/types.ts';
import { type ReferenceModel, referenceModel } from '../../../../gpu/reference/network/forward.ts';
import {
  gradients,
  type ReferenceAdapter,
  type ReferenceNetwork,
  readNetwork,
} from '../../../../gpu/reference/network/gradients.ts';
import { differences, dot, gap, randoms } from '../../../support/differences.ts';
import { temporaryFolder } from '../../../support/folders.ts';
import { type RandomModel, randomTokens, writeRandomModel } from '../../../support/random-model.ts';
import { test } from '../../../support/suite.ts';

const small = { layers: 2, hidden: 12, ffn: 20, heads: 4, vocab: 29, seed: 5 } as const;
const MODELS: Readonly<Record<string, RandomModel>> = {
  llama3: { ...small, family: 'llama', kvHeads: 2, headSize: 6, tied: false, attentionBias: true, mlpBias: true },
  mistral: { ...small, family: 'mistral', kvHeads: 2, headSize: 6, window: 4 },
  qwen2: {
    ...small,
    family: 'qwen2',
    kvHeads: 1,
    headSize: 4,
    window: 5,
    layerTypes: ['sliding_attention', 'full_attention'],
  },
  qwen3: { ...small, family: 'qwen3', kvHeads: 2, headSize: 6, headBias: true },
  'gpt2, tanh': { ...small, family: 'gpt2', layers: 3 },
  'gpt2, erf': { ...small, family: 'gpt2', activation: 'gelu' },
  'gpt_neox, parallel': { ...small, hidden: 24, family: 'gpt_neox', rotaryShare: 0.67, tied: false },
  'gpt_neox, sequential': { ...small, hidden: 24, family: 'gpt_neox', rotaryShare: 0.67, parallel: false },
};
const RANK = 3;

const sample = (seed: number, length: number, from: number, to = length): Sample => ({
  tokens: randomTokens(seed, length, small.vocab),
  from,
  to,
});
/** One that counts all it can, one that counts a middle, and one of two tokens. */
const SAMPLES = [sample(1, 9, 1), sample(2, 12, 5, 8), sample(3, 2, 1)];

interface Opened {
  readonly spec: Spec;
  readonly network: ReferenceNetwork;
  readonly matrices: readonly MatrixInfo[];
  merged(adapter: ReferenceAdapter): Promise<ReferenceModel>;
}

async function open(options: RandomModel): Promise<Opened> {
  const folder = temporaryFolder();
  await writeRandomModel(folder, options);
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  const network = await readNetwork(spec, checkpoint);
  await checkpoint.close();
  return {
    spec,
    network,
    matrices: matricesOf(network.parts),
    async merged({ rank, alpha, tensors }) {
      const narrow = [...tensors].map(
        ([name, { a, b }]) => [name, { a: Float32Array.from(a), b: Float32Array.from(b) }] as const,
      );
      const adapter = { id: 'test', rank, alpha, tensors: new Map(narrow) };
      const again = await openCheckpoint(folder);
      const model = await referenceModel(spec, again, { tensors: new Map(), adapter });
      await again.close();
      return model;
    },
  };
}

/** Updates whose values f32 holds too, so that both forward passes compute with the same. */
function randomUpdates(matrices: readonly MatrixInfo[], seed = 40): ReferenceAdapter {
  const values = (at: number, length: number): Float64Array => randoms(at, length, 0.2).map(Math.fround);
  const tensors = matrices.map(({ name, rows, columns }, i) => {
    const [a, b] = [values(seed + 2 * i, RANK * columns), values(seed + 2 * i + 1, RANK * rows)];
    return [name, { a, b }] as const;
  });
  return { rank: RANK, alpha: 2 * RANK, tensors: new Map(tensors) };
}

function withTensor(adapter: ReferenceAdapter, name: string, which: 'a' | 'b', values: Float64Array): ReferenceAdapter {
  const tensors = new Map(adapter.tensors).set(name, { ...adapter.tensors.get(name)!, [which]: values });
  return { ...adapter, tensors };
}

for (const [label, model] of Object.entries(MODELS)) {
  test(`${label}: the gradient of every update, by differences of the loss`, async () => {
    const { spec, network, matrices } = await open(model);
    const adapter = randomUpdates(matrices);
    const loss = (moved: ReferenceAdapter): number => gradients(spec, network, moved, SAMPLES).loss;
    const { tensors } = gradients(spec, network, adapter, SAMPLES);
    assert.equal([...tensors.keys()].sort(), matrices.map(({ name }) => name).sort());
    const rng = mersenne(7);
    for (const { name } of matrices) {
      for (const which of ['a', 'b'] as const) {
        const [found, at] = [tensors.get(name)![which], Float64Array.from(adapter.tensors.get(name)![which])];
        const places = Array.from({ length: 5 }, () => Math.floor(uniformFloat64(rng) * at.length));
        const expected = differences(at, (moved) => loss(withTensor(adapter, name, which, moved)), places);
        const off = gap(
          places.map((place) => found[place]!),
          expected,
        );
        assert.ok(off < 1e-6, `${name} ${which}: off by ${off}`);
      }
    }
  });

  test(`${label}: the gradient along a random direction of all updates at once`, async () => {
    const { spec, network, matrices } = await open(model);
    const adapter = randomUpdates(matrices);
    const { tensors } = gradients(spec, network, adapter, SAMPLES);
    const direction = randomUpdates(matrices, 400);
    const along = (step: number): number => {
      const moved = [...adapter.tensors].map(([name, { a, b }]) => {
        const by = direction.tensors.get(name)!;
        const shift = (from: ArrayLike<number>, to: ArrayLike<number>): Float64Array =>
          Float64Array.from(from, (value, i) => value + step * to[i]!);
        return [name, { a: shift(a, by.a), b: shift(b, by.b) }] as const;
      });
      return gradients(spec, network, { ...adapter, tensors: new Map(moved) }, SAMPLES).loss;
    };
    const [slope] = differences(Float64Array.of(0), ([step]) => along(step!));
    const expected = [...tensors].reduce((sum, [name, { a, b }]) => {
      const by = direction.tensors.get(name)!;
      return sum + dot(a, by.a) + dot(b, by.b);
    }, 0);
    assert.ok(Math.abs(slope! - expected) < 1e-6 * Math.abs(expected), `${slope} instead of ${expected}`);
  });

  test(`${label}: loss and log-probabilities are those of the forward reference with the update merged`, async () => {
    const { spec, network, matrices, merged } = await open(model);
    const adapter = randomUpdates(matrices);
    const { loss, logprobs } = gradients(spec, network, adapter, SAMPLES);
    const plain = await merged({ ...adapter, tensors: new Map() });
    const reference = await merged(adapter);
    const of = (from: ReferenceModel): Float64Array =>
      Float64Array.from(SAMPLES.flatMap((one) => [...from.logprobs(one.tokens).subarray(one.from - 1, one.to - 1)]));
    const expected = of(reference);
    assert.ok(gap(logprobs, expected) < 1e-13, `off by ${gap(logprobs, expected)}`);
    assert.ok(gap(of(plain), expected) > 1e-3, 'the update changes nothing');
    assert.ok(Math.abs(loss + expected.reduce((sum, value) => sum + value, 0) / expected.length) < 1e-13);
  });
}

test('a batch has the mean of its samples, by the tokens that they count', async () => {
  const { spec, network, matrices } = await open(MODELS.qwen3!);
  const adapter = randomUpdates(matrices);
  const together = gradients(spec, network, adapter, SAMPLES);
  const count = SAMPLES.reduce((sum, { from, to }) => sum + to - from, 0);
  const alone = SAMPLES.map((one) => [gradients(spec, network, adapter, [one]), (one.to - one.from) / count] as const);
  for (const { name } of matrices) {
    for (const which of ['a', 'b'] as const) {
      const found = together.tensors.get(name)![which];
      const expected = found.map((_, i) =>
        alone.reduce((sum, [{ tensors }, share]) => sum + share * tensors.get(name)![which][i]!, 0),
      );
      assert.ok(gap(found, expected) < 1e-12, `${name} ${which}`);
    }
  }
});

test('updates of some matrices have the gradients that they have among zeros', async () => {
  const { spec, network, matrices } = await open(MODELS.llama3!);
  const whole = randomUpdates(matrices);
  const some = matrices.filter(({ role }) => role === 'v' || role === 'up').map(({ name }) => name);
  const zeros = new Map(
    [...whole.tensors].map(([name, { a, b }]) => [
      name,
      { a, b: some.includes(name) ? b : new Float64Array(b.length) },
    ]),
  );
  const all = gradients(spec, network, { ...whole, tensors: zeros }, SAMPLES);
  const part = gradients(
    spec,
    network,
    { ...whole, tensors: new Map(some.map((name) => [name, whole.tensors.get(name)!])) },
    SAMPLES,
  );
  assert.equal([...part.tensors.keys()].sort(), [...some].sort());
  for (const name of some) {
    assert.ok(gap(part.tensors.get(name)!.a, all.tensors.get(name)!.a) < 1e-12, name);
    assert.ok(gap(part.tensors.get(name)!.b, all.tensors.get(name)!.b) < 1e-12, name);
  }
});

test('an update of a matrix that there is not is refused', async () => {
  const { spec, network } = await open(MODELS.llama3!);
  const tensors = new Map([['model.layers.9.mlp.up_proj.weight', { a: [], b: [] }]]);
  assert.throws(() => gradients(spec, network, { rank: 1, alpha: 1, tensors }, SAMPLES), /layers\.9\.mlp\.up_proj/);
});

test.run();
