// Student's t: distribution function and quantile, over the regularised incomplete beta function (continued fraction
// 8.17.22 of the NIST Digital Library of Mathematical Functions, evaluated by Lentz's method).

import { BenchError } from '../../base/error.ts';

/** The fraction converges in about sqrt(max(a, b)) steps: this many reach 1e8 degrees of freedom. */
const MAX_STEPS = 20_000;
/** Stands in for a denominator of zero in Lentz's method. */
const TINY = 1e-300;
/** Doublings of the bracket: tails of half a degree of freedom reach 1e300 before they are exhausted. */
const MAX_DOUBLINGS = 1000;

/** Lanczos' approximation with g = 7 (Godfrey's coefficients), relative error about 1e-15. */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const base = x + 6.5;
  const sum = LANCZOS.reduce((total, c, k) => (k === 0 ? c : total + c / (x - 1 + k)), 0);
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(base) - base + Math.log(sum);
}

function fraction(a: number, b: number, x: number): number {
  const guarded = (value: number) => (Math.abs(value) < TINY ? TINY : value);
  let c = 1;
  let d = 1 / guarded(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / guarded(1 + even * d);
    c = guarded(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / guarded(1 + odd * d);
    c = guarded(1 + odd / c);
    value *= d * c;
    if (Math.abs(d * c - 1) < 1e-15) return value;
  }
  throw new BenchError('bad-statistics', `the incomplete beta function of ${a}, ${b} at ${x} does not converge`);
}

/** I_x(a, b), with y = 1 - x given apart: near x = 1 the difference would lose its digits. */
function incompleteBeta(a: number, b: number, x: number, y: number): number {
  if (x === 0) return 0;
  if (y === 0) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(y));
  return x < (a + 1) / (a + b + 2) ? (front * fraction(a, b, x)) / a : 1 - (front * fraction(b, a, y)) / b;
}

/** The regularised incomplete beta function I_x(a, b). Throws `bad-statistics` unless a, b > 0 and x is in [0, 1]. */
export function betaInc(a: number, b: number, x: number): number {
  if (!(a > 0 && b > 0 && Number.isFinite(a + b) && x >= 0 && x <= 1)) {
    throw new BenchError('bad-statistics', `there is no incomplete beta function of ${a}, ${b} at ${x}`);
  }
  return incompleteBeta(a, b, x, 1 - x);
}

function requireDegrees(df: number): void {
  if (!(df > 0 && Number.isFinite(df)))
    throw new BenchError('bad-statistics', `${df} is not a number of degrees of freedom`);
}

/** P(T > t) for t >= 0: the smaller tail, so that small probabilities keep their digits. */
function upperTail(t: number, df: number): number {
  if (t === Number.POSITIVE_INFINITY) return 0;
  const ratio = (t / df) * t;
  return 0.5 * incompleteBeta(df / 2, 0.5, 1 / (1 + ratio), ratio / (1 + ratio));
}

/** P(T <= t) with `df` > 0 degrees of freedom, whole or not. Throws `bad-statistics` on NaN. */
export function tCdf(t: number, df: number): number {
  requireDegrees(df);
  if (Number.isNaN(t)) throw new BenchError('bad-statistics', 't is not a number');
  return t > 0 ? 1 - upperTail(t, df) : upperTail(-t, df);
}

/** The t with P(T <= t) = p. Throws `bad-statistics` unless 0 < p < 1 and df > 0. */
export function tQuantile(p: number, df: number): number {
  requireDegrees(df);
  if (!(p > 0 && p < 1)) throw new BenchError('bad-statistics', `t has no quantile at ${p}`);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  let low = 0;
  let high = 1;
  for (let k = 0; upperTail(high, df) > tail; k++) {
    if (k === MAX_DOUBLINGS)
      throw new BenchError('bad-statistics', `the quantile at ${p} of ${df} is beyond all numbers`);
    low = high;
    high *= 2;
  }
  // The tail falls monotonically: halving ends where no number is left between the two.
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2) {
    if (upperTail(middle, df) > tail) low = middle;
    else high = middle;
  }
  return p < 0.5 ? -high : high;
}
