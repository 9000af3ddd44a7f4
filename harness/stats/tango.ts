// Tango's score interval of the difference of two right-or-wrong outcomes on the same items: it holds with few changed
// items, or none, where resampling has nothing to go by.

import { BenchError } from '../../base/error.ts';
import { normalQuantile } from './normal.ts';

/** Of [-1, 1]: to the last bit. */
const HALVINGS = 60;

export interface ChangedItems {
  readonly up: number; // items that only the first answers
  readonly down: number; // items that only the second answers
  readonly n: number; // items
}

export interface TangoInterval {
  readonly n: number;
  readonly difference: number;
  readonly level: number;
  readonly low: number; // two-sided
  readonly high: number;
  readonly lowerBound: number; // one-sided, each at the same level
  readonly upperBound: number;
}

/** Throws `bad-statistics` unless the counts fit; they need not be whole. */
export function checkChanged({ up, down, n }: ChangedItems): void {
  if (up >= 0 && down >= 0 && n > 0 && Number.isFinite(n) && up + down <= n) return;
  throw new BenchError('bad-statistics', `${up} and ${down} are not counts of changed items out of ${n}`);
}

/**
 * The score of the hypothesis that the true difference is -margin (Tango, Statistics in Medicine 17, 1998), standard normal
 * under it: above the normal quantile, the one-sided lower bound of the difference is above -margin. It rises with margin.
 */
export function tangoScore({ up, down, n }: ChangedItems, margin: number): number {
  const b = -up - down - (2 * n - up + down) * margin;
  const c = down * margin * (margin + 1);
  const loss = (Math.sqrt(Math.max(0, b * b - 8 * n * c)) - b) / (4 * n);
  const variance = Math.max(0, n * (2 * loss - margin * (margin + 1)));
  const excess = up - down + n * margin;
  return excess === 0 ? 0 : excess / Math.sqrt(variance);
}

/** The true difference at which the score is z. */
function boundAt(changed: ChangedItems, z: number): number {
  let [low, high] = [-1, 1];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (tangoScore(changed, -middle) > z) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The interval of all differences that the score does not reject at `level` (0.95), and the one-sided bounds.
 * Throws `bad-statistics`: counts that do not fit n, or a level outside (0, 1).
 */
export function tangoInterval(changed: ChangedItems, level = 0.95): TangoInterval {
  checkChanged(changed);
  if (!(level > 0 && level < 1)) {
    throw new BenchError('bad-statistics', `${level} is not a level: a level is between 0 and 1`);
  }
  const twoSided = normalQuantile((1 + level) / 2);
  const oneSided = normalQuantile(level);
  return {
    n: changed.n,
    difference: (changed.up - changed.down) / changed.n,
    level,
    low: boundAt(changed, twoSided),
    high: boundAt(changed, -twoSided),
    lowerBound: boundAt(changed, oneSided),
    upperBound: boundAt(changed, -oneSided),
  };
}
