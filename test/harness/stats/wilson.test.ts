// Wilson intervals against published values (Newcombe 1998, table I, method 3) and their edges.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { wilson } from '../../../harness/stats/wilson.ts';
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, within: number) =>
  assert.ok(Math.abs(got - want) <= within, `${got} is not within ${within} of ${want}`);

test('published intervals', () => {
  for (const [r, n, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const [l, h] = wilson(r, n);
    near(l, low, 5e-5);
    near(h, high, 5e-5);
  }
});

test('0, 5 and 10 of 10 (R: prop.test without continuity correction)', () => {
  for (const [r, low, high] of [
    [0, 0, 0.2775328],
    [5, 0.2365931, 0.7634069],
    [10, 0.7224672, 1],
  ] as const) {
    const [l, h] = wilson(r, 10);
    near(l, low, 1e-6);
    near(h, high, 1e-6);
  }
  assert.is(wilson(0, 10)[0], 0);
  assert.is(wilson(10, 10)[1], 1);
});

test('halves count, and one item has an interval too', () => {
  const [l, h] = wilson(2.5, 5);
  near(l + h, 1, 1e-12);
  assert.ok(wilson(1, 1)[0] > 0.2 && wilson(1, 1)[0] < 0.21);
});

test('impossible counts are errors', () => {
  for (const [r, n] of [
    [0, 0],
    [1, 0],
    [-1, 5],
    [6, 5],
    [Number.NaN, 5],
    [1, Number.NaN],
    [1, Number.POSITIVE_INFINITY],
  ] as const) {
    assert.throws(
      () => wilson(r, n),
      (e: { code: string }) => e.code === 'bad-statistics',
      `${r} of ${n}`,
    );
  }
});

test('property: inside [0, 1], around the proportion, mirrored under exchange of success and failure', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, share) => {
      const r = Math.round(share * n);
      const [l, h] = wilson(r, n);
      const [ml, mh] = wilson(n - r, n);
      assert.ok(l >= 0 && h <= 1 && l <= r / n && h >= r / n);
      near(l, 1 - mh, 1e-12);
      near(h, 1 - ml, 1e-12);
    }),
    { seed: 7 },
  );
});

test.run();
