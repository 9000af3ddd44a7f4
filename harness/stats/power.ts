// The number of items that would settle a paired comparison which is open, if all stayed as it is.

import { BenchError } from '../../base/error.ts';
import { atLeast } from './binomial.ts';
import { normalQuantile } from './normal.ts';
import { tQuantile } from './t.ts';
import { type ChangedItems, checkChanged, tangoScore } from './tango.ts';

const MOST_ITEMS = 1_000_000;
/** Of a count, where a product of rates should be whole. */
const ROUNDING = 1e-9;

const need = (good: boolean, message: string) => {
  if (!good) throw new BenchError('bad-statistics', message);
};

/** `above`: the lower bound would exceed -margin; `below`: the upper bound would lie under it. */
export interface Deciding {
  readonly n: number;
  readonly decides: 'above' | 'below';
}

interface Question {
  readonly margin: number;
  readonly alpha?: number; // 0.05, one-sided
  readonly most?: number; // items, 1,000,000
}

function checkQuestion({ margin, alpha, most }: Required<Question>): void {
  need(margin >= 0 && margin < 1, `${margin} is not a margin: a margin is at least 0 and below 1`);
  need(alpha > 0 && alpha < 0.5, `${alpha} is not a one-sided level: a level is between 0 and 0.5`);
  need(Number.isSafeInteger(most) && most >= 2, `${most} is not a largest number of items`);
}

/** The least n from `from` to `most` that is enough, where all larger ones are too. */
function least(enough: (n: number) => boolean, from: number, most: number): number | null {
  if (!enough(most)) return null;
  let [low, high] = [from - 1, most];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/**
 * The least number of items at which a binary comparison would be settled if the rates stayed those observed: Tango's
 * one-sided bound at level 1 - alpha no longer holds -margin. Null where the estimate is -margin itself, or beyond `most`.
 * Throws `bad-statistics`: counts that do not fit n, or a margin, level or bound out of range.
 */
export function itemsToDecide(
  changed: ChangedItems,
  { margin, alpha = 0.05, most = MOST_ITEMS }: Question,
): Deciding | null {
  checkQuestion({ margin, alpha, most });
  checkChanged(changed);
  const { up, down, n } = changed;
  const z = normalQuantile(1 - alpha);
  const decides = up - down + n * margin > 0 ? 'above' : 'below';
  const enough = (items: number) => {
    const scale = items / n;
    return Math.abs(tangoScore({ up: up * scale, down: down * scale, n: items }, margin)) > z;
  };
  const items = least(enough, 1, most);
  return items === null ? null : { n: items, decides };
}

/**
 * The least number of items at which one-sided exact McNemar would reject if the rates stayed those observed, whole items lost
 * rounded down and won rounded up; null beyond `most`.
 * Throws `bad-statistics`: as {@link itemsToDecide}.
 */
export function itemsToReject(
  changed: ChangedItems,
  { alpha = 0.05, most = MOST_ITEMS }: Omit<Question, 'margin'>,
): number | null {
  checkQuestion({ margin: 0, alpha, most });
  checkChanged(changed);
  const { up, down, n } = changed;
  const enough = (items: number) => {
    const lost = Math.floor((down * items) / n + ROUNDING);
    return atLeast(lost, lost + Math.ceil((up * items) / n - ROUNDING), 0.5) < alpha;
  };
  return least(enough, 1, most);
}

/**
 * {@link itemsToDecide} of graded differences, by the one-sided t bound (Student, Biometrika 6, 1908) at the mean and standard deviation
 * observed. Without any spread by the sign test: n equal signs have chance 2^-n.
 * Throws `bad-statistics`: a mean or deviation that is no number, or a margin, level or bound out of range.
 */
export function itemsToDecideGraded(
  { mean, sd }: { readonly mean: number; readonly sd: number },
  { margin, alpha = 0.05, most = MOST_ITEMS }: Question,
): Deciding | null {
  checkQuestion({ margin, alpha, most });
  need(
    Number.isFinite(mean) && sd >= 0 && Number.isFinite(sd),
    `${mean} and ${sd} are not a mean and a standard deviation`,
  );
  const excess = Math.abs(mean + margin);
  if (excess === 0) return null;
  const enough = (items: number) =>
    sd === 0 ? 2 ** -items <= alpha : (tQuantile(1 - alpha, items - 1) * sd) / Math.sqrt(items) < excess;
  const items = least(enough, 2, most);
  return items === null ? null : { n: items, decides: mean + margin > 0 ? 'above' : 'below' };
}
