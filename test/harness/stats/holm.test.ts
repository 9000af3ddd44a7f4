// Holm's correction against published decisions, the closed test it abbreviates, and its error by simulation.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { holm } from '../../../harness/stats/holm.ts';
import { mcnemar } from '../../../harness/stats/mcnemar.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const familyOf = (ps: readonly number[]) => ps.map((p, k) => ({ name: `t${k}`, p }));
const adjustedOf = (ps: readonly number[]) => holm(familyOf(ps)).map(({ adjusted }) => adjusted);

test('against closed testing over all intersections (test/fixtures/stats/make.py)', () => {
  for (const [ps, want] of fixtures.holm as [number[], number[]][]) {
    adjustedOf(ps).forEach((got, k) => {
      assert.ok(Math.abs(got - want[k]!) < 1e-12, `${ps}: ${got} is not ${want[k]}`);
    });
  }
});

test('15 comparisons of Benjamini & Hochberg (1995): three are rejected at 0.05', () => {
  const ps = [1, 4, 19, 95, 201, 278, 298, 344, 459, 3240, 4262, 5719, 6528, 7590, 10000].map((p) => p / 10_000);
  assert.is(adjustedOf(ps).filter((p) => p <= 0.05).length, 3);
});

test('names and order stay, and equal p-values stay equal', () => {
  const found = holm([
    { name: 'b', p: 0.02 },
    { name: 'a', p: 0.02 },
    { name: 'c', p: 0.001 },
  ]);
  assert.equal(
    found.map(({ name, adjusted }) => [name, adjusted]),
    [
      ['b', 0.04],
      ['a', 0.04],
      ['c', 0.003],
    ],
  );
});

test('property: between p and Bonferroni, and in the order of p', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 12 }), (ps) => {
      const adjusted = adjustedOf(ps);
      ps.forEach((p, k) => {
        assert.ok(adjusted[k]! >= p && adjusted[k]! <= Math.min(1, p * ps.length) + 1e-12);
        ps.forEach((q, other) => {
          if (p <= q) assert.ok(adjusted[k]! <= adjusted[other]!);
        });
      });
    }),
    { seed: 9 },
  );
});

test("the family's error stays at alpha: 8 McNemar tests, half of them of a real drop, 2,000 times", () => {
  const rng = rngOf(6);
  let [wrong, uncorrected] = [0, 0];
  for (let round = 0; round < 2000; round++) {
    const ps = Array.from({ length: 8 }, (_, cell) => {
      let [up, down] = [0, 0];
      for (let item = 0; item < 100; item++) {
        const u = rng.next();
        if (u < (cell < 4 ? 0.1 : 0.02)) up++;
        else if (u < 0.2) down++;
      }
      return mcnemar({ up, down }).less;
    });
    if (adjustedOf(ps).some((p, cell) => cell < 4 && p <= 0.05)) wrong++;
    if (ps.some((p, cell) => cell < 4 && p <= 0.05)) uncorrected++;
  }
  assert.ok(wrong / 2000 <= 0.05, `${wrong / 2000}`);
  assert.ok(uncorrected / 2000 > 0.08, `without correction ${uncorrected / 2000}`);
});

test('an unclear family is an error', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  assert.throws(() => holm([]), bad);
  for (const p of [Number.NaN, -0.1, 1.1]) assert.throws(() => holm(familyOf([0.5, p])), bad);
  assert.throws(
    () =>
      holm([
        { name: 'a', p: 0.1 },
        { name: 'a', p: 0.2 },
      ]),
    bad,
  );
});

test.run();
