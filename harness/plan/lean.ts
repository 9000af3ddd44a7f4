// The lean grid of items that each draw of `shuffled` is asked: what draws differ by is their masks, so that a third of the items
// shows their spread. The same items in every draw, spread evenly over the list and over both keyings.

import type { Item } from '../datasets/types.ts';

const SHARE = 3;
/** Of fewer items of a keying a third says nothing of a network: so many are asked where there are as many. */
const LEAST = 4;

/**
 * A third of `items`, rounded up, and at least four (or all): of each trait, persona and keying, in the order of the list. Items
 * of one group are one observation: a third of the groups of each trait then, each whole.
 */
export function leanOf(items: readonly Item[]): ReadonlySet<Item> {
  const strata = new Map<string, Map<string, Item[]>>();
  for (const item of items) {
    const { group, trait, persona, keying } = item;
    const stratum = JSON.stringify(group === undefined ? [trait, persona, keying] : [trait]);
    const units = strata.get(stratum) ?? new Map<string, Item[]>();
    strata.set(stratum, units);
    const unit = group ?? item.id;
    units.set(unit, [...(units.get(unit) ?? []), item]);
  }
  const chosen = [...strata.values()].flatMap((units) => {
    const all = [...units.values()];
    const count = Math.min(all.length, Math.max(LEAST, Math.ceil(all.length / SHARE)));
    return Array.from({ length: count }, (_, k) => all[Math.floor((k * all.length) / count)] ?? []).flat();
  });
  return new Set(chosen);
}
