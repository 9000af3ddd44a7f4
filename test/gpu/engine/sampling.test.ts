// Drawing tokens: known answers, cuts and ties, frequencies against the distribution, and independence of batch mates.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { checkSampling, type Draw, pick, sequenceRandom } from '../../../gpu/engine/forward/sampling.ts';
import { normals } from '../../support/random-model.ts';
import { test } from '../../support/suite.ts';

const PROMPT = Uint32Array.of(7, 1, 30);
const open: Draw = { temperature: 1, topK: 0, topP: 1 };
const logs = (...shares: number[]): Float32Array => Float32Array.from(shares, Math.log);

/** How often each id comes in `draws` draws of one generator. */
function counts(logits: Float32Array, draw: Draw, draws: number, seed = 1): number[] {
  const rng = sequenceRandom(seed, PROMPT, 0);
  const found: number[] = new Array(logits.length).fill(0);
  for (let k = 0; k < draws; k++) found[pick(logits, draw, rng)]!++;
  return found;
}

/** Pearson's statistic; for c classes it has c - 1 degrees of freedom. */
function chiSquared(found: readonly number[], shares: readonly number[]): number {
  const draws = found.reduce((a, b) => a + b, 0);
  return shares.reduce((total, share, id) => {
    if (share === 0) return total + (found[id] === 0 ? 0 : Infinity);
    return total + (found[id]! - share * draws) ** 2 / (share * draws);
  }, 0);
}

/** The ids that ever come: those with a share that 400 draws cannot miss. */
function reached(logits: Float32Array, draw: Draw): number[] {
  return counts(logits, draw, 400).flatMap((count, id) => (count > 0 ? [id] : []));
}

test('greedy takes the greatest logit, the lower id of equal ones, and draws nothing', () => {
  const rng = sequenceRandom(1, PROMPT, 0);
  const state = rng.getState();
  assert.is(pick(Float32Array.of(1, 3, 2), { ...open, temperature: 0 }, rng), 1);
  assert.is(pick(Float32Array.of(1, 3, 3, 3), { ...open, temperature: 0 }, rng), 1);
  assert.is(pick(Float32Array.of(-Infinity, -5), { ...open, temperature: 0 }, rng), 1);
  assert.equal(rng.getState(), state);
});

test('greedy does not look at top-k and top-p', () => {
  assert.is(pick(Float32Array.of(0, 1, 2), { temperature: 0, topK: 1, topP: 0.1 }, sequenceRandom(1, PROMPT, 0)), 2);
});

test('frequencies follow the softmax', () => {
  const shares = [0.5, 0.05, 0.25, 0.2];
  const statistic = chiSquared(counts(logs(...shares), open, 20_000), shares);
  assert.ok(statistic < 16.27, `chi squared ${statistic}; 16.27 is passed once in 1000`);
});

test('frequencies follow the temperature', () => {
  const shares = [0.5, 0.3, 0.2];
  for (const temperature of [0.5, 2]) {
    const powers = shares.map((share) => share ** (1 / temperature));
    const total = powers.reduce((a, b) => a + b, 0);
    const found = counts(logs(...shares), { ...open, temperature }, 20_000);
    const statistic = chiSquared(
      found,
      powers.map((power) => power / total),
    );
    assert.ok(statistic < 13.82, `temperature ${temperature}: chi squared ${statistic}`);
  }
});

test('top-k keeps the k greatest and their proportions', () => {
  const found = counts(logs(0.1, 0.4, 0.2, 0.3), { ...open, topK: 2 }, 20_000);
  const statistic = chiSquared(found, [0, 4 / 7, 0, 3 / 7]);
  assert.ok(statistic < 10.83, `chi squared ${statistic}`);
});

test('top-p keeps the fewest that reach p, the one that crosses it included', () => {
  const logits = logs(0.1, 0.4, 0.2, 0.3);
  assert.equal(reached(logits, { ...open, topP: 0.39 }), [1]);
  assert.equal(reached(logits, { ...open, topP: 0.41 }), [1, 3]);
  assert.equal(reached(logits, { ...open, topP: 0.69 }), [1, 3]);
  assert.equal(reached(logits, { ...open, topP: 0.71 }), [1, 2, 3]);
  assert.equal(reached(logits, { ...open, topP: 0.91 }), [0, 1, 2, 3]);
  assert.equal(reached(logits, { ...open, topP: 1e-9 }), [1]);
});

test('top-p is a share of what top-k leaves', () => {
  const logits = logs(0.4, 0.3, 0.2, 0.1);
  // Of 0.4 and 0.3 the first holds 57 %: at p = 0.55 it stands alone, while of all four it would not.
  assert.equal(reached(logits, { ...open, topK: 2, topP: 0.55 }), [0]);
  assert.equal(reached(logits, { ...open, topP: 0.55 }), [0, 1]);
  assert.equal(reached(logits, { ...open, topK: 2, topP: 0.58 }), [0, 1]);
});

test('equal logits at a cut: the lower ids stay', () => {
  const even = new Float32Array(6);
  assert.equal(reached(even, { ...open, topK: 2 }), [0, 1]);
  assert.equal(reached(even, { ...open, topP: 0.45 }), [0, 1, 2]);
  assert.equal(reached(Float32Array.of(0, 1, 0, 1, 0), { ...open, topK: 3 }), [0, 1, 3]);
});

test('top-k of 1 is greedy, top-k beyond the vocabulary is off', () => {
  assert.equal(reached(logs(0.3, 0.4, 0.3), { ...open, topK: 1 }), [1]);
  assert.equal(reached(logs(0.3, 0.4, 0.3), { ...open, topK: 99 }), [0, 1, 2]);
});

test('the cuts agree with sorting everything', () => {
  for (let round = 0; round < 40; round++) {
    const normal = normals(round);
    const logits = Float32Array.from({ length: 300 }, () => Math.round(4 * normal()) / 2);
    const topK = round % 3 === 0 ? 0 : 5 + round;
    const topP = 0.05 + 0.024 * round;
    const order = Array.from(logits.keys()).sort((a, b) => logits[b]! - logits[a]! || a - b);
    const left = topK === 0 ? order : order.slice(0, topK);
    const total = left.reduce((sum, id) => sum + Math.exp(logits[id]!), 0);
    let mass = 0;
    const nucleus = left.filter((id) => {
      const inside = mass < topP * total;
      mass += Math.exp(logits[id]!);
      return inside;
    });
    const found = counts(logits, { temperature: 1, topK, topP }, 500);
    const outside = found.flatMap((count, id) => (count > 0 && !nucleus.includes(id) ? [id] : []));
    assert.equal(outside, [], `round ${round}`);
    const certain = nucleus.filter((id) => Math.exp(logits[id]!) / total > 0.05);
    assert.ok(
      certain.every((id) => found[id]! > 0),
      `round ${round}: a likely id never came`,
    );
  }
});

test('a token of probability 0 never comes, also at extreme temperatures', () => {
  assert.equal(reached(Float32Array.of(0, -Infinity, 0), { ...open, temperature: 1e6 }), [0, 2]);
  assert.equal(reached(Float32Array.of(1, 1.001, 0), { ...open, temperature: 1e-30 }), [1]);
  assert.equal(reached(Float32Array.of(3e38, 1, -3e38), open), [0]);
});

test('the least and the greatest draw stay among the likely ids', () => {
  const always = (word: number): ReturnType<typeof sequenceRandom> => ({
    ...sequenceRandom(1, PROMPT, 0),
    next: () => word,
  });
  for (const length of [3, 5, 7, 1000]) {
    const logits = Float32Array.from({ length }, (_, id) => (id === 0 || id === length - 1 ? -Infinity : Math.sin(id)));
    assert.is(pick(logits, open, always(0)), 1);
    assert.is(pick(logits, open, always(-1)), length - 2);
  }
});

test('draws follow from seed, prompt and copy alone', () => {
  const logits = new Float32Array(1000);
  const draws = (seed: number, sequence: number): string => {
    const rng = sequenceRandom(seed, PROMPT, sequence);
    return Array.from({ length: 4 }, () => pick(logits, open, rng)).join();
  };
  assert.is(draws(1, 2), draws(1, 2));
  const seeds = [0, 1, 2, -1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
  const all = seeds.flatMap((seed) => Array.from({ length: 20 }, (_, sequence) => draws(seed, sequence)));
  assert.is(new Set(all).size, all.length, 'two generators of different seed and copy agree');
  const prompts = [[], [0], [0, 0], [1], [1, 7], [7, 1]].map((prompt) => {
    const rng = sequenceRandom(0, Uint32Array.from(prompt), 0);
    return Array.from({ length: 4 }, () => pick(logits, open, rng)).join();
  });
  assert.is(new Set(prompts).size, prompts.length, 'two prompts draw alike');
});

test('the first draws of neighbouring seeds and sequences are spread evenly', () => {
  const logits = new Float32Array(8);
  const found: number[] = new Array(8).fill(0);
  for (let seed = 0; seed < 40; seed++) {
    for (let sequence = 0; sequence < 40; sequence++)
      found[pick(logits, open, sequenceRandom(seed, PROMPT, sequence))]!++;
  }
  const statistic = chiSquared(found, new Array(8).fill(1 / 8));
  assert.ok(statistic < 24.32, `chi squared ${statistic}; 24.32 is passed once in 1000`);
});

test('a known draw: the generator and the mixing of seeds stay as they are', () => {
  const rng = sequenceRandom(42, PROMPT, 3);
  const logits = Float32Array.from({ length: 1000 }, (_, id) => Math.sin(id));
  assert.equal(
    Array.from({ length: 6 }, () => pick(logits, { temperature: 0.8, topK: 500, topP: 0.9 }, rng)),
    [675, 650, 786, 140, 315, 580],
  );
});

test('logits that are not finite are refused', () => {
  for (const [logits, message] of [
    [[0, Number.NaN], /logit of token 1 is NaN/],
    [[Infinity, 0], /logit of token 0 is Infinity/],
    [[-Infinity, -Infinity], /none of the 2 logits/],
    [[], /none of the 0 logits/],
  ] as const) {
    for (const temperature of [0, 1]) {
      assert.throws(
        () => pick(Float32Array.from(logits), { ...open, temperature }, sequenceRandom(1, PROMPT, 0)),
        (error: unknown) =>
          error instanceof BenchError &&
          error.code === 'not-finite' &&
          message.test(error.message) &&
          /weights/.test(error.hint ?? ''),
      );
    }
  }
});

test('settings that are out of range are refused by name', () => {
  checkSampling({ ...open, maxTokens: 1, seed: 0 });
  for (const [patch, message] of [
    [{ temperature: -1 }, /temperature is -1/],
    [{ temperature: Number.NaN }, /temperature is NaN/],
    [{ temperature: Infinity }, /temperature is Infinity/],
    [{ topK: -1 }, /top-k is -1/],
    [{ topK: 1.5 }, /top-k is 1.5/],
    [{ topP: 0 }, /top-p is 0/],
    [{ topP: 1.01 }, /top-p is 1.01/],
    [{ maxTokens: 0 }, /max-tokens is 0/],
    [{ seed: 0.5 }, /seed is 0.5/],
  ] as const) {
    assert.throws(
      () => checkSampling({ ...open, ...patch }),
      (error: unknown) =>
        error instanceof BenchError &&
        error.code === 'bad-sampling' &&
        message.test(error.message) &&
        /^set /.test(error.hint ?? ''),
    );
  }
});

test.run();
