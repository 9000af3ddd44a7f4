// The sign-flip test of paired graded outcomes: had the two sides been exchanged at random on every item, how often would
// the mean difference have been as large?

import { BenchError } from '../../base/error.ts';
import { rngOf } from './rng.ts';

/** Up to so many non-zero differences all 2^n flips are counted. */
const EXACT_UP_TO = 16;
const FLIPS = 10_000;
/** Bits of one draw: a power of two below 2^32 is drawn without rejection. */
const BITS = 30;
/** Sums this close, as a share of the largest, are equal but for rounding. */
const ROUNDING = 1e-12;

export interface SignFlip {
  readonly n: number; // units, those without a difference included
  readonly mean: number; // weighted
  readonly greater: number; // p of a mean that is not above zero
  readonly less: number; // p of a mean that is not below zero
  readonly twoSided: number;
  readonly exact: boolean;
  readonly flips: number; // enumerated or drawn
}

export interface SignFlipUnit {
  readonly difference: number;
  readonly weight?: number; // 1
}

function requireSignFlipInputs(units: readonly SignFlipUnit[], flips: number, seed: number): void {
  const fail = (message: string, where?: string) => {
    throw new BenchError('bad-statistics', message, where === undefined ? {} : { where });
  };
  if (units.length === 0) fail('there is no unit to test');
  if (!(Number.isSafeInteger(flips) && flips > 0)) fail(`${flips} is not a number of flips`);
  if (!Number.isSafeInteger(seed)) fail(`${seed} is not a seed: a seed is a whole number`);
  units.forEach(({ difference, weight = 1 }, k) => {
    if (!Number.isFinite(difference)) fail('its difference is not a number', `unit ${k + 1}`);
    if (!(weight > 0 && Number.isFinite(weight))) fail(`${weight} is not a weight`, `unit ${k + 1}`);
  });
}

/** All sums of the values with either sign: each from the one with the lowest flip undone, so that rounding stays small. */
function allSums(values: Float64Array, observed: number): Float64Array {
  const sums = new Float64Array(2 ** values.length);
  sums[0] = observed;
  for (let flip = 1; flip < sums.length; flip++) {
    const lowest = 31 - Math.clz32(flip & -flip);
    sums[flip] = sums[flip & (flip - 1)]! - 2 * values[lowest]!;
  }
  return sums;
}

function drawnSums(values: Float64Array, flips: number, seed: number): Float64Array {
  const rng = rngOf(seed);
  const sums = new Float64Array(flips);
  for (let flip = 0; flip < flips; flip++) {
    let sum = 0;
    let bits = 0;
    for (let k = 0; k < values.length; k++) {
      if (k % BITS === 0) bits = rng.below(2 ** BITS);
      sum += bits & 1 ? values[k]! : -values[k]!;
      bits >>>= 1;
    }
    sums[flip] = sum;
  }
  return sums;
}

/**
 * Fisher's randomisation test of paired differences (The Design of Experiments, 1935, section 21). Exact with at most 16
 * non-zero differences; beyond that by `flips` seeded draws (10,000), where p = (k + 1) / (flips + 1) counts the observed
 * one among them (Phipson & Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).
 * Throws `bad-statistics`: no units, NaN, a weight that is not above zero, no flips or seed.
 */
export function signFlip(
  units: readonly SignFlipUnit[],
  { flips = FLIPS, seed = 0 }: { readonly flips?: number; readonly seed?: number } = {},
): SignFlip {
  requireSignFlipInputs(units, flips, seed);
  const total = units.reduce((sum, { weight = 1 }) => sum + weight, 0);
  const values = Float64Array.from(units, ({ difference, weight = 1 }) => difference * weight).filter((x) => x !== 0);
  const observed = values.reduce((sum, value) => sum + value, 0);
  const near = ROUNDING * values.reduce((sum, value) => sum + Math.abs(value), 0);

  const exact = values.length <= EXACT_UP_TO;
  const sums = exact ? allSums(values, observed) : drawnSums(values, flips, seed);
  const p = (counts: (sum: number) => boolean): number => {
    let k = exact ? 0 : 1;
    for (const sum of sums) if (counts(sum)) k++;
    return k / (exact ? sums.length : sums.length + 1);
  };
  return {
    n: units.length,
    mean: observed / total,
    greater: p((sum) => sum >= observed - near),
    less: p((sum) => sum <= observed + near),
    twoSided: p((sum) => Math.abs(sum) >= Math.abs(observed) - near),
    exact,
    flips: sums.length,
  };
}
