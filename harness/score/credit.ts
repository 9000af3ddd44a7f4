// What an answerer without a model gets of an item for the options that it takes.

import type { Item } from '../datasets/types.ts';
import { targetOf } from '../method/keying.ts';

/** The options (indices) of the greatest value: several of equal ones. */
export function greatest(values: readonly number[]): readonly number[] {
  const top = Math.max(...values);
  return values.flatMap((value, option) => (value === top ? [option] : []));
}

/** 1 for the target alone, a share when the answerer cannot tell it from others, else 0. */
export function credit(chosen: readonly number[], target: number): number {
  return chosen.includes(target) ? 1 / chosen.length : 0;
}

/** `credit` for `persona`; on a scale how far the answers chosen go to the persona's end, from 0 to 1, on average. */
export function creditFor(item: Item, persona: string | null, chosen: readonly number[]): number {
  const target = targetOf(item, persona);
  if (item.scale !== true) return credit(chosen, target);
  const last = item.options.length - 1;
  return chosen.reduce((sum, option) => sum + 1 - Math.abs(option - target) / last, 0) / chosen.length;
}
