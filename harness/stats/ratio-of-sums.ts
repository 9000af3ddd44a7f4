// A ratio of two sums over independent units, such as nats per byte over texts, with an interval.

import { BenchError } from '../../base/error.ts';
import { tQuantile } from './t.ts';

/** What one unit adds to the numerator and to the denominator. */
export interface RatioUnit {
  readonly over: number;
  readonly under: number; // 0 or more
}

export interface RatioOfSums {
  readonly n: number;
  readonly value: number;
  readonly low: number | null; // null with one unit
  readonly high: number | null;
}

/**
 * sum(over) / sum(under) with its two-sided (1 - alpha) t interval by linearisation (Cochran, Sampling Techniques, 1977,
 * section 6.3): the units are the sample, so that what varies within one adds nothing. Throws `bad-statistics`: no units,
 * a denominator of 0, a number that is none.
 */
export function ratioOfSums(units: readonly RatioUnit[], alpha = 0.05): RatioOfSums {
  const [over, under] = (['over', 'under'] as const).map((part) => units.reduce((sum, one) => sum + one[part], 0));
  const n = units.length;
  if (!(under! > 0 && Number.isFinite(over! + under!)))
    throw new BenchError('bad-statistics', `there is no ratio of ${over} to ${under} over ${n} units`);
  const value = over! / under!;
  if (n === 1) return { n, value, low: null, high: null };
  const squares = units.reduce((sum, one) => sum + (one.over - value * one.under) ** 2, 0);
  const error = Math.sqrt((n / (n - 1)) * squares) / under!;
  const reach = tQuantile(1 - alpha / 2, n - 1) * error;
  return { n, value, low: value - reach, high: value + reach };
}
