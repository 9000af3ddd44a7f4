// The paired difference between a method and one control, with the chance of the items and of the control's seeds in its
// interval: the two parts of the variance are added, and their degrees of freedom by Welch (1947) and Satterthwaite (1946).

import { BenchError } from '../../base/error.ts';
import { mean } from '../../base/grouped.ts';
import { tQuantile } from './t.ts';

/** A standard error below this share of the figures' size is rounding of equal differences. */
const ROUNDING = 1e-12;

/**
 * One independent observation: an item, with all its poles averaged (the poles of a trait on one item are mirror images).
 * `a`: the method's figure; `b`: the control's, one per seed, in one order for all units; one entry where it has no seeds.
 */
export interface PairedUnit {
  readonly unit: string;
  readonly a: number;
  readonly b: readonly number[];
}

export interface PairedDifference {
  readonly n: number; // units
  readonly seeds: number;
  readonly difference: number; // mean over units of a - mean of b
  readonly se: number | null; // null with a single unit
  readonly df: number | null; // null where se is zero or null
  readonly low: number; // -Infinity where the data bound nothing
  readonly high: number;
  readonly above: boolean; // low > 0
}

/** Of the mean of `values`: s^2 / n. */
function varianceOfMean(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) * (value - centre), 0);
  return squares / (values.length - 1) / values.length;
}

function requirePairs(units: readonly PairedUnit[], alpha: number): void {
  const fail = (message: string, where?: string) => {
    throw new BenchError('bad-statistics', message, where === undefined ? {} : { where });
  };
  if (!(alpha > 0 && alpha < 1)) fail(`${alpha} is not a level: a level is between 0 and 1`);
  if (units.length === 0) fail('there is no pair to compare');
  if (new Set(units.map(({ unit }) => unit)).size !== units.length) fail('a unit is given twice');
  const seeds = units[0]?.b.length ?? 0;
  if (seeds === 0) fail('the control has no figure');
  for (const { unit, a, b } of units) {
    if (b.length !== seeds) fail(`it has ${b.length} seeds, and the first unit ${seeds}`, unit);
    if (![a, ...b].every(Number.isFinite)) fail('its figure is not a number', unit);
  }
}

/**
 * Two-sided (1 - alpha) t interval of mean(a - mean_seeds b). SE^2 = s^2_units / n + s^2_seeds / S, where s^2_seeds is the
 * variance of the seeds' means (none with one seed: then nothing is known of it). What is due to unit and seed together
 * is in both parts, which errs on the wide side.
 *
 * One unit bounds nothing: the interval is infinite. Where all differences are equal there is no t; then the sign test
 * speaks: n equal signs have probability 2^(1-n) under no difference, so the interval is the point itself once that is at
 * most alpha (6 units at 0.05), and infinite before.
 * Throws `bad-statistics`: no units, a unit twice, ragged or no seeds, NaN, alpha outside (0, 1).
 */
export function pairedDifference(units: readonly PairedUnit[], alpha: number): PairedDifference {
  requirePairs(units, alpha);
  const n = units.length;
  const seeds = units[0]?.b.length ?? 0;
  const differences = units.map(({ a, b }) => a - mean(b));
  const difference = mean(differences);
  const known = { n, seeds, difference };
  const nothing = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, above: false };
  if (n < 2) return { ...known, se: null, df: null, ...nothing };

  const ofUnits = varianceOfMean(differences);
  const ofSeeds = seeds < 2 ? 0 : varianceOfMean(units[0]!.b.map((_, k) => mean(units.map(({ b }) => b[k]!))));
  const squared = ofUnits + ofSeeds;
  const se = Math.sqrt(squared);
  const size = Math.max(...units.flatMap(({ a, b }) => [Math.abs(a), ...b.map(Math.abs)]));
  if (se <= ROUNDING * size) {
    if (2 ** (1 - n) > alpha) return { ...known, se: 0, df: null, ...nothing };
    // Rounding must not turn "equal" into "above".
    const point = Math.abs(difference) <= ROUNDING * size ? 0 : difference;
    return { ...known, difference: point, se: 0, df: null, low: point, high: point, above: point > 0 };
  }
  // Shares of the variance, since squares of small variances underflow.
  const [u, s] = [ofUnits / squared, ofSeeds / squared];
  const df = 1 / ((u * u) / (n - 1) + (seeds < 2 ? 0 : (s * s) / (seeds - 1)));
  const half = tQuantile(1 - alpha / 2, df) * se;
  const low = difference - half;
  return { ...known, se, df, low, high: difference + half, above: low > 0 };
}
