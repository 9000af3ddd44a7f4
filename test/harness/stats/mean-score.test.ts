// The score interval of a mean difference, and the exact sign-flip test on a lattice: against Tango, McNemar, all flips, and
// by coverage.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { exactFlip } from '../../../harness/stats/lattice.ts';
import { mcnemar } from '../../../harness/stats/mcnemar.ts';
import { differencesOf, meanScore, outcomesOf, scoreBound } from '../../../harness/stats/mean-score.ts';
import { signFlip } from '../../../harness/stats/permutation.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { tangoInterval, tangoScore } from '../../../harness/stats/tango.ts';
import { suite } from '../../support/suite.ts';

const test = suite('mean score');
const Z95 = 1.6448536269514722;
const bad = (error: unknown) => error instanceof BenchError && error.code === 'bad-statistics';
const near = (found: number, want: number, within: number, what: string) =>
  assert.ok(Math.abs(found - want) < within, `${what}: ${found}, ${want}`);
const units = (values: readonly number[]) => values.map((difference) => ({ difference }));

test('of right-or-wrong items it is Tango’s score and bounds, with no changed items and with all', () => {
  for (const [up, down, n] of [
    [3, 9, 60],
    [0, 0, 60],
    [0, 5, 60],
    [5, 0, 60],
    [10, 20, 240],
    [60, 0, 60],
    [0, 60, 60],
  ] as const) {
    const all = [...Array(up).fill(1), ...Array(down).fill(-1), ...Array(n - up - down).fill(0)];
    const observed = differencesOf(units(all));
    const tango = tangoInterval({ up, down, n }, 0.95);
    const what = `${up} up, ${down} down of ${n}`;
    for (const margin of [0.01, 0.03, 0.2])
      near(meanScore(observed, -margin), tangoScore({ up, down, n }, margin), 1e-6, what);
    near(scoreBound(observed, Z95), tango.lowerBound, 1e-8, what);
    near(scoreBound(observed, -Z95), tango.upperBound, 1e-8, what);
    near(exactFlip(observed.values, observed.counts)!, mcnemar({ up, down }).less, 1e-12, what);
  }
});

test('of shares that are 0 or 1 its bounds are Wilson’s', () => {
  for (const [held, n] of [
    [60, 60],
    [0, 60],
    [45, 60],
    [1, 24],
    [168, 240],
  ] as const) {
    const values = Array.from({ length: n }, (_, k) => ({ value: k < held ? 1 : 0, weight: 1 }));
    const observed = outcomesOf(values);
    const [p, scale] = [held / n, 1 + Z95 ** 2 / n];
    const half = Z95 * Math.sqrt((p * (1 - p)) / n + Z95 ** 2 / (4 * n * n));
    const [low, high] = [-1, 1].map((sign) => (p + Z95 ** 2 / (2 * n) + sign * half) / scale);
    near(scoreBound(observed, Z95), low!, 1e-8, `${held} of ${n}`);
    near(scoreBound(observed, -Z95), high!, 1e-8, `${held} of ${n}`);
  }
});

test('graded differences: mirrored ones have mirrored bounds, weights count, and no bound leaves what is possible', () => {
  const graded = [0.5, -0.5, 0, 0, 1, -0.25, 0.75, 0, -1, 0.5];
  const observed = differencesOf(units(graded));
  const mirrored = differencesOf(units(graded.map((x) => -x)));
  near(scoreBound(observed, 2), -scoreBound(mirrored, -2), 1e-9, 'mirrored');
  // A unit of weight 2 with difference d, among others of weight 1.
  const weighted = differencesOf([{ difference: 0.5, weight: 2 }, { difference: -0.5 }, { difference: 0 }]);
  near(weighted.mean, 0.125, 1e-9, 'the mean is that of the rows');
  const lost = differencesOf(units(Array(8).fill(-1)));
  assert.ok(scoreBound(lost, 3) >= -1 && scoreBound(lost, -3) <= 1);
  // Of eight lost ones no true mean of 0 is left at two standard errors, which allow sqrt(8) = 2.83.
  assert.ok(scoreBound(lost, -2) < 0 && scoreBound(lost, -2) > -1);
  assert.ok(scoreBound(lost, -2.8) < 0 && scoreBound(lost, -2.9) > 0);
});

test('a lower bound at a strict level covers as often as it says, with poles that change apart', () => {
  const rng = rngOf(11);
  const z = 2.326347874040841;
  const [rounds, n, drop] = [4000, 180, 0.03];
  let above = 0;
  for (let round = 0; round < rounds; round++) {
    const pole = () => {
      const u = rng.next();
      return u < 0.065 ? -1 : u < 0.1 ? 1 : 0;
    };
    const observed = differencesOf(units(Array.from({ length: n }, () => (pole() + pole()) / 2)));
    if (scoreBoundAbove(observed, -drop, z)) above++;
  }
  // 1 %: three standard errors are 0.5.
  assert.ok(above / rounds > 0.004 && above / rounds < 0.016, `${above / rounds}`);
});

/** Whether the lower bound is above the true mean. */
function scoreBoundAbove(observed: Parameters<typeof meanScore>[0], mean: number, z: number): boolean {
  return meanScore(observed, mean) > z;
}

test('the exact flips on a lattice are all flips, and far tails keep their digits', () => {
  const rng = rngOf(5);
  for (let round = 0; round < 20; round++) {
    const values = Array.from({ length: 14 }, () => (rng.below(9) - 4) / 4);
    const { values: own, counts } = differencesOf(units(values));
    const all = signFlip(units(values));
    assert.ok(all.exact);
    near(exactFlip(own, counts)!, all.less, 1e-12, values.join());
  }
  // Thirds and halves have sixths in common.
  const mixed = [1 / 3, -2 / 3, 1 / 2, -1 / 2, -1, 1 / 3];
  const observed = differencesOf(units(mixed));
  near(exactFlip(observed.values, observed.counts)!, signFlip(units(mixed)).less, 1e-12, 'sixths');
  near(exactFlip([-0.5], [100])! / 2 ** -100, 1, 1e-9, 'all of 100 lost');
  assert.is(exactFlip([0], [50]), 1);
  assert.is(exactFlip([Math.SQRT1_2, -1 / Math.PI], [3, 4]), null, 'no common step');
});

test('what is no difference is refused', () => {
  for (const none of [[], [{ difference: 1.5 }], [{ difference: Number.NaN }], [{ difference: 0, weight: 0 }]])
    assert.throws(() => differencesOf(none), bad);
  assert.throws(() => outcomesOf([{ value: -0.1, weight: 1 }]), bad);
});

test.run();
