// Which personas an item says something about, and which option counts as theirs: the matching one for the item's own persona,
// the other one for its opposite.

import { BenchError } from '../../base/error.ts';
import type { Item } from '../datasets/types.ts';

/** A persona, as far as keying goes. */
export interface Pole {
  readonly id: string;
  readonly trait: string;
  readonly opposite: string | null;
}

/** An item, as far as keying goes. `persona`: its own. */
export type Keyed = Pick<Item, 'persona' | 'trait' | 'unpaired'>;

/** +1: the item is keyed to this persona; -1: to its opposite, so that p flips to 1 - p; 0: it says nothing about it. */
export function keyingOf(item: Pick<Item, 'persona' | 'unpaired'>, persona: Pick<Pole, 'id' | 'opposite'>): 1 | 0 | -1 {
  if (item.persona === persona.id) return 1;
  if (item.unpaired === true) return 0;
  return item.persona === persona.opposite ? -1 : 0;
}

/**
 * The personas that an answer to an item counts for, each with the keying of the item: the one that was stated to the method,
 * and where none was (`stated` is null) every one of `personas`; of these, those of the item's trait that it says something
 * about. Metrics, the gate and the comparison of two runs all count by this.
 */
export function keyedFor<P extends Pole>(
  item: Keyed,
  stated: string | null,
  personas: readonly P[],
): readonly { readonly persona: P; readonly keyed: 1 | -1 }[] {
  return personas.flatMap((persona) => {
    if (persona.trait !== item.trait || (stated !== null && persona.id !== stated)) return [];
    const keyed = keyingOf(item, persona);
    return keyed === 0 ? [] : [{ persona, keyed }];
  });
}

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
