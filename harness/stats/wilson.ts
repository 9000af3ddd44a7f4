// Wilson's score interval of a proportion (E. B. Wilson 1927; method 3 of Newcombe, Statistics in Medicine 17, 1998).

import { BenchError } from '../../base/error.ts';

/** The normal quantile of a two-sided 95 % interval. */
const Z95 = 1.959963984540054;

export type Interval = readonly [low: number, high: number];

/** `successes` may count halves (ties). Exactly 0 and 1 at the ends. Throws `bad-statistics` unless 0 <= successes <= n, n > 0. */
export function wilson(successes: number, n: number, z: number = Z95): Interval {
  if (!(n > 0) || !Number.isFinite(n)) throw new BenchError('bad-statistics', `a proportion of ${n} has no interval`);
  if (!(successes >= 0 && successes <= n)) {
    throw new BenchError('bad-statistics', `${successes} of ${n} is not a proportion`);
  }
  const p = successes / n;
  const centre = p + (z * z) / (2 * n);
  const half = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  const low = successes === 0 ? 0 : Math.max(0, (centre - half) / scale);
  const high = successes === n ? 1 : Math.min(1, (centre + half) / scale);
  return [low, high];
}
