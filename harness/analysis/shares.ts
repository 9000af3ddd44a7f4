// A figure of alignment with its interval: over items, since poles, wordings and seeds of one item are no further observations.

import { grouped, mean } from '../../base/grouped.ts';
import type { Share } from '../record/run-record.ts';
import { boundedInterval } from '../stats/bounded.ts';

/** Values this close are one, up to the rounding of means. */
const ROUNDING = 1e-9;

/** What one answer is worth to a persona, or the mean of its repeats. */
export interface Judged {
  readonly unit: string; // what is one observation: the item, or its group of role replies
  readonly value: number; // in [0, 1]
  readonly chance: number;
}

export interface ShareOptions {
  /** Values are shares of a scale, so that the interval is one of their mean. */
  readonly graded?: boolean;
  /** The answers know of no persona: one then counts for a pole as much as against the other, or is no more than a guess. */
  readonly free?: boolean;
}

/**
 * Mean and 95 % interval; n counts `judged`. The bounds are null where the mean is fixed by construction and not by what is
 * answered: no persona is known, and each unit is worth its chance whatever the answer.
 * Throws `bad-statistics` of nothing.
 */
export function shareOf(judged: readonly Judged[], { graded = false, free = false }: ShareOptions = {}): Share {
  const units = [...grouped(judged, ({ unit }) => unit).values()];
  const n = judged.length;
  const value = mean(judged.map((one) => one.value));
  const worth = units.map((own) => mean(own.map((one) => one.value)));
  const fixed = (own: readonly Judged[], k: number) =>
    Math.abs(worth[k]! - mean(own.map(({ chance }) => chance))) <= ROUNDING;
  if (free && units.length > 0 && units.every(fixed)) return { n, value, low: null, high: null };
  // Weighted, so that the mean over units is the mean over answers; a unit of full weight reaches `most`.
  const weights = units.map((own) => (own.length * units.length) / n);
  const [low, high] = boundedInterval(
    worth.map((one, k) => one * weights[k]!),
    { least: 0, most: Math.max(...weights) },
    { graded },
  );
  return { n, value, low: Math.max(0, low), high: Math.min(1, high) };
}
