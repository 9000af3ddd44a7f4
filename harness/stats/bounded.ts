// The interval of a mean of values that cannot leave a range, such as alignment or a difference of two: near the ends of the
// range, and with few values that differ, a t interval covers too little and ends beyond what is possible.

import { BenchError } from '../../base/error.ts';
import { normalQuantile } from './normal.ts';

/** Values this close, as a share of the range, are one. */
const QUANTUM = 1e-9;
/** Graded values are thought of that are so many times as far from the mean as the farthest one observed. */
const REACH = 2;
/** Most steps to a root; bisection alone would come to the last bits. */
const STEPS = 80;
/** Of a limit, as a share of the range. */
const PRECISE = 1e-9;

export type Interval = readonly [low: number, high: number];

/** What a value can be. Of a difference: -1 and 1; of a difference to a constant c: -c and 1 - c. */
export interface Range {
  readonly least: number;
  readonly most: number;
}

/** Distinct values in ascending order, with the probability of each. */
interface Distribution {
  readonly values: readonly number[];
  readonly weights: readonly number[];
}

export interface BoundedOptions {
  readonly alpha?: number; // 0.05
  /** Values are shares of a scale, not means of right and wrong answers: an end of the range is then no likely value. */
  readonly graded?: boolean;
}

/**
 * Two-sided (1 - alpha) interval of the mean of independent values in `range`: all means that a test does not reject. Under a
 * mean, values are distributed as the likeliest distribution with this mean on the observed values and the end of the range
 * (Owen, Biometrika 75, 1988; for graded values, an end twice as far from the mean as any value). The test asks how often the
 * mean of n such values goes as far as the one observed, which counts half (mid-P). Of right and wrong answers that is the mid-P
 * interval of a share (Lancaster 1961; Agresti and Gottard 2007); of changed answers it does what Tango's does. Tails are by the
 * saddlepoint (Barndorff-Nielsen's r*, Biometrika 73, 1986).
 *
 * Coverage: docs/scoring.md#intervals. It never leaves the range, and ends at an end of it only where all values stand there.
 *
 * For a paired comparison give the items' differences, a - b of each, with a range of -1 and 1; where b is one constant c on
 * every item (50 % by construction), with a range of -c and 1 - c.
 * Throws `bad-statistics`: no value, one outside the range, or alpha outside (0, 1).
 */
export function boundedInterval(
  values: readonly number[],
  range: Range,
  { alpha = 0.05, graded = false }: BoundedOptions = {},
): Interval {
  const { least, most } = range;
  const width = most - least;
  if (!(alpha > 0 && alpha < 1)) bad(`${alpha} is not a level: a level is between 0 and 1`);
  if (!(width > 0 && Number.isFinite(width))) bad(`${least} to ${most} is no range`);
  if (values.length === 0) bad('there is no value to bound a mean by');
  const counts = new Map<number, number>();
  for (const value of values) {
    const share = (value - least) / width;
    if (!(share >= -QUANTUM && share <= 1 + QUANTUM)) bad(`${value} is not between ${least} and ${most}`);
    const rounded = Math.min(1, Math.max(0, Math.round(share / QUANTUM) * QUANTUM));
    counts.set(rounded, (counts.get(rounded) ?? 0) + 1);
  }
  const shares = [...counts].sort(([a], [b]) => a - b);
  const n = values.length;
  const observed = (mirrored: boolean): Distribution => {
    const own = mirrored ? [...shares].reverse() : shares;
    return {
      values: own.map(([value]) => (mirrored ? 1 - value : value)),
      weights: own.map(([, count]) => count / n),
    };
  };
  const reach = graded ? REACH : Number.POSITIVE_INFINITY;
  const limit = (mirrored: boolean) => upperLimit(observed(mirrored), { n, alpha, reach });
  return [Math.max(least, most - width * limit(true)), Math.min(most, least + width * limit(false))];
}

function bad(message: string): never {
  throw new BenchError('bad-statistics', message);
}

/** The greatest mean in [0, 1] that is not rejected at alpha / 2. */
function upperLimit(
  observed: Distribution,
  { n, alpha, reach }: { readonly n: number; readonly alpha: number; readonly reach: number },
): number {
  const { values, weights } = observed;
  const [first] = values as [number];
  // All are equal: P(no other value in n) / 2 = alpha / 2.
  if (values.length === 1) return first + (1 - first) * -Math.expm1(Math.log(alpha) / n);
  const mean = values.reduce((sum, value, k) => sum + value * weights[k]!, 0);
  const quantile = normalQuantile(1 - alpha / 2);
  const farthest = Math.max(mean - first, (values.at(-1) as number) - mean);
  const end = Math.min(1, mean + reach * farthest);
  const variance = values.reduce((sum, value, k) => sum + weights[k]! * (value - mean) ** 2, 0);
  const guess = mean + quantile * Math.sqrt(variance / n);
  if (end <= mean) return mean;
  return falling(mean, end, guess < end ? guess : (mean + end) / 2, (candidate) => {
    const under = likeliest(observed, end, candidate);
    return quantile + rootStar(under, n, mean);
  });
}

/**
 * Where a function that falls from above zero at `low` to below it at `high` is zero: regula falsi with halved ends (Illinois),
 * and bisection where the bracket does not shrink.
 */
function falling(low: number, high: number, guess: number, f: (x: number) => number): number {
  let [a, b] = [low, high];
  let [atA, atB] = [Number.NaN, Number.NaN];
  let x = guess;
  let side = 0;
  for (let step = 0; step < STEPS && b - a > PRECISE; step++) {
    const value = f(x);
    if (Math.abs(value) < PRECISE) return x;
    const before = b - a;
    const now = Math.sign(value);
    if (now > 0) {
      [a, atA] = [x, value];
      if (side === now) atB /= 2;
    } else {
      [b, atB] = [x, value];
      if (side === now) atA /= 2;
    }
    side = now;
    const straight = (a * atB - b * atA) / (atB - atA);
    const slow = step > 8 && b - a > 0.7 * before;
    x = !slow && straight > a && straight < b ? straight : (a + b) / 2;
  }
  return x;
}

/** Among the distributions on the observed values and `end` whose mean is `mean`, above the observed one, the likeliest. */
function likeliest({ values, weights }: Distribution, end: number, mean: number): Distribution {
  const offsets = values.map((value) => value - mean);
  const at = (lambda: number) => weights.map((weight, k) => weight / (1 - lambda * offsets[k]!));
  const excess = (lambda: number) => at(lambda).reduce((sum, weight, k) => sum + weight * offsets[k]!, 0);
  const limit = 1 / (end - mean); // beyond it a value at the end would have no probability
  if ((values.at(-1) as number) < end && excess(limit) <= 0) {
    const own = at(limit);
    const rest = 1 - own.reduce((sum, weight) => sum + weight, 0);
    return { values: [...values, end], weights: [...own, Math.max(0, rest)] };
  }
  let [low, high] = [0, limit];
  let lambda = 0;
  for (let step = 0; step < STEPS && high - low > 1e-13 * limit; step++) {
    let [value, slope] = [0, 0];
    for (let k = 0; k < offsets.length; k++) {
      const ratio = offsets[k]! / (1 - lambda * offsets[k]!);
      value += weights[k]! * ratio;
      slope += weights[k]! * ratio * ratio;
    }
    if (value < 0) low = lambda;
    else high = lambda;
    const next = lambda - value / slope;
    const move = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(move - lambda) < 1e-14 * limit) break;
    lambda = move;
  }
  return { values, weights: at(lambda) };
}

/**
 * r* of the mean of n values: about standard normal under the distribution, so that the normal distribution at it is the mid-P
 * of a mean as low as `mean`, which is below the distribution's.
 */
function rootStar({ values, weights }: Distribution, n: number, mean: number): number {
  // The tilt t at which the distribution, weighted by exp(t x), has the observed mean.
  const moments = (t: number) => {
    let [sum, first, second] = [0, 0, 0];
    for (let k = 0; k < values.length; k++) {
      const offset = values[k]! - mean;
      const weight = weights[k]! * Math.exp(t * offset);
      sum += weight;
      first += weight * offset;
      second += weight * offset * offset;
    }
    const centre = first / sum;
    return { log: Math.log(sum), centre, variance: second / sum - centre * centre };
  };
  let [low, high] = [Number.NEGATIVE_INFINITY, 0];
  let t = 0;
  let at = moments(0);
  for (let step = 0; step < STEPS; step++) {
    if (at.centre > 0) high = t;
    else low = t;
    const next = t - at.centre / at.variance;
    const inside = next > low && next < high;
    const move = inside ? Math.max(next, 2 * t - 8) : low === Number.NEGATIVE_INFINITY ? 2 * t - 8 : (low + high) / 2;
    if (Math.abs(move - t) <= 1e-12 * (1 + Math.abs(t))) break;
    t = move;
    at = moments(t);
  }
  const root = -Math.sqrt(Math.max(0, -2 * n * at.log));
  const tilt = t * Math.sqrt(n * at.variance);
  if (root > -1e-4) return root;
  return root + Math.log(tilt / root) / root;
}
