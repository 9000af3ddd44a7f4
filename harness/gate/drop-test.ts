// The test of no drop, over units.

import { exactFlip } from '../stats/lattice.ts';
import { differencesOf } from '../stats/mean-score.ts';
import { signFlip } from '../stats/permutation.ts';
import type { Unit } from '../stats/units.ts';

/** Random signs of graded differences that have no common step: their p is never below 1 in so many. */
const FLIPS = 20_000;

/** One-sided p: McNemar's exact test where units are right or wrong, sign flips where they are graded, drawn if need be. */
export function dropTest(units: readonly Unit[]): number {
  const { values, counts } = differencesOf(units);
  return exactFlip(values, counts) ?? signFlip(units, { flips: FLIPS }).less;
}
