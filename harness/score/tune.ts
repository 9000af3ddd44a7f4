// How a candidate does on the tuning split: what a method's choices of wording, k or coefficient go by.

import { BenchError } from '../../base/error.ts';
import type { Item } from '../datasets/types.ts';
import type { Context } from '../method/method.ts';
import { alignment } from './metrics.ts';

/** `Context.tune` over `evaluate`. It throws `no-persona` without one, and `no-tuning` where there is nothing to ask. */
export function tuner(evaluate: Context['evaluate'], tuning: readonly Item[], persona: string | null): Context['tune'] {
  return async (candidate, items = tuning) => {
    if (persona === null) throw new BenchError('no-persona', 'there is nothing to tune for without a persona');
    if (items.length === 0) {
      throw new BenchError('no-tuning', `persona ${persona} has no items to tune on`, {
        where: `personas.${persona}.items`,
        hint: 'give it items with split: tuning, or set what is chosen in the suite',
      });
    }
    const { n, aligned, meanP } = alignment(await evaluate(candidate, items), items, persona);
    return { n, alignment: aligned, meanP };
  };
}
