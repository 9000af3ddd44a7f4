// Which option counts as the persona's: the matching one for the item's own persona, the other one for its opposite.

import { BenchError } from '../../base/error.ts';
import type { Item } from '../datasets/types.ts';

/** Whether an item, keyed to its own persona, has to be flipped for `persona` (null: never). Two options, or a scale. */
export function flipped(item: Item, persona: string | null): boolean {
  if (persona === null || item.persona === persona) return false;
  if (item.options.length !== 2 && item.scale !== true) {
    throw new BenchError('bad-item', `${item.options.length} options cannot be keyed to the opposite persona`, {
      where: `item ${item.id}`,
      hint: 'items that both poles share have two options',
    });
  }
  return true;
}

/** Index of the option that `persona` would choose, of a scale its end for them. Throws `bad-item` when no option, or more than one, matches. */
export function targetOf(item: Item, persona: string | null): number {
  const matching = item.options.flatMap((option, k) => (option.matching ? [k] : []));
  const own = matching[0];
  if (own === undefined || matching.length > 1) {
    throw new BenchError('bad-item', `${matching.length} options match`, { where: `item ${item.id}` });
  }
  return flipped(item, persona) ? item.options.length - 1 - own : own;
}
