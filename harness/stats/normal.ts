// The standard normal distribution: distribution function and quantile, small tails with their digits.

import { BenchError } from '../../base/error.ts';

/** Below it the series keeps the tail's digits, above it the fraction converges fast. */
const SERIES_UP_TO = 2.5;
/** Reaches 1e-17 from 2.5 on. */
const FRACTION_STEPS = 60;
/** The first guess is good to 4.5e-4 and Halley's step cubes the error; the third is for safety. */
const HALLEY_STEPS = 3;

const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/**
 * P(X > x) for x >= 0. The series x + x^3/3 + x^5/15 + ... (Marsaglia, Journal of Statistical Software 11, 2004) and
 * Laplace's continued fraction (Abramowitz & Stegun 1964, 26.2.14).
 */
function tail(x: number): number {
  if (x === Number.POSITIVE_INFINITY) return 0;
  if (x < SERIES_UP_TO) {
    let term = x;
    let sum = x;
    for (let k = 3; term > sum * 1e-17; k += 2) {
      term *= (x * x) / k;
      sum += term;
    }
    return 0.5 - density(x) * sum;
  }
  let below = x;
  for (let k = FRACTION_STEPS; k >= 1; k--) below = x + k / below;
  return density(x) / below;
}

/** P(X <= x). Throws `bad-statistics` on NaN. */
export function normalCdf(x: number): number {
  if (Number.isNaN(x)) throw new BenchError('bad-statistics', 'the normal distribution is not defined at NaN');
  return x > 0 ? 1 - tail(x) : tail(-x);
}

/**
 * The x with P(X <= x) = p. Hastings' guess (Abramowitz & Stegun 1964, 26.2.23), refined by Halley's method.
 * Throws `bad-statistics` unless 0 < p < 1.
 */
export function normalQuantile(p: number): number {
  if (!(p > 0 && p < 1)) throw new BenchError('bad-statistics', `the normal distribution has no quantile at ${p}`);
  if (p === 0.5) return 0;
  const q = Math.min(p, 1 - p);
  const t = Math.sqrt(-2 * Math.log(q));
  const above = 2.515517 + t * (0.802853 + t * 0.010328);
  const below = 1 + t * (1.432788 + t * (0.189269 + t * 0.001308));
  let x = t - above / below;
  for (let step = 0; step < HALLEY_STEPS; step++) {
    const off = (tail(Math.max(0, x)) - q) / density(x);
    x += off / (1 - 0.5 * x * off);
  }
  return p < 0.5 ? -x : x;
}
