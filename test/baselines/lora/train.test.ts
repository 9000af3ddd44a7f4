// The schedule, the batches and the training loop, with a trainer that computes nothing.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { batchesOf, tokensOf, trainingSamples } from '../../../baselines/lora/batches.ts';
import { rateAt } from '../../../baselines/lora/schedule.ts';
import { type TrainPlan, train } from '../../../baselines/lora/train.ts';
import type { Sample, Trainer } from '../../../gpu/index.ts';
import type { CalibrationText } from '../../../harness/datasets/types.ts';
import type { Held } from '../../../harness/method/method.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { fakeText } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('lora training');
const near = (a: number, b: number) => assert.ok(Math.abs(a - b) < 1e-12, `${a} is not ${b}`);

test('the rate rises in a line, then falls as a cosine, and no step is wasted on 0', () => {
  const schedule = { steps: 10, warmup: 2, rate: 0.4 };
  near(rateAt(schedule, 1), 0.2);
  near(rateAt(schedule, 2), 0.4);
  near(rateAt(schedule, 3), 0.4);
  near(rateAt(schedule, 7), 0.2); // half of the way
  near(rateAt(schedule, 10), 0.2 * (1 + Math.cos((7 / 8) * Math.PI)));
  assert.is(rateAt({ steps: 1, warmup: 0, rate: 0.4 }, 1), 0.4);
  assert.is(rateAt({ steps: 3, warmup: 3, rate: 0.3 }, 3), 0.3);
  for (const warmup of [0, 1, 5, 12]) {
    for (let step = 1; step <= 12; step++) {
      const rate = rateAt({ steps: 12, warmup, rate: 1 }, step);
      assert.ok(rate > 0 && rate <= 1, `${warmup} ${step} ${rate}`);
    }
  }
});

const texts = (count: number): readonly CalibrationText[] =>
  Array.from({ length: count }, (_, i) => ({ question: `What ${i}?`, answer: `It is ${'so '.repeat(i % 7)}${i}.` }));
const samples = (count: number, length = 60): readonly Sample[] => trainingSamples(texts(count), fakeText(), length);

test('a sample counts the tokens of its answer, after the question in the template', () => {
  const [one] = trainingSamples([{ question: 'Who?', answer: 'Me.' }], fakeText(), 100);
  assert.is(Buffer.from(one!.tokens).toString(), 'user: Who?\nMe.');
  assert.equal([one!.from, one!.to], ['user: Who?\n'.length, 'user: Who?\nMe.'.length]);
});

test('without a question the first token is the context; what is too short is left out, and nothing left is an error', () => {
  const [one, ...others] = trainingSamples([{ answer: 'Hello' }, { answer: 'x' }], fakeText(), 4);
  assert.equal([one!.from, one!.to, others.length], [1, 4, 0]);
  const none = (given: readonly CalibrationText[], code: string) =>
    assert.throws(
      () => trainingSamples(given, fakeText(), 8),
      (error: BenchError) => error.code === code && error.hint !== undefined,
    );
  none([], 'no-calibration');
  none([{ answer: 'x' }], 'no-tokens');
  none([{ question: 'A question that takes all the room', answer: 'x' }], 'no-tokens');
});

test('batches hold every sample once and never more tokens than they may', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 400 }), fc.nat(99), (count, most, seed) => {
      const all = samples(count);
      const batches = batchesOf(all, most, rngOf(seed));
      assert.ok(batches.every((batch) => batch.length > 0 && tokensOf(batch) <= most));
      assert.equal(new Set(batches.flat()), new Set(all));
      assert.is(batches.flat().length, all.length);
    }),
    { numRuns: 60 },
  );
});

test('a seed gives the same batches again, another seed others', () => {
  const all = samples(40);
  assert.equal(batchesOf(all, 200, rngOf(3)), batchesOf(all, 200, rngOf(3)));
  assert.not.equal(batchesOf(all, 200, rngOf(3)), batchesOf(all, 200, rngOf(4)));
});

/** Losses by step; the adapter is the step's number, so that one can tell which was kept. */
function fakeTrainer(loss: (step: number) => number): Trainer & { readonly rates: number[] } {
  const rates: number[] = [];
  return {
    rates,
    parameters: 2,
    step: async (_, rate) => {
      rates.push(rate);
      return { loss: loss(rates.length), gradientNorm: 1 };
    },
    gradients: async () => ({ loss: 0, gradientNorm: 0, tensors: new Map() }),
    adapter: async (id) => ({
      id,
      rank: 1,
      alpha: 1,
      tensors: new Map([['w', { a: Float32Array.of(rates.length), b: Float32Array.of(0) }]]),
    }),
    dispose: () => {},
  };
}
const batches = (count: number): readonly (readonly Sample[])[] => Array.from({ length: count }, () => samples(1));
const plan = (more: Partial<TrainPlan>): TrainPlan => ({
  batches: batches(8),
  schedule: { warmup: 0, rate: 0.1 },
  every: 2,
  patience: 2,
  ask: null,
  ...more,
});
const held = (alignment: number, meanP = 0.5): Held => ({ n: 10, alignment, meanP });
const stepOf = (adapter: { readonly tensors: ReadonlyMap<string, { readonly a: Float32Array }> }) =>
  adapter.tensors.get('w')!.a[0];

test('the best adapter on the tuning split is kept, not the last one', async () => {
  const by = new Map([
    [2, held(0.6)],
    [4, held(0.8)],
    [6, held(0.7)],
    [8, held(0.75)],
  ]);
  const trained = await train(
    fakeTrainer(() => 1),
    plan({ ask: async (adapter) => by.get(stepOf(adapter)!)! }),
  );
  assert.is(trained.best, 4);
  assert.is(stepOf(trained.adapter), 4);
  assert.is(trained.steps.length, 8);
  assert.equal(
    trained.curve.map(({ step, alignment }) => [step, alignment]),
    [...by].map(([step, { alignment }]) => [step, alignment]),
  );
});

test('as many aligned: the greater mean probability; a full tie: the earlier one', async () => {
  const of = async (...curve: Held[]) =>
    (
      await train(
        fakeTrainer(() => 1),
        plan({ ask: async (adapter) => curve[stepOf(adapter)! / 2 - 1]!, patience: 9 }),
      )
    ).best;
  assert.is(await of(held(0.5, 0.5), held(0.5, 0.6), held(0.5, 0.55), held(0.4, 0.9)), 4);
  assert.is(await of(held(0.5), held(0.5), held(0.5), held(0.5)), 2);
});

test('it stops after `patience` askings without a gain', async () => {
  const asked: number[] = [];
  const trained = await train(
    fakeTrainer(() => 1),
    plan({
      batches: batches(40),
      ask: async (adapter) => {
        asked.push(stepOf(adapter)!);
        return held(asked.length === 1 ? 0.9 : 0.5);
      },
    }),
  );
  assert.equal(asked, [2, 4, 6]);
  assert.is(trained.steps.length, 6);
  assert.is(stepOf(trained.adapter), 2);
});

test('the last step is asked whatever its number, and without askings the last adapter is kept', async () => {
  const asked: number[] = [];
  const ask = async (adapter: Parameters<NonNullable<TrainPlan['ask']>>[0]) => {
    asked.push(stepOf(adapter)!);
    return held(asked.length / 10);
  };
  await train(
    fakeTrainer(() => 1),
    plan({ batches: batches(5), ask, every: 3 }),
  );
  assert.equal(asked, [3, 5]);
  const trainer = fakeTrainer((step) => 1 / step);
  const trained = await train(trainer, plan({ batches: batches(5), schedule: { warmup: 2, rate: 0.1 } }));
  assert.equal([stepOf(trained.adapter), trained.best], [5, 5]);
  assert.equal(
    trainer.rates,
    [1, 2, 3, 4, 5].map((step) => rateAt({ steps: 5, warmup: 2, rate: 0.1 }, step)),
  );
  assert.equal(
    trained.steps.map(({ loss }) => loss),
    [1, 1 / 2, 1 / 3, 1 / 4, 1 / 5],
  );
  assert.is(trained.tokens, 5 * tokensOf(samples(1)));
});

async function diverges(trainer: Trainer, message: RegExp): Promise<void> {
  await train(trainer, plan({})).then(
    () => assert.unreachable('it did not stop'),
    (error: BenchError) => {
      assert.is(error.code, 'diverged');
      assert.match(error.message, message);
      assert.match(error.hint ?? '', /lower learning-rate below 0\.\d+, raise warm-up/);
    },
  );
}

test('a loss that is not finite stops it with the step, the learning rate and what to lower', async () => {
  await diverges(
    fakeTrainer((step) => (step === 3 ? Number.NaN : 1)),
    /at step 3 the loss is NaN .* learning rate of 0\.0\d+/,
  );
  await diverges(
    fakeTrainer((step) => (step === 1 ? Infinity : 1)),
    /at step 1 the loss is Infinity/,
  );
  const norm = { ...fakeTrainer(() => 1), step: async () => ({ loss: 1, gradientNorm: Number.NaN }) };
  await diverges(norm, /gradient's norm NaN/);
  const own = new BenchError('diverged', 'at step 1 it went astray');
  await diverges({ ...fakeTrainer(() => 1), step: () => Promise.reject(own) }, /went astray/);
  const tensors = new Map([['w', { a: Float32Array.of(Infinity), b: Float32Array.of(0) }]]);
  await diverges(
    { ...fakeTrainer(() => 1), adapter: async (id) => ({ id, rank: 1, alpha: 1, tensors }) },
    /after step 8 the adapter has a value that is not finite/,
  );
});

test('other failures pass through as they are', async () => {
  const lost = new BenchError('device-lost', 'gone');
  await train({ ...fakeTrainer(() => 1), step: () => Promise.reject(lost) }, plan({})).then(
    () => assert.unreachable(),
    (error) => assert.is(error, lost),
  );
});

test.run();
