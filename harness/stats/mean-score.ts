// The score interval of a mean of bounded values, right-or-wrong or graded: Tango's interval of a paired difference
// (Statistics in Medicine 17, 1998) and Wilson's of a share, carried over to any values in the range. It holds in the far tail, where a bootstrap of
// 10,000 resamples has nothing to say, and with few changed items or none.

import { BenchError } from '../../base/error.ts';

/** Of an interval: to the last bits. */
const HALVINGS = 60;
/** Values this close, as a share of the range, are one. */
const QUANTUM = 1e-9;

export interface ScoreUnit {
  readonly difference: number; // in [-1, 1]
  readonly weight?: number; // 1
}

/** Values times their weight over the mean weight, with how often each stands there: their mean is the weighted mean. */
export interface Observed {
  readonly n: number;
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly least: number; // the lowest that any value could be: -1 of differences with equal weights
  readonly most: number;
  readonly mean: number;
}

/** Throws `bad-statistics`: no units, a difference outside [-1, 1], or a weight that is not above zero. */
export function differencesOf(units: readonly ScoreUnit[]): Observed {
  return observedOf(
    units.map(({ difference, weight = 1 }) => ({ value: difference, weight })),
    -1,
  );
}

/** Outcomes in [0, 1], such as the share of an item's answers that hold the persona. Throws as {@link differencesOf}. */
export function outcomesOf(units: readonly { readonly value: number; readonly weight: number }[]): Observed {
  return observedOf(units, 0);
}

function observedOf(units: readonly { readonly value: number; readonly weight: number }[], least: number): Observed {
  const bad = (message: string, where?: string) =>
    new BenchError('bad-statistics', message, where === undefined ? {} : { where });
  if (units.length === 0) throw bad('there is no unit to bound a mean by');
  let [total, heaviest] = [0, 0];
  units.forEach(({ value, weight }, k) => {
    if (!(value >= least - QUANTUM && value <= 1 + QUANTUM))
      throw bad(`${value} is not in the range of ${least} to 1`, `unit ${k + 1}`);
    if (!(weight > 0 && Number.isFinite(weight))) throw bad(`${weight} is not a weight`, `unit ${k + 1}`);
    total += weight;
    heaviest = Math.max(heaviest, weight);
  });
  const centre = total / units.length;
  const counted = new Map<number, number>();
  for (const { value, weight } of units) {
    const scaled = Math.round((value * weight) / centre / QUANTUM) * QUANTUM;
    counted.set(scaled, (counted.get(scaled) ?? 0) + 1);
  }
  return tabled([...counted.keys()], [...counted.values()], (least * heaviest) / centre, heaviest / centre);
}

/** Values that are counted already. `least` and `most`: the range of what any could be. */
export function tabled(values: readonly number[], counts: readonly number[], least = -1, most = 1): Observed {
  const n = counts.reduce((sum, count) => sum + count, 0);
  const mean = values.reduce((sum, value, k) => sum + value * counts[k]!, 0) / n;
  return { n, values, counts, least, most, mean };
}

/**
 * The score of the hypothesis that the true mean is `mean0`, standard normal under it; positive where the observed mean is
 * above. The variance is that of the likeliest distribution with this mean among all on the observed values and the extreme
 * one: p_j = n_j / (n (1 + lambda (x_j - mean0))) (Owen, Biometrika 75, 1988), the rest of the mass at the extreme. Of
 * differences of -1, 0 and 1 that is Tango's score, of shares that are 0 or 1 Wilson's.
 */
export function meanScore(observed: Observed, mean0: number): number {
  const { n, mean } = observed;
  if (mean === mean0) return 0;
  // Below the mean the likeliest distribution is drawn down to the least value; above it, mirrored.
  const down = mean > mean0;
  const sign = down ? 1 : -1;
  const x = observed.values.map((value) => sign * (value - mean0));
  const extreme = down ? observed.least - mean0 : mean0 - observed.most;
  const counts = observed.counts;
  // lambda in (0, -1 / least]: at its end the mass that is left stands at the extreme.
  const most = -1 / extreme;
  if (!(most > 0)) return sign * Number.POSITIVE_INFINITY;
  const slope = (lambda: number): number => {
    let sum = 0;
    for (let k = 0; k < x.length; k++) sum += (counts[k]! * x[k]!) / (1 + lambda * x[k]!);
    return sum;
  };
  let [low, high] = [0, most];
  const touches = x.some((value, k) => counts[k]! > 0 && 1 + most * value <= QUANTUM);
  if (!touches && slope(most) > 0) low = most;
  else {
    for (let k = 0; k < HALVINGS && high - low > 1e-13 * most; k++) {
      const middle = (low + high) / 2;
      if (slope(middle) > 0) low = middle;
      else high = middle;
    }
  }
  const lambda = low;
  let [mass, squares] = [0, 0];
  for (let k = 0; k < x.length; k++) {
    const p = counts[k]! / n / (1 + lambda * x[k]!);
    mass += p;
    squares += p * x[k]! * x[k]!;
  }
  const variance = squares + Math.max(0, 1 - mass) * extreme * extreme;
  return (mean - mean0) / Math.sqrt(variance / n);
}

/** The lower bound of the true mean at one-sided normal quantile z, within [least, most]; at -z the upper bound. */
export function scoreBound(observed: Observed, z: number): number {
  let [low, high] = [observed.least, observed.most];
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (meanScore(observed, middle) > z) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
