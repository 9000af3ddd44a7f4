// The trainer as a whole: PEFT's ten golden steps, a batch learnt by heart, sums that do not depend on how a batch is
// split, the memory it takes, and what it refuses.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { type Adapter, type LoadedEngine, loadEngine, type Sample, type TrainerOptions } from '../../../gpu/index.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ROOT } from '../../support/node.ts';
import { randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { readTensors } from '../../support/safetensors.ts';
import { suite } from '../../support/suite.ts';

const FAMILIES = join(ROOT, 'test/fixtures/families');
const VOCAB = 97;
const test = suite('training');

const defaults = (engine: LoadedEngine): TrainerOptions => ({
  rank: 4,
  alpha: 8,
  dropout: 0,
  targets: engine.matrices.map(({ name }) => name),
  seed: 3,
  beta1: 0.9,
  beta2: 0.999,
  eps: 1e-8,
  decay: 0.01,
  clip: 0,
  rows: 128,
});
const opened = async (more: Partial<Parameters<typeof writeRandomModel>[1]> = {}) => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family: 'llama', seed: 3, vocab: VOCAB, hidden: 64, heads: 4, ffn: 64, ...more });
  return loadEngine(folder);
};
const samples = (count: number, length: number, from: number): readonly Sample[] =>
  Array.from({ length: count }, (_, i) => ({ tokens: randomTokens(i + 1, length, VOCAB), from, to: length }));
const far = (found: Float32Array, expected: ArrayLike<number>): number => {
  let difference = 0;
  let norm = 0;
  found.forEach((value, i) => {
    difference += (value - expected[i]!) ** 2;
    norm += expected[i]! ** 2;
  });
  return norm === 0 ? Math.sqrt(difference) : Math.sqrt(difference / norm);
};
const farthest = (found: Adapter['tensors'], expected: Adapter['tensors']): number =>
  Math.max(...[...expected].flatMap(([name, { a, b }]) => [far(found.get(name)!.a, a), far(found.get(name)!.b, b)]));
const fails = async (promise: Promise<unknown>, code: string, message: RegExp): Promise<void> => {
  const error = await promise.then(
    () => null,
    (thrown: { code: string; message: string; hint?: string }) => thrown,
  );
  assert.is(error?.code, code);
  assert.match(error?.message ?? '', message);
  assert.ok(error?.hint);
};

test('ten steps of AdamW as PEFT and PyTorch take them in f64', async () => {
  const golden = JSON.parse(readFileSync(join(FAMILIES, 'adapters/training.json'), 'utf8'));
  const [first, last] = ['training_init', 'training_step10'].map((name) =>
    readTensors(join(FAMILIES, `adapters/${name}.safetensors`)),
  );
  const engine = await loadEngine(join(FAMILIES, 'llama3'));
  try {
    const targets = engine.matrices.map(({ name }) => name).filter((name) => /(q|v|down)_proj/.test(name));
    const key = (name: string, which: 'A' | 'B') =>
      `base_model.model.${name.replace(/\.weight$/, '')}.lora_${which}.weight`;
    const of = (tensors: ReadonlyMap<string, Float32Array>): Adapter['tensors'] =>
      new Map(targets.map((name) => [name, { a: tensors.get(key(name, 'A'))!, b: tensors.get(key(name, 'B'))! }]));
    const { lr, weight_decay: decay } = golden.optimizer;
    const trainer = await engine.trainer({ ...defaults(engine), targets, decay, initial: of(first!), rows: 64 });
    const batch = golden.sequences.map((ids: number[], i: number) => ({
      tokens: Uint32Array.from(ids),
      from: golden.target_positions[i][0],
      to: golden.target_positions[i].at(-1) + 1,
    }));
    const { tensors } = await trainer.gradients(batch);
    for (const name of targets) {
      for (const which of ['A', 'B'] as const) {
        const found = Math.hypot(...tensors.get(name)![which === 'A' ? 'a' : 'b']);
        const expected = golden.grad_norms_step_1[key(name, which)];
        assert.ok(Math.abs(found - expected) <= 1e-5 * expected, `${key(name, which)}: ${found}, not ${expected}`);
      }
    }
    for (const [step, expected] of golden.losses.entries()) {
      const { loss } = await trainer.step(batch, lr);
      assert.ok(Math.abs(loss - expected) <= 1e-5 * expected, `loss ${step}: ${loss}, not ${expected}`);
    }
    const worst = farthest((await trainer.adapter('golden')).tensors, of(last!));
    assert.ok(worst <= 1e-5, `final tensors differ by ${worst}`);
  } finally {
    await engine.dispose();
  }
  assert.is(engine.heldBytes, 0);
});

test('a batch is learnt by heart, and the adapter that comes back scores as the trainer does', async () => {
  const engine = await opened();
  try {
    assert.ok(engine.parameters <= 100_000);
    const batch = samples(3, 20, 1);
    const trainer = await engine.trainer({ ...defaults(engine), rank: 8, alpha: 16, decay: 0, clip: 1 });
    const start = (await trainer.gradients(batch)).loss;
    let loss = start;
    for (let step = 0; step < 300 && loss >= 0.01; step++)
      loss = (await trainer.step(batch, 2e-2 * (1 - step / 300))).loss;
    assert.ok(loss < 0.01, `from ${start} to ${loss}`);
    const adapter = await trainer.adapter('learnt');
    const scored = await engine.score(batch.map((one) => ({ ...one, variant: { id: 'learnt', adapter } })));
    const count = scored.reduce((sum, { logprobs }) => sum + logprobs.length, 0);
    const mean = -scored.reduce((sum, { logprobs }) => sum + logprobs.reduce((a, b) => a + b, 0), 0) / count;
    const next = (await trainer.gradients(batch)).loss;
    assert.ok(Math.abs(mean - next) < 1e-5, `${mean} and ${next}`);
  } finally {
    await engine.dispose();
  }
});

test('two trainers of one seed are equal to the bit, dropout included; another seed is not', async () => {
  const engine = await opened();
  try {
    const batch = samples(4, 24, 5);
    const train = async (seed: number) => {
      const trainer = await engine.trainer({ ...defaults(engine), dropout: 0.25, seed });
      const losses: number[] = [];
      for (let step = 0; step < 4; step++) losses.push((await trainer.step(batch, 5e-3)).loss);
      const { tensors } = await trainer.adapter('again');
      trainer.dispose();
      return { losses, tensors };
    };
    const [one, two, other] = [await train(1), await train(1), await train(2)];
    assert.equal(one.losses, two.losses);
    assert.equal(one.tensors, two.tensors);
    assert.not.equal(one.losses, other.losses);
  } finally {
    await engine.dispose();
  }
});

test('gradients do not depend on the order of a batch, nor on how many of its rows go at once', async () => {
  for (const family of ['llama', 'gpt_neox'] as const) {
    const engine = await opened({ family });
    try {
      const batch = [...samples(3, 24, 5), ...samples(2, 11, 1)];
      const trainer = await engine.trainer({ ...defaults(engine), rows: 200 });
      for (let step = 0; step < 2; step++) await trainer.step(batch, 1e-2);
      const whole = await trainer.gradients(batch);
      const turned = await trainer.gradients([...batch].reverse());
      assert.ok(farthest(turned.tensors, whole.tensors) < 1e-5);
      const { tensors: initial } = await trainer.adapter('so far');
      const small = await engine.trainer({ ...defaults(engine), initial, rows: 24 });
      const split = await small.gradients(batch);
      assert.ok(Math.abs(split.loss - whole.loss) < 1e-6);
      const worst = farthest(split.tensors, whole.tensors);
      assert.ok(worst < 1e-5, `${family}: ${worst}`);
    } finally {
      await engine.dispose();
    }
  }
});

test('only the layers from the lowest target on go back, with the same gradients', async () => {
  const engine = await opened({ layers: 3 });
  try {
    const batch = samples(2, 20, 4);
    const all = await engine.trainer(defaults(engine));
    for (let step = 0; step < 2; step++) await all.step(batch, 1e-2);
    const { tensors } = await all.adapter('all');
    const zero = new Map([...tensors].map(([name, { a, b }]) => [name, { a, b: new Float32Array(b.length) }]));
    const targets = engine.matrices.filter(({ layer }) => layer > 0).map(({ name }) => name);
    // With the lower updates off in both, those above must agree.
    const off = new Map([...tensors].map(([name, both]) => [name, targets.includes(name) ? both : zero.get(name)!]));
    const whole = await (await engine.trainer({ ...defaults(engine), initial: off })).gradients(batch);
    const upper = await (await engine.trainer({ ...defaults(engine), initial: off, targets })).gradients(batch);
    assert.equal([...upper.tensors.keys()].sort(), [...targets].sort());
    for (const name of targets) assert.equal(upper.tensors.get(name), whole.tensors.get(name));
  } finally {
    await engine.dispose();
  }
});

test('clipping scales the whole gradient to its norm', async () => {
  const engine = await opened();
  try {
    const batch = samples(2, 16, 2);
    const moved = async (clip: number): Promise<Adapter['tensors']> => {
      // With so large an eps a step is proportional to the gradient.
      const trainer = await engine.trainer({ ...defaults(engine), clip, eps: 1e6, decay: 0 });
      const { gradientNorm } = await trainer.step(batch, 1e6);
      assert.ok(gradientNorm > 0.1);
      return (await trainer.adapter(`clip ${clip}`)).tensors;
    };
    const [free, clipped] = [await moved(0), await moved(0.05)];
    const norm = (tensors: Adapter['tensors']) => Math.hypot(...[...tensors.values()].flatMap(({ b }) => [...b]));
    assert.ok(Math.abs(norm(clipped) - 0.05) < 1e-4, `${norm(clipped)}`);
    assert.ok(norm(free) > 2 * norm(clipped));
  } finally {
    await engine.dispose();
  }
});

test('what it takes: weights, five of each trained value, one residual stream per layer, one layer', async () => {
  const shape = { layers: 6, hidden: 64, heads: 4, ffn: 128, vocab: VOCAB };
  const engine = await opened(shape);
  try {
    const rows = 256;
    const base = engine.heldBytes;
    const trainer = await engine.trainer({ ...defaults(engine), rows });
    const held = engine.heldBytes - base;
    const { hidden, ffn } = shape;
    const kept = 4 * rows * hidden * (shape.layers + 1);
    // Stacked B's hold each other's blocks as zeros: three of q, k and v, two of gate and up.
    const values = shape.layers * 4 * (3 * (hidden + 3 * hidden) + 2 * hidden + 2 * (hidden + 2 * ffn) + hidden + ffn);
    const layer = 4 * rows * (2 * 3 * hidden + 2 * 6 * hidden + 10 * hidden + 2 * 3 * ffn + 3 * VOCAB + 100);
    const turned = 4 * (2 * hidden * 2 * ffn + 2 * VOCAB * hidden);
    const bound = 6 * 4 * values + kept + layer + turned + 200_000;
    assert.ok(held <= bound, `${held} bytes, and at most ${bound}`);
    await trainer.step(samples(4, 60, 2), 1e-3);
    assert.is(engine.heldBytes - base, held);
    trainer.dispose();
    assert.is(engine.heldBytes, base);
  } finally {
    await engine.dispose();
  }
});

test('a loss that is no number stops before the values change; bad options and samples are named', async () => {
  const engine = await opened();
  try {
    const batch = samples(2, 12, 2);
    const options = defaults(engine);
    const trainer = await engine.trainer({ ...options, rows: 16 });
    const before = await trainer.adapter('before');
    await fails(trainer.step(batch, Number.NaN), 'diverged', /step 1 .* learning rate of NaN/);
    assert.equal((await trainer.adapter('before')).tensors, before.tensors);
    await trainer.step(batch, 1e30);
    await fails(trainer.step(batch, 1e-3), 'diverged', /step 2 the loss is NaN/);
    await fails(trainer.gradients(samples(1, 30, 2)), 'bad-sample', /30 tokens exceeds 16 rows/);
    await fails(trainer.gradients([{ ...batch[0]!, from: 0 }]), 'bad-sample', /has no token before it/);
    await fails(trainer.gradients([]), 'bad-sample', /no calibration text/);
    for (const [change, message] of [
      [{ rank: 0 }, /rank is 0/],
      [{ rank: 1000 }, /rank is 1000/],
      [{ alpha: Number.NaN }, /alpha is NaN/],
      [{ dropout: 1 }, /dropout is 1/],
      [{ beta2: 1 }, /beta2 is 1/],
      [{ targets: [] }, /no matrix to train/],
      [{ targets: ['lm_head.weight'] }, /no matrix lm_head\.weight/],
      [{ rows: 0.5 }, /rows is 0\.5/],
      [
        { initial: new Map([[options.targets[0]!, { a: new Float32Array(3), b: new Float32Array(3) }]]) },
        /not of rank 4/,
      ],
    ] as const) {
      await fails(engine.trainer({ ...options, ...change } as TrainerOptions), 'bad-trainer', message);
    }
  } finally {
    await engine.dispose();
  }
});

test.run();
