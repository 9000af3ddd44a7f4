// The binomial distribution: single probabilities and tails with 12 digits, for hundreds of thousands of trials.

import { BenchError } from '../../base/error.ts';

/** Up to here n! is a number without rounding. */
const EXACT_FACTORIALS = 18;
const HALF_LOG_2PI = 0.5 * Math.log(2 * Math.PI);

/** log n! minus Stirling's formula; the rest of log-gamma once its large parts are cancelled by hand. */
function stirlingRest(n: number): number {
  if (n === 0) return 0;
  if (n <= EXACT_FACTORIALS) {
    let factorial = 1;
    for (let k = 2; k <= n; k++) factorial *= k;
    return Math.log(factorial) - (n + 0.5) * Math.log(n) + n - HALF_LOG_2PI;
  }
  const s = 1 / (n * n);
  return (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / n;
}

/** x log(x / m) + m - x, by its series where the two are close and the terms would cancel. */
function deviance(x: number, m: number): number {
  const v = (x - m) / (x + m);
  if (Math.abs(v) >= 0.1) return x * Math.log(x / m) + m - x;
  let sum = (x - m) * v;
  let term = 2 * x * v;
  for (let k = 3; ; k += 2) {
    term *= v * v;
    const next = sum + term / k;
    if (next === sum) return sum;
    sum = next;
  }
}

function requireCounts(k: number, n: number, p: number): void {
  if (!(Number.isSafeInteger(n) && n >= 0 && Number.isSafeInteger(k) && p >= 0 && p <= 1)) {
    throw new BenchError('bad-statistics', `there is no binomial probability of ${k} in ${n} at ${p}`);
  }
}

/** P(X = k) in n trials of chance p, by Loader's saddle-point form ("Fast and accurate computation of binomial probabilities", 2000). */
export function binomialPmf(k: number, n: number, p: number): number {
  requireCounts(k, n, p);
  if (k < 0 || k > n) return 0;
  if (p === 0) return k === 0 ? 1 : 0;
  if (p === 1) return k === n ? 1 : 0;
  if (k === 0) return Math.exp(n * Math.log1p(-p));
  if (k === n) return Math.exp(n * Math.log(p));
  const rest = stirlingRest(n) - stirlingRest(k) - stirlingRest(n - k);
  const off = deviance(k, n * p) + deviance(n - k, n * (1 - p));
  return Math.exp(rest - off) * Math.sqrt(n / (2 * Math.PI * k * (n - k)));
}

/** The terms from k away from the mean, which fall from the first on. */
function outwards(k: number, n: number, p: number, step: 1 | -1): number {
  let term = binomialPmf(k, n, p);
  let sum = term;
  const odds = step === 1 ? p / (1 - p) : (1 - p) / p;
  for (let x = k; term > sum * 1e-18; x += step) {
    term *= step === 1 ? ((n - x) / (x + 1)) * odds : (x / (n - x + 1)) * odds;
    sum += term;
  }
  return Math.min(1, sum);
}

/** P(X >= k) in n trials of chance p. Throws `bad-statistics` unless k and n are whole, n >= 0 and 0 <= p <= 1. */
export function atLeast(k: number, n: number, p: number): number {
  requireCounts(k, n, p);
  if (k <= 0) return 1;
  if (k > n || p === 0) return 0;
  if (p === 1) return 1;
  return k > n * p ? outwards(k, n, p, 1) : 1 - outwards(k - 1, n, p, -1);
}

/** P(X <= k), as {@link atLeast}. */
export function atMost(k: number, n: number, p: number): number {
  requireCounts(k, n, p);
  return atLeast(n - k, n, 1 - p);
}
