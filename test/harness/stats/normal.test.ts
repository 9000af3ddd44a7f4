// The normal distribution against SciPy (test/fixtures/stats/make.py).

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { normalCdf, normalQuantile } from '../../../harness/stats/normal.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, what: string) =>
  assert.ok(Math.abs(got - want) <= 1e-12 * Math.abs(want), `${what}: ${got} is not ${want}`);

test('distribution function, small tails with their digits', () => {
  for (const [x, want] of fixtures.normal.cdf as [number, number][]) near(normalCdf(x), want, `F(${x})`);
  assert.is(normalCdf(Number.POSITIVE_INFINITY), 1);
  assert.is(normalCdf(Number.NEGATIVE_INFINITY), 0);
});

test('quantiles', () => {
  for (const [p, want] of fixtures.normal.quantile as [number, number][]) near(normalQuantile(p), want, `z(${p})`);
});

test('property: the quantile inverts the distribution function', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 0.999, noNaN: true }), (p) =>
      near(normalCdf(normalQuantile(p)), p, `${p}`),
    ),
    { seed: 2 },
  );
});

test('what has no answer is an error', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  for (const p of [0, 1, -0.1, 1.1, Number.NaN]) assert.throws(() => normalQuantile(p), bad);
  assert.throws(() => normalCdf(Number.NaN), bad);
});

test.run();
