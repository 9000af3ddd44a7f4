// The ratio of paired times: by hand, its interval by simulation, and what is refused.

import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { pairedRatio } from '../../../harness/stats/ratio.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { suite } from '../../support/suite.ts';

const test = suite('paired ratio');

test('a geometric mean with a t interval over logarithms', () => {
  // Logs 0, ln 2, 2 ln 2: mean ln 2, s = ln 2; t(0.975, 2) = 4.302653 (Fisher and Yates, table III).
  const { n, ratio, low, high } = pairedRatio([1, 2, 4], [1, 1, 1]);
  assert.is(n, 3);
  assert.ok(Math.abs(ratio - 2) < 1e-12);
  const reach = (4.302653 * Math.log(2)) / Math.sqrt(3);
  assert.ok(Math.abs(Math.log(high) - Math.log(2) - reach) < 1e-6);
  assert.ok(Math.abs(Math.log(2) - Math.log(low) - reach) < 1e-6);
});

test('what drifts falls on both of a round', () => {
  const drift = [1, 3, 9, 2];
  const { ratio, low, high } = pairedRatio(
    drift.map((x) => 1.25 * x),
    drift,
  );
  for (const value of [ratio, low, high]) assert.ok(Math.abs(value - 1.25) < 1e-9);
});

test('the interval covers 93 to 97 % of the time', () => {
  const rng = rngOf(5);
  const noise = () => Math.exp(0.1 * Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next()));
  const rounds = (factor: number) => Array.from({ length: 8 }, () => factor * noise());
  let covered = 0;
  for (let k = 0; k < 2000; k++) {
    const { low, high } = pairedRatio(rounds(1.3), rounds(1));
    if (low <= 1.3 && 1.3 <= high) covered++;
  }
  assert.ok(covered >= 1860 && covered <= 1940, `${covered} of 2000`);
});

test('one round bounds nothing, and what is no time is refused', () => {
  assert.equal(pairedRatio([3], [2]), { n: 1, ratio: Math.exp(Math.log(1.5)), low: 0, high: Infinity });
  for (const [a, b] of [
    [[], []],
    [[1, 2], [1]],
    [[0], [1]],
    [[1], [Number.NaN]],
  ] as const) {
    assert.throws(
      () => pairedRatio(a, b),
      (error: BenchError) => error.code === 'bad-statistics',
    );
  }
});

test.run();
