// Student's t against SciPy 1.17 (stats.t.ppf, stats.t.cdf, special.betainc) and its exact cases.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { betaInc, tCdf, tQuantile } from '../../../harness/stats/t.ts';
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, relative: number, what: string) =>
  assert.ok(Math.abs(got - want) <= relative * Math.max(Math.abs(want), 1e-12), `${what}: ${got} is not ${want}`);

test('quantiles', () => {
  for (const [p, df, want] of [
    [0.975, 4, 2.7764451051977934],
    [0.975, 10, 2.228138851986274],
    [0.975, 239, 1.9699394059169584],
    [0.975, 1, 12.706204736174694],
    [0.95, 2, 2.9199855803537242],
    [0.995, 3.5, 5.085702223091256],
    [0.6, 7, 0.2631668613520229],
    [0.9999, 5, 9.677566300882814],
    [0.975, 1e6, 1.959966356814107],
    [0.975, 0.5, 164.55767348048818],
    [1e-6, 12, -8.504302718054584],
    [0.025, 4, -2.7764451051977943],
  ] as const) {
    near(tQuantile(p, df), want, 1e-9, `t(${p}, ${df})`);
  }
  assert.is(tQuantile(0.5, 3), 0);
});

test('distribution function, small tails with their digits', () => {
  for (const [t, df, want] of [
    [0, 3, 0.5],
    [1, 1, 0.75],
    [2, 10, 0.9633059826146299],
    [-2.5, 4.25, 0.03156162870388021],
    [8, 30, 0.9999999968670887],
    [-30, 5, 3.8593243102480265e-7],
    [0.001, 200, 0.5003984438494306],
    [1.96, 1e5, 0.9750007184028492],
    [Number.POSITIVE_INFINITY, 2, 1],
    [Number.NEGATIVE_INFINITY, 2, 0],
  ] as const) {
    near(tCdf(t, df), want, 1e-9, `F(${t}, ${df})`);
  }
});

test('incomplete beta', () => {
  for (const [a, b, x, want] of [
    [0.5, 0.5, 0.3, 0.36901011956554536],
    [2, 3, 0.4, 0.5248],
    [120, 0.5, 0.98, 0.027829867394622888],
    [5, 0.5, 0.1, 2.5705896992293723e-6],
    [0.5, 120, 0.01, 0.8792113509030767],
    [1, 1, 0.25, 0.25],
    [1000, 2000, 0.33, 0.3506326761341843],
    [2, 2, 0, 0],
    [2, 2, 1, 1],
  ] as const) {
    near(betaInc(a, b, x), want, 1e-10, `I_${x}(${a}, ${b})`);
  }
});

test('property: the quantile inverts the distribution function, and both are odd about the median', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1e-6, max: 0.5, noNaN: true }),
      fc.double({ min: 0.5, max: 5000, noNaN: true }),
      (p, df) => {
        const t = tQuantile(p, df);
        near(tCdf(t, df), p, 1e-8, `F(t(${p}, ${df}))`);
        near(tCdf(-t, df), 1 - p, 1e-12, `mirror of ${p}, ${df}`);
        assert.ok(t <= 0);
      },
    ),
    { seed: 11 },
  );
});

test('what has no answer is an error', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  for (const p of [0, 1, -0.1, 1.1, Number.NaN]) assert.throws(() => tQuantile(p, 4), bad);
  for (const df of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => tQuantile(0.9, df), bad);
    assert.throws(() => tCdf(1, df), bad);
  }
  assert.throws(() => tCdf(Number.NaN, 4), bad);
  assert.throws(() => betaInc(0, 1, 0.5), bad);
  assert.throws(() => betaInc(1, 1, 1.5), bad);
});

test.run();
