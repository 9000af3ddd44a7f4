// How a method stands, from its differences to everything that it must beat.

import type { ComparedKind, Standing, VerdictRow } from '../record/run-record.ts';
import type { PairedDifference } from '../stats/paired.ts';

/**
 * The smallest difference that counts as an effect: 5 points. A method that is surely less than that above a control is said
 * not to hold its persona; with the 48 items of a trait a difference of 5 points is two or three answers.
 */
const SMALLEST_EFFECT = 0.05;
/** More items than this are no advice. */
const MOST_ITEMS = 1_000_000;

export interface Difference extends PairedDifference {
  readonly name: string;
  readonly kind: ComparedKind;
}

/** `missing`: what the verdict needs and has not. Answerers without a model are not controls: to be like one is no failure. */
export function standingOf(
  differences: readonly Difference[],
  missing: readonly string[],
): Pick<VerdictRow, 'standing' | 'fails' | 'missing' | 'decides'> {
  const lost = differences.filter(({ above }) => !above);
  const fails = lost.map(({ name, kind }) => ({ name, kind }));
  const known = (standing: Standing, decides: number | null = null) => ({ standing, fails, missing, decides });
  const controls = lost.filter(({ kind }) => kind !== 'answerer');
  if (missing.length > 0) return known('not-measured');
  if (lost.length === 0) return known('held');
  if (controls.length === 0) return known('like-answerer');
  if (controls.some(({ high }) => high < SMALLEST_EFFECT)) return known('not-held');
  return known('undecided', decidingItems(controls));
}

/**
 * Items after which the verdict would be another if all figures stayed: every control beaten, or one surely not by 5 points.
 * Null where no number of items does, since the draws alone are too far apart.
 */
function decidingItems(lost: readonly Difference[]): number | null {
  const beaten = Math.max(...lost.map((one) => itemsFor(one, one.difference)));
  const refuted = Math.min(...lost.map((one) => itemsFor(one, SMALLEST_EFFECT - one.difference)));
  const items = Math.min(beaten, refuted);
  return items <= MOST_ITEMS ? items : null;
}

/** Items at which the half width is less than `distance`. */
function itemsFor({ n, parts }: PairedDifference, distance: number): number {
  const left = distance * distance - parts.draws;
  if (!(distance > 0 && left > 0) || !Number.isFinite(parts.items)) return Number.POSITIVE_INFINITY;
  return Math.max(n, Math.floor((parts.items * n) / left)) + 1;
}
