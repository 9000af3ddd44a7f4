// Paired differences against SciPy and figures by hand, their edges, and how often chance alone looks like a difference.

import * as assert from 'uvu/assert';
import { type PairedUnit, pairedDifference } from '../../../harness/stats/paired.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { test } from '../../support/suite.ts';

const near = (got: number | null, want: number, within = 1e-9) =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) <= within, `${got} is not ${want}`);
const unitsOf = (a: readonly number[], b: readonly (readonly number[])[]): PairedUnit[] =>
  a.map((value, k) => ({ unit: `item ${k}`, a: value, b: b[k] ?? [] }));
const alone = (differences: readonly number[]) =>
  unitsOf(
    differences,
    differences.map(() => [0]),
  );

test('without seeds it is the paired t interval (SciPy: ttest_1samp(...).confidence_interval)', () => {
  const a = [1, 0, 0.5, 1, 0, 0.5, 1, 1];
  const b = [0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5].map((value) => [value]);
  const got = pairedDifference(unitsOf(a, b), 0.05);
  assert.is(got.n, 8);
  assert.is(got.seeds, 1);
  near(got.difference, 0.1875);
  near(got.low, -0.255867047173647);
  near(got.high, 0.630867047173647);
  near(got.df, 7);
  assert.is(got.above, false);
});

test('five differences by hand: 1, 2, 3, 4, 5 have mean 3 and standard error sqrt(0.5)', () => {
  const got = pairedDifference(alone([1, 2, 3, 4, 5]), 0.05);
  near(got.difference, 3);
  near(got.se, Math.sqrt(0.5));
  near(got.low, 3 - 2.7764451051977934 * Math.sqrt(0.5));
  assert.is(got.above, true);
  const below = pairedDifference(alone([-1, -2, -3, -4, -5]), 0.05);
  near(below.high, -got.low);
  assert.is(below.above, false, 'only above counts, not different');
});

const B = [
  [0.5, 0.4, 0.6],
  [0.5, 0.5, 0.2],
  [0.3, 0.6, 0.6],
  [0.7, 0.4, 0.7],
  [0.6, 0.5, 0.4],
  [0.2, 0.4, 0.6],
];
const SEEDED = unitsOf([0.9, 0.6, 0.7, 1, 0.8, 0.5], B);

test('with seeds their variance is added, with the degrees of freedom of Welch and Satterthwaite (NumPy, SciPy)', () => {
  const got = pairedDifference(SEEDED, 0.05);
  assert.is(got.seeds, 3);
  near(got.difference, 0.26666666666666666);
  near(got.se, 0.0521749194749951);
  near(got.df, 6.007005253940452);
  near(got.low, 0.13903531888682222);
  near(got.high, 0.39429801444651114);
  assert.is(got.above, true);
});

test('seeds that agree add nothing but their small share; seeds that differ by a constant carry all of it', () => {
  const equal = pairedDifference(unitsOf([1, 2, 3, 4, 5], Array(5).fill([0, 0, 0])), 0.05);
  near(equal.se, Math.sqrt(0.5));
  near(equal.df, 4);
  // Every difference is 0.5; the seeds' means 0, 0.5 and 1 have variance 0.25.
  const apart = pairedDifference(unitsOf(Array(40).fill(1), Array(40).fill([0, 0.5, 1])), 0.05);
  near(apart.se, Math.sqrt(0.25 / 3));
  near(apart.df, 2);
  near(apart.low, 0.5 - 4.302652729696142 * Math.sqrt(0.25 / 3));
  assert.is(apart.above, false, '40 items cannot make up for three seeds that disagree');
});

test('the scale of the figures changes nothing, the smaller level only the width', () => {
  const tiny = pairedDifference(
    SEEDED.map(({ unit, a, b }) => ({ unit, a: a * 1e-100, b: b.map((value) => value * 1e-100) })),
    0.05,
  );
  near(tiny.df, 6.007005253940452);
  near(tiny.low * 1e100, 0.13903531888682222);
  const strict = pairedDifference(SEEDED, 0.001);
  assert.ok(strict.low < 0.1 && strict.high > 0.43 && strict.difference === pairedDifference(SEEDED, 0.05).difference);
});

test('one unit bounds nothing', () => {
  const got = pairedDifference(unitsOf([1], [[0, 0]]), 0.05);
  assert.equal(got, {
    n: 1,
    seeds: 2,
    difference: 1,
    se: null,
    df: null,
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    above: false,
  });
});

test('equal differences: the sign test decides, and rounding is no variance', () => {
  assert.is(pairedDifference(alone(Array(5).fill(1)), 0.05).above, false, '2 * 2^-5 is more than 0.05');
  assert.is(pairedDifference(alone(Array(5).fill(1)), 0.05).low, Number.NEGATIVE_INFINITY);
  const six = pairedDifference(alone(Array(6).fill(1)), 0.05);
  assert.equal([six.low, six.high, six.se, six.df, six.above], [1, 1, 0, null, true]);
  assert.is(pairedDifference(alone(Array(6).fill(1)), 0.01).above, false);
  assert.is(pairedDifference(alone(Array(40).fill(0)), 0.05).above, false, 'equal to its control is not above it');
  assert.is(pairedDifference(alone(Array(40).fill(-1)), 0.05).above, false);
  // 0.1 + 0.2 - 0.3 is 5.6e-17: a method equal to its control up to rounding.
  const rounded = unitsOf(Array(40).fill(0.1 + 0.2), Array(40).fill([0.3]));
  assert.is(pairedDifference(rounded, 0.05).above, false);
  const thirds = unitsOf(
    Array.from({ length: 40 }, (_, k) => (k % 2 === 0 ? 0.1 + 0.2 : 0.3)),
    Array(40).fill([0.3]),
  );
  assert.is(pairedDifference(thirds, 0.05).above, false);
});

test('fails closed', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  assert.throws(() => pairedDifference([], 0.05), bad);
  assert.throws(() => pairedDifference(unitsOf([1, 2], [[0], [0, 0]]), 0.05), bad);
  assert.throws(() => pairedDifference(unitsOf([1, 2], [[], []]), 0.05), bad);
  assert.throws(() => pairedDifference(unitsOf([1, Number.NaN], [[0], [0]]), 0.05), bad);
  assert.throws(() => pairedDifference(unitsOf([1, 2], [[0], [Number.NaN]]), 0.05), bad);
  assert.throws(() => pairedDifference(unitsOf([1, Number.POSITIVE_INFINITY], [[0], [0]]), 0.05), bad);
  assert.throws(() => pairedDifference([...SEEDED, SEEDED[0] as PairedUnit], 0.05), bad);
  for (const alpha of [0, 1, -1, Number.NaN]) assert.throws(() => pairedDifference(SEEDED, alpha), bad);
});

/** Share of `runs` in which a control that differs by chance alone is beaten. */
function rate(runs: number, seed: number, one: (normal: () => number, uniform: () => number) => PairedUnit[]): number {
  const { next } = rngOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  let above = 0;
  for (let k = 0; k < runs; k++) if (pairedDifference(one(normal, next), 0.05).above) above++;
  return above / runs;
}
/** Normal figures: the item's own level, the mask's own level (`between`), and noise of each. */
const drawn = (n: number, seeds: number, between: number, noise: number) => (normal: () => number) => {
  const masks = Array.from({ length: seeds }, () => between * normal());
  return Array.from({ length: n }, (_, k): PairedUnit => {
    const level = normal();
    return { unit: `${k}`, a: level + normal(), b: masks.map((mask) => level + mask + noise * normal()) };
  });
};
const RUNS = 4000; // standard error of a rate of 0.025: 0.0025
const nominal = (got: number) => assert.ok(got > 0.0175 && got < 0.0325, `${got} is not about 0.025`);

test('simulation: without a difference, alpha / 2 of the runs are above', () => {
  nominal(rate(RUNS, 1, drawn(30, 1, 0, 1)));
  nominal(rate(RUNS, 2, drawn(30, 5, 0, 0)));
  // Alignment as it is: 1 or 0 per item, a coin for both.
  const coin = (_: () => number, uniform: () => number) =>
    Array.from({ length: 48 }, (_, k) => ({ unit: `${k}`, a: uniform() < 0.5 ? 1 : 0, b: [uniform() < 0.5 ? 1 : 0] }));
  nominal(rate(RUNS, 3, coin));
});

test('simulation: so they are with masks that differ, which the items alone would take for a difference', () => {
  const seeded = drawn(40, 5, 0.5, 0.1);
  nominal(rate(RUNS, 4, seeded));
  const blind = rate(RUNS, 4, (normal) => seeded(normal).map(({ unit, a, b }) => ({ unit, a, b: [mean(b)] })));
  assert.ok(blind > 0.08, `${blind}: the seeds' variance would not have mattered`);
  // Noise of item and mask together is counted twice: fewer false differences, not more.
  const noisy = rate(RUNS, 5, drawn(40, 5, 0.2, 2));
  assert.ok(noisy < 0.0325, `${noisy}`);
});

test('simulation: a difference of half a standard deviation is found in most runs', () => {
  const shifted = (normal: () => number) => drawn(100, 5, 0, 0)(normal).map((one) => ({ ...one, a: one.a + 0.5 }));
  assert.ok(rate(500, 6, shifted) > 0.98);
});

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

test.run();
