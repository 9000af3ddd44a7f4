// What a paired comparison of n items can find: the power of McNemar's test, the least drop it finds, and the n that would
// settle a comparison that is open.

import { BenchError } from '../../base/error.ts';
import { atLeast, binomialPmf } from './binomial.ts';
import { normalQuantile } from './normal.ts';
import { tQuantile } from './t.ts';
import { type ChangedItems, checkChanged, tangoScore } from './tango.ts';

/** A number of changed items rarer than this adds nothing to the sum. */
const NEGLIGIBLE = 1e-20;
/** Halvings of [0, discordance]: to 1e-12. */
const HALVINGS = 40;
const MOST_ITEMS = 1_000_000;
/** Of a count, where a product of rates should be whole. */
const ROUNDING = 1e-9;

export interface Design {
  readonly n: number; // items
  readonly discordance: number; // share of items whose outcome changes either way
  readonly alpha?: number; // 0.05, one-sided
  readonly margin?: number; // 0: the least observed drop that counts
}

interface Rejected {
  readonly changed: number;
  readonly chance: number;
  readonly down: number; // so many of the changed, or more, reject
}

const need = (good: boolean, message: string) => {
  if (!good) throw new BenchError('bad-statistics', message);
};

function checkDesign({ n, discordance, alpha, margin }: Required<Design>): void {
  need(Number.isSafeInteger(n) && n > 0 && n <= MOST_ITEMS, `${n} is not a number of items up to ${MOST_ITEMS}`);
  need(discordance >= 0 && discordance <= 1, `${discordance} is not a share of changed items`);
  need(alpha > 0 && alpha < 0.5, `${alpha} is not a one-sided level: a level is between 0 and 0.5`);
  need(margin >= 0 && margin < 1, `${margin} is not a margin: a margin is at least 0 and below 1`);
}

/** For every number of changed items, from how many losses on McNemar's p is below alpha and the drop at least the margin. */
function rejections({ n, discordance, alpha, margin }: Required<Design>): readonly Rejected[] {
  const found: Rejected[] = [];
  let critical = 0; // it never falls as more items change
  for (let changed = 0; changed <= n; changed++) {
    const chance = binomialPmf(changed, n, discordance);
    if (chance < NEGLIGIBLE) continue;
    critical = Math.max(critical, Math.floor(changed / 2));
    while (critical <= changed && atLeast(critical, changed, 0.5) >= alpha) critical++;
    const down = Math.max(critical, Math.ceil((changed + margin * n) / 2 - ROUNDING));
    if (down <= changed) found.push({ changed, chance, down });
  }
  return found;
}

const powerOf = (rejected: readonly Rejected[], discordance: number, drop: number): number => {
  const loss = discordance === 0 ? 0.5 : Math.min(1, (1 + drop / discordance) / 2);
  return Math.min(
    1,
    rejected.reduce((sum, { changed, chance, down }) => sum + chance * atLeast(down, changed, loss), 0),
  );
};

const designOf = ({ n, discordance, alpha = 0.05, margin = 0 }: Design): Required<Design> => {
  const design = { n, discordance, alpha, margin };
  checkDesign(design);
  return design;
};

/**
 * The chance that one-sided exact McNemar says p < alpha and the observed drop is at least the margin, where the true drop
 * is `drop`: the sum over the number of changed items, as in Duffy (Biometrics 40, 1984), without approximation.
 * Throws `bad-statistics`: rates outside [0, 1], a drop beyond the discordance, n not whole or above a million.
 */
export function mcnemarPower({ drop, ...rest }: Design & { readonly drop: number }): number {
  const design = designOf(rest);
  need(Math.abs(drop) <= design.discordance, `a drop of ${drop} needs at least as many changed items`);
  return powerOf(rejections(design), design.discordance, drop);
}

/**
 * The least true drop that {@link mcnemarPower} finds with chance `power` (0.8), to 1e-12; null where even a drop by all
 * changed items is found less often. Power rises with the drop, so halving finds it.
 */
export function minimumDetectableDrop({ power = 0.8, ...rest }: Design & { readonly power?: number }): number | null {
  const design = designOf(rest);
  need(power > 0 && power < 1, `${power} is not a power: power is between 0 and 1`);
  const rejected = rejections(design);
  const enough = (drop: number) => powerOf(rejected, design.discordance, drop) >= power;
  if (!enough(design.discordance)) return null;
  let [low, high] = [0, design.discordance];
  if (enough(low)) return low;
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (enough(middle)) high = middle;
    else low = middle;
  }
  return high;
}

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
