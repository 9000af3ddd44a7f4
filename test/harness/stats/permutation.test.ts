// The sign-flip test against Fisher's own count, SciPy (test/fixtures/stats/make.py), and itself exact and drawn.

import * as assert from 'uvu/assert';
import { signFlip } from '../../../harness/stats/permutation.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const unitsOf = (values: readonly number[]) => values.map((difference) => ({ difference }));
const near = (got: number, want: number, within: number, what: string) =>
  assert.ok(Math.abs(got - want) <= within, `${what}: ${got} is not within ${within} of ${want}`);
const DARWIN = [49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48];

test("Darwin's maize: 863 of 32,768 flips reach the sum (Fisher, The Design of Experiments, 1935, section 21)", () => {
  const { greater, twoSided, exact, flips, mean } = signFlip(unitsOf(DARWIN));
  assert.ok(exact);
  assert.is(flips, 32768);
  assert.is(greater, 863 / 32768);
  assert.is(twoSided, 1726 / 32768);
  near(mean, 314 / 15, 1e-12, 'mean');
});

test('against SciPy, with zeros and ties', () => {
  for (const { values, p } of fixtures.sign_flip) {
    const found = signFlip(unitsOf(values));
    assert.ok(found.exact);
    near(found.greater, p[0]!, 1e-12, 'greater');
    near(found.less, p[1]!, 1e-12, 'less');
    near(found.twoSided, p[2]!, 1e-12, 'two-sided');
  }
});

test('rounding breaks no tie: thirds whose sums are equal', () => {
  const thirds = [1 / 3, 2 / 3, -1 / 3, 0.1, 0.2, -0.3];
  const whole = [10, 20, -10, 3, 6, -9];
  assert.is(signFlip(unitsOf(thirds)).greater, signFlip(unitsOf(whole)).greater);
  assert.is(signFlip(unitsOf(thirds)).less, signFlip(unitsOf(whole)).less);
});

test('weights count as repeats of a flip', () => {
  const weighted = signFlip([{ difference: 0.5, weight: 3 }, { difference: -0.25, weight: 2 }, { difference: 1 }]);
  assert.is(weighted.greater, signFlip(unitsOf([1.5, -0.5, 1])).greater);
  near(weighted.mean, 2 / 6, 1e-15, 'mean');
});

test('more than 16 differences are drawn, near the exact p, by the seed alone', () => {
  const exact = signFlip(unitsOf(DARWIN));
  const doubled = [...DARWIN, 1e-9, 1e-9, 1e-9];
  const drawn = signFlip(unitsOf(doubled), { flips: 40_000, seed: 3 });
  assert.not(drawn.exact);
  near(drawn.greater, exact.greater, 0.003, 'greater');
  near(drawn.twoSided, exact.twoSided, 0.004, 'two-sided');
  assert.equal(drawn, signFlip(unitsOf(doubled), { flips: 40_000, seed: 3 }));
  assert.not.equal(drawn, signFlip(unitsOf(doubled), { flips: 40_000, seed: 4 }));
  assert.not(signFlip(unitsOf(Array(40).fill(1))).exact);
});

test('a drawn p is never zero: one more than the draws', () => {
  const { greater, less, flips } = signFlip(unitsOf(Array(64).fill(0.5)), { flips: 999 });
  assert.is(greater, 1 / (flips + 1));
  assert.is(less, 1);
});

test('no difference at all is p = 1', () => {
  const { greater, less, twoSided, exact } = signFlip(unitsOf(Array(50).fill(0)));
  assert.equal([greater, less, twoSided, exact], [1, 1, 1, true]);
});

test('its size is alpha or below: graded differences without an effect, drawn and exact', () => {
  for (const [n, flips] of [
    [12, 1],
    [40, 400],
  ] as const) {
    const rng = rngOf(n);
    let rejected = 0;
    for (let round = 0; round < 1000; round++) {
      const values = Array.from({ length: n }, () => rng.next() ** 3 - rng.next() ** 3);
      if (signFlip(unitsOf(values), { flips, seed: round }).greater <= 0.05) rejected++;
    }
    // 0.05 with a standard error of 0.007.
    assert.ok(rejected > 30 && rejected < 70, `${rejected} of 1000 with ${n}`);
  }
});

test('what cannot be tested is an error', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  assert.throws(() => signFlip([]), bad);
  assert.throws(() => signFlip(unitsOf([1, Number.NaN])), bad);
  assert.throws(() => signFlip([{ difference: 1, weight: 0 }]), bad);
  assert.throws(() => signFlip(unitsOf([1]), { flips: 0 }), bad);
  assert.throws(() => signFlip(unitsOf([1]), { seed: 0.5 }), bad);
});

test.run();
