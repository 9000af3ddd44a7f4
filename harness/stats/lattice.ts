// The exact sign-flip test of paired differences that are whole multiples of one step, as means over a few poles and orders
// are: the sum under random signs is a sum of scaled binomials, so that no flips are drawn.

import { binomialPmf } from './binomial.ts';

/** Sums beyond so many steps are left to the drawn test. */
const MOST_STEPS = 200_000;
/** A value this close to a multiple, as a share of the step, is one. */
const ROUNDING = 1e-6;
/** Steps are sought as the smallest value over 1, 2, ..., this. */
const MOST_DIVISOR = 60;

/** The step of which all values are whole multiples; null where there is none. */
function stepOf(sizes: readonly number[]): number | null {
  const smallest = Math.min(...sizes);
  for (let divisor = 1; divisor <= MOST_DIVISOR; divisor++) {
    const step = smallest / divisor;
    if (sizes.every((size) => Math.abs(size / step - Math.round(size / step)) < ROUNDING)) return step;
  }
  return null;
}

const pmfs = new Map<number, Float64Array>();

/** P(k heads in n fair tosses), remembered: the same n come again at every look of a simulation. */
function fairPmf(n: number): Float64Array {
  let known = pmfs.get(n);
  if (known === undefined) {
    known = Float64Array.from({ length: n + 1 }, (_, k) => binomialPmf(k, n, 0.5));
    if (pmfs.size > 4096) pmfs.clear();
    pmfs.set(n, known);
  }
  return known;
}

/**
 * P(the sum under random signs is at most the observed one), exactly; of -1, 0 and 1 it is McNemar's test. `values` with how
 * often each stands there. Null where they have no common step or their sum is too long: then signs are drawn (`signFlip`).
 */
export function exactFlip(values: readonly number[], counts: readonly number[]): number | null {
  const sizes = new Map<number, number>();
  let observed = 0;
  values.forEach((value, k) => {
    if (value === 0 || counts[k] === 0) return;
    observed += value * counts[k]!;
    const known = [...sizes.keys()].find((size) => Math.abs(size - Math.abs(value)) < ROUNDING * Math.abs(value));
    const size = known ?? Math.abs(value);
    sizes.set(size, (sizes.get(size) ?? 0) + counts[k]!);
  });
  if (sizes.size === 0) return 1;
  const step = sizes.size > MOST_DIVISOR ? null : stepOf([...sizes.keys()]);
  if (step === null) return null;
  const parts = [...sizes].map(([size, count]) => ({ size: Math.round(size / step), count }));
  const length = parts.reduce((sum, { size, count }) => sum + size * count, 0);
  if (length > MOST_STEPS) return null;
  // Signs + for B of c values of one size: their sum is size (2 B - c). All is counted in 2 steps from the lowest sum.
  let chances = Float64Array.of(1);
  for (const { size, count } of parts) {
    const heads = fairPmf(count);
    const next = new Float64Array(chances.length + size * count);
    for (let k = 0; k < heads.length; k++) {
      const p = heads[k]!;
      if (p === 0) continue;
      for (let j = 0; j < chances.length; j++) next[j + k * size]! += p * chances[j]!;
    }
    chances = next;
  }
  const last = Math.round((observed / step + length) / 2);
  let below = 0;
  for (let k = 0; k <= last; k++) below += chances[k]!;
  return Math.min(1, below);
}
