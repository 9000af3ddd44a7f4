// The ratio of two times measured side by side, round by round: what drifts falls on both of a round alike.

import { BenchError } from '../../base/error.ts';
import { tQuantile } from './t.ts';

export interface Ratio {
  readonly n: number; // rounds
  readonly ratio: number; // geometric mean over rounds
  readonly low: number; // two-sided interval; 0 with one round
  readonly high: number; // Infinity with one round
}

/**
 * The geometric mean of a[k] / b[k] with its (1 - alpha) t interval over the logarithms.
 * Throws `bad-statistics`: no rounds, other numbers of them, a time that is not above zero.
 */
export function pairedRatio(a: readonly number[], b: readonly number[], alpha = 0.05): Ratio {
  const fail = (message: string): never => {
    throw new BenchError('bad-statistics', message);
  };
  if (a.length === 0 || a.length !== b.length) fail(`${a.length} rounds cannot be paired with ${b.length}`);
  const wrong = [...a, ...b].find((time) => !(time > 0 && Number.isFinite(time)));
  if (wrong !== undefined) fail(`${wrong} is not a time`);
  const logs = a.map((time, k) => Math.log(time / b[k]!));
  const n = logs.length;
  const mean = logs.reduce((sum, log) => sum + log, 0) / n;
  if (n === 1) return { n, ratio: Math.exp(mean), low: 0, high: Number.POSITIVE_INFINITY };
  const variance = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / (n - 1);
  const reach = tQuantile(1 - alpha / 2, n - 1) * Math.sqrt(variance / n);
  return { n, ratio: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}
