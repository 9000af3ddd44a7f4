// McNemar's test of two right-or-wrong outcomes on the same items: do those that changed go one way?

import { BenchError } from '../../base/error.ts';
import { atLeast } from './binomial.ts';

/** `up`: items that only the first answers; `down`: items that only the second answers. */
export interface Discordant {
  readonly up: number;
  readonly down: number;
}

export interface McNemar extends Discordant {
  readonly greater: number; // p of the first being no better
  readonly less: number; // p of the first being no worse
  readonly twoSided: number;
}

/**
 * Counts the changed items of binary units.
 * Throws `bad-statistics`: a difference other than -1, 0 and 1 (as of an item whose poles disagree).
 */
export function discordant(units: readonly { readonly item: string; readonly difference: number }[]): Discordant {
  let up = 0;
  let down = 0;
  for (const { item, difference } of units) {
    if (difference === 1) up++;
    else if (difference === -1) down++;
    else if (difference !== 0) {
      throw new BenchError('bad-statistics', `its difference ${difference} is not -1, 0 or 1`, {
        where: item,
        hint: 'graded differences are tested by sign flips (signFlip)',
      });
    }
  }
  return { up, down };
}

/**
 * The exact test of McNemar (Psychometrika 12, 1947): under no difference each of the changed items goes up or down with
 * chance one half. Two-sided: twice the smaller tail, at most 1. Without a changed item every p is 1.
 * Throws `bad-statistics` unless both counts are whole and not negative.
 */
export function mcnemar({ up, down }: Discordant): McNemar {
  if (!(Number.isSafeInteger(up) && up >= 0 && Number.isSafeInteger(down) && down >= 0)) {
    throw new BenchError('bad-statistics', `${up} and ${down} are not counts of changed items`);
  }
  const greater = atLeast(up, up + down, 0.5);
  const less = atLeast(down, up + down, 0.5);
  return { up, down, greater, less, twoSided: Math.min(1, 2 * Math.min(greater, less)) };
}
