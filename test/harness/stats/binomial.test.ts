// Binomial probabilities and tails against SciPy (test/fixtures/stats/make.py) and whole-number arithmetic.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { atLeast, atMost, binomialPmf } from '../../../harness/stats/binomial.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, relative: number, what: string) =>
  assert.ok(Math.abs(got - want) <= relative * Math.abs(want), `${what}: ${got} is not ${want}`);

/** P(X >= k) at one half, exactly: with BigInt and 60 binary digits of quotient. */
function exactHalf(k: number, n: number): number {
  let choose = 1n;
  let sum = 0n;
  for (let x = 0; x <= n; x++) {
    if (x >= k) sum += choose;
    choose = (choose * BigInt(n - x)) / BigInt(x + 1);
  }
  const shift = BigInt(Math.max(0, sum.toString(2).length - 60));
  return Number(sum >> shift) * 2 ** (Number(shift) - n);
}

test('single probabilities and tails', () => {
  for (const [k, n, p, pmf, tail] of fixtures.binomial as [number, number, number, number, number][]) {
    near(binomialPmf(k, n, p), pmf, 1e-10, `P(X = ${k}) of ${n} at ${p}`);
    near(atLeast(k, n, p), tail, 1e-10, `P(X >= ${k}) of ${n} at ${p}`);
  }
});

test('tails at one half, to 12 digits', () => {
  for (const [k, n] of [
    [1, 1],
    [9, 11],
    [0, 7],
    [20, 40],
    [150, 236],
    [600, 1000],
    [480, 1000],
  ] as const) {
    near(atLeast(k, n, 0.5), exactHalf(k, n), 1e-12, `${k} of ${n}`);
  }
});

test('the ends', () => {
  assert.is(atLeast(0, 5, 0.3), 1);
  assert.is(atLeast(6, 5, 0.3), 0);
  assert.is(atLeast(1, 5, 0), 0);
  assert.is(atLeast(5, 5, 1), 1);
  assert.is(atMost(5, 5, 0.3), 1);
  assert.is(atMost(-1, 5, 0.3), 0);
  assert.is(binomialPmf(0, 0, 0.5), 1);
});

test('property: all probabilities add up to one, and the two tails to one and the middle', () => {
  const cases = fc.tuple(fc.integer({ min: 1, max: 300 }), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(cases, fc.nat(), ([n, p], raw) => {
      const k = raw % (n + 1);
      let sum = 0;
      for (let x = 0; x <= n; x++) sum += binomialPmf(x, n, p);
      near(sum, 1, 1e-11, `sum of ${n} at ${p}`);
      near(atLeast(k, n, p) + atMost(k, n, p) - binomialPmf(k, n, p), 1, 1e-11, `${k} of ${n} at ${p}`);
    }),
    { seed: 5 },
  );
});

test('what is no binomial is an error', () => {
  for (const [k, n, p] of [
    [1.5, 3, 0.5],
    [1, -1, 0.5],
    [1, 3, 1.1],
    [1, 3, Number.NaN],
  ] as const) {
    assert.throws(
      () => atLeast(k, n, p),
      (e: { code: string }) => e.code === 'bad-statistics',
    );
  }
});

test.run();
