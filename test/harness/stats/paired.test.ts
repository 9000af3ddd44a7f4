// Paired differences against SciPy and figures by hand, and their edges. How often chance alone looks like a difference:
// nulls.test.ts.

import * as assert from 'uvu/assert';
import { type PairedUnit, pairedDifference } from '../../../harness/stats/paired.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, within = 1e-9) =>
  assert.ok(Math.abs(got - want) <= within, `${got} is not ${want}`);
const unitsOf = (a: readonly number[], b: readonly (readonly number[] | null)[]): PairedUnit[] =>
  a.map((value, k) => ({ unit: `item ${k}`, stratum: 'one', a: [value], b: b[k] ?? null }));
const alone = (differences: readonly number[]) =>
  unitsOf(
    differences,
    differences.map(() => [0]),
  );
/** Of graded figures: nothing is added for answers that were not seen. */
const graded = (units: readonly PairedUnit[], alpha = 0.05) => pairedDifference(units, { alpha, graded: true });
const answers = (units: readonly PairedUnit[], alpha = 0.05) => pairedDifference(units, { alpha });
/** t(0.975, df), of SciPy. */
const T = { 1: 12.706204736432095, 2: 4.302652729696142, 4: 2.7764451051977934, 19: 2.093024054408263 } as const;
const squares = (values: readonly number[]) => {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
};
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test('graded figures without seeds: the paired t interval (SciPy: ttest_1samp(...).confidence_interval)', () => {
  const a = [1, 0, 0.5, 1, 0, 0.5, 1, 1];
  const b = [0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5].map((value) => [value]);
  const got = graded(unitsOf(a, b));
  assert.equal([got.n, got.asked, got.seeds, got.draws, got.above], [8, 8, 1, 1, false]);
  near(got.difference, 0.1875);
  near(got.low, -0.255867047173647);
  near(got.high, 0.630867047173647);
});

test('five differences by hand: 1, 2, 3, 4, 5 have mean 3 and standard error sqrt(0.5)', () => {
  const got = graded(alone([1, 2, 3, 4, 5]));
  near(got.difference, 3);
  near(got.low, 3 - T[4] * Math.sqrt(0.5));
  near(got.parts.items, T[4] ** 2 * 0.5);
  assert.is(got.above, true);
  const below = graded(alone([-1, -2, -3, -4, -5]));
  near(below.high, -got.low);
  assert.is(below.above, false, 'only above counts, not different');
});

test('answers: the interval is that of the items with one all right and one all wrong added, with the degrees of the items', () => {
  const a = [1, 1, 1, 0.5, 1];
  const got = answers(
    unitsOf(
      a,
      a.map(() => [0.5]),
    ),
  );
  near(got.difference, 0.4);
  const all = [...a.map((value) => value - 0.5), 0.5, -0.5];
  const half = T[4] * Math.sqrt(squares(all) / 6 / 7);
  near(got.low, mean(all) - half);
  assert.is(got.high, 0.5, 'no method can be more above a half');
  // Where the control's own answers differ, so do the extremes: 1 - 0 and 0 - 1.
  const other = answers(unitsOf([1, 1, 0, 1, 1], [[1], [0], [0], [1], [1]]));
  const wide = [0, 1, 0, 0, 0, 1, -1];
  near(other.low, mean(wide) - T[4] * Math.sqrt(squares(wide) / 6 / 7));
});

test('draws: 1 + 1/K times their variance, with the quantile of K - 1', () => {
  const equal = graded(unitsOf([1, 2, 3, 4, 5], Array(5).fill([0, 0, 0])));
  near(equal.low, 3 - T[4] * Math.sqrt(0.5));
  // Every difference is 0.5; the draws' means 0, 0.5 and 1 have variance 0.25.
  const apart = graded(unitsOf(Array(40).fill(1), Array(40).fill([0, 0.5, 1])));
  assert.is(apart.draws, 3);
  near(apart.low, 0.5 - T[2] * Math.sqrt(0.25 * (1 + 1 / 3)));
  assert.is(apart.above, false, '40 items cannot make up for three draws that disagree');
});

test("the method's own seeds: their variance over their number, or the draws' own where that is wider", () => {
  const seeded = (b: readonly number[]): PairedUnit[] =>
    Array.from({ length: 40 }, (_, k) => ({ unit: `${k}`, stratum: 'one', a: [0.8, 1], b }));
  const plain = graded(seeded([0.5]));
  assert.equal([plain.seeds, plain.draws], [2, 1]);
  near(plain.difference, 0.4);
  near(plain.low, 0.4 - T[1] * Math.sqrt(0.02 / 2));
  // Draws 0.49, 0.5, 0.51: variance 0.0001. Its third stays the control's; on the other side the seeds are wider.
  near(graded(seeded([0.49, 0.5, 0.51])).parts.draws, (T[2] ** 2 * 0.0001) / 3 + (T[1] ** 2 * 0.02) / 2);
  // Draws 0, 0.5, 1 are wider than the seeds: T[2]^2 0.25 > T[1]^2 0.02 / 2.
  near(graded(seeded([0, 0.5, 1])).parts.draws, T[2] ** 2 * 0.25 * (1 + 1 / 3));
});

test('twenty draws: what is of item and draw together is taken out of their variance', () => {
  // Draw k answers item i with 0.5 + 0.1 in one of the halves of the items, and 0.5 - 0.1 in the other: equal means, no spread.
  const noise = Array.from({ length: 40 }, (_, i) =>
    Array.from({ length: 20 }, (_, k) => 0.5 + ((i + k) % 2 === 0 ? 0.1 : -0.1)),
  );
  near(graded(unitsOf(Array(40).fill(0.7), noise)).parts.draws, 0);
  // A level of each draw is kept in full: 0.01, 0.02 ... 0.2 have variance 0.0035.
  const levels = noise.map((row) => row.map((value, k) => value + 0.01 * (k + 1)));
  const got = graded(unitsOf(Array(40).fill(0.9), levels)).parts.draws;
  const interaction = (0.01 * 40 * 20) / (19 * 39) / 40; // residual mean square / items
  near(got, T[19] ** 2 * (0.0035 - interaction) * (1 + 1 / 20), 1e-6);
});

test('a control that was asked every third item: its mean over all is foretold by the method', () => {
  const a = Array.from({ length: 30 }, (_, k) => (k % 5) / 4);
  const b = a.map((value, k) => (k < 10 ? [0.1 + 0.5 * value] : null));
  const got = graded(unitsOf(a, b));
  assert.equal([got.n, got.asked], [30, 10]);
  near(got.difference, mean(a) - (0.1 + 0.5 * mean(a)));
  // Of figures that say nothing of each other the difference is that of the means.
  const flat = a.map((_, k) => (k < 10 ? [0.3] : null));
  near(graded(unitsOf(a, flat)).difference, mean(a) - 0.3);
  assert.ok(graded(unitsOf(a, flat)).low < graded(unitsOf(a, flat)).difference);
});

test('a control that was asked more of one trait than of another counts as the method was asked', () => {
  const units = [
    ...Array.from({ length: 4 }, (_, k) => ({ unit: `a${k}`, stratum: 'a', a: [1], b: [0.2] })),
    ...Array.from({ length: 12 }, (_, k) => ({ unit: `b${k}`, stratum: 'b', a: [1], b: k < 2 ? [0.6] : null })),
  ];
  near(graded(units).difference, 1 - (4 * 0.2 + 12 * 0.6) / 16);
});

test('the smaller level changes only the width', () => {
  const units = unitsOf([0.9, 0.6, 0.7, 1, 0.8, 0.5], [[0.5], [0.4], [0.3], [0.6], [0.5], [0.4]]);
  const [usual, strict] = [answers(units), answers(units, 0.001)];
  assert.ok(strict.low < usual.low && strict.high > usual.high && strict.difference === usual.difference);
});

test('one unit bounds nothing, nor does one that both have', () => {
  const got = answers(unitsOf([1], [[0, 0]]));
  assert.equal(
    [got.n, got.draws, got.difference, got.low, got.high, got.above],
    [1, 2, 1, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, false],
  );
  assert.is(answers(unitsOf([1, 1, 1], [[0], null, null])).low, Number.NEGATIVE_INFINITY);
});

test('answers that are all alike bound no more than their number does', () => {
  const right = (n: number) => answers(unitsOf(Array(n).fill(1), Array(n).fill([0.5])));
  // A coin comes up 5 times alike with probability 2 * 2^-5, which is more than 0.05, and 6 times with less.
  assert.equal([right(5).above, right(6).above], [false, true]);
  const equal = answers(unitsOf(Array(24).fill(1), Array(24).fill([1])));
  assert.ok(equal.low < -0.05 && equal.low > -0.2, `${equal.low}: equal on 24 items is not equal`);
  assert.equal([equal.difference, equal.high], [0, 0], 'and above what is always right there is nothing');
});

test('graded: equal differences are judged by their sign, and rounding is no variance', () => {
  assert.is(graded(alone(Array(5).fill(1))).above, false, '2 * 2^-5 is more than 0.05');
  assert.is(graded(alone(Array(5).fill(1))).low, Number.NEGATIVE_INFINITY);
  const six = graded(alone(Array(6).fill(1)));
  assert.equal([six.low, six.high, six.above], [1, 1, true]);
  assert.is(graded(alone(Array(6).fill(1)), 0.01).above, false);
  assert.is(graded(alone(Array(40).fill(0))).above, false, 'equal to its control is not above it');
  assert.is(graded(alone(Array(40).fill(-1))).above, false);
  // 0.1 + 0.2 - 0.3 is 5.6e-17: a method equal to its control up to rounding.
  const rounded = unitsOf(Array(40).fill(0.1 + 0.2), Array(40).fill([0.3]));
  assert.is(graded(rounded).above, false);
  const thirds = unitsOf(
    Array.from({ length: 40 }, (_, k) => (k % 2 === 0 ? 0.1 + 0.2 : 0.3)),
    Array(40).fill([0.3]),
  );
  assert.is(graded(thirds).above, false);
});

test('fails closed', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  const good = unitsOf([1, 0], [[0], [0]]);
  assert.throws(() => answers([]), bad);
  assert.throws(() => answers(unitsOf([1, 1], [null, null])), bad);
  assert.throws(() => answers(unitsOf([1, 1], [[0], [0, 0]])), bad);
  assert.throws(() => answers(unitsOf([1, 1], [[], []])), bad);
  assert.throws(() => answers(unitsOf([1, Number.NaN], [[0], [0]])), bad);
  assert.throws(() => answers(unitsOf([1, 1], [[0], [Number.NaN]])), bad);
  assert.throws(() => answers(unitsOf([1, Number.POSITIVE_INFINITY], [[0], [0]])), bad);
  assert.throws(() => answers(good.map((one) => ({ ...one, a: [] }))), bad);
  assert.throws(() => answers(good.map((one, k) => ({ ...one, a: k === 0 ? [1] : [1, 0] }))), bad);
  assert.throws(() => answers([...good, { ...good[0]!, unit: 'new', stratum: 'unasked', b: null }]), bad);
  assert.throws(() => answers([...good, good[0]!]), bad);
  for (const alpha of [0, 1, -1, Number.NaN]) assert.throws(() => answers(good, alpha), bad);
});

test('intervals hold the true difference to a constant 93 times of 100 or more, also near the ceiling', () => {
  const { next } = rngOf(8);
  for (const right of [0.5, 0.9, 0.98, 0.998]) {
    for (const n of [24, 120]) {
      let held = 0;
      for (let run = 0; run < 600; run++) {
        const a = Array.from({ length: n }, () => ((next() < right ? 1 : 0) + (next() < right ? 1 : 0)) / 2);
        const { low, high, difference } = answers(unitsOf(a, Array(n).fill([0.5])));
        if (low <= right - 0.5 && right - 0.5 <= high) held++;
        assert.ok(high <= 0.5 && low >= -0.5 && low <= difference && difference <= high);
      }
      // Three standard errors of 600 runs are 3 points.
      assert.ok(held / 600 > 0.92, `${right}, ${n} items: ${held / 600}`);
    }
  }
});

test.run();
