// A naive-Bayes word count of two lists of texts, apart from the one of suites/items/situations.mjs, to check what that prints.

import type { Item } from '../../harness/datasets/types.ts';
import { plain } from './item-checks.ts';

/** An item's two options by pole. */
export function polesOf({ keying, options }: Item): { readonly high: string; readonly low: string } {
  const matching = options.find((option) => option.matching)!.text;
  const other = options.find((option) => !option.matching)!.text;
  return keying === '+' ? { high: matching, low: other } : { high: other, low: matching };
}

/** Log odds of a text for the first list: words lower-cased, one added to every count, words of neither list left out. */
export function wordCount(high: readonly string[], low: readonly string[]): (text: string) => number {
  const [plus, minus] = [high, low].map((texts) => texts.flatMap((text) => plain(text).split(' ')));
  const known = new Set([...plus!, ...minus!]);
  const among = (list: readonly string[], word: string) => list.filter((one) => one === word).length + 1;
  const odds = new Map(
    [...known].map((word) => {
      const [a, b] = [among(plus!, word), among(minus!, word)];
      return [word, Math.log(a / (plus!.length + known.size)) - Math.log(b / (minus!.length + known.size))];
    }),
  );
  return (text) =>
    plain(text)
      .split(' ')
      .reduce((sum, word) => sum + (odds.get(word) ?? 0), 0);
}

/** The share of items that a word count answers as their key does; equal scores count half. */
export function answered(items: readonly Item[], score: (text: string) => number): number {
  const gains = items.map(polesOf).map(({ high, low }) => score(high) - score(low));
  return gains.reduce((sum, gain) => sum + (Math.abs(gain) < 1e-9 ? 0.5 : Number(gain > 0)), 0) / items.length;
}
