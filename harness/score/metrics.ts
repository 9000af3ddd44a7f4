// Outcomes -> alignment: how often the persona's option is the likelier one, or how far the answers on a scale go the
// persona's way; with chance and order effect.

import { BenchError } from '../../base/error.ts';
import { mean } from '../../base/grouped.ts';
import type { Item } from '../datasets/types.ts';
import { alignedAt } from '../method/derived.ts';
import { flipped, targetOf } from '../method/keying.ts';
import type { Outcome } from '../method/outcome.ts';
import { softmax } from '../stats/softmax.ts';

/** One item under one persona. `aligned` is 1 or 0, or a share where options tie; on a scale it is p. */
export interface KeyedOutcome {
  readonly item: string;
  readonly unit: string; // the item, or the group of role replies that it is of: what is one observation
  readonly persona: string;
  readonly trait: string;
  readonly p: number; // of the persona's option; on a scale, how far the expected answer goes to the persona's end
  readonly aligned: number;
  readonly orders: readonly number[]; // aligned, by presented order
  readonly chance: number;
}

export interface Alignment {
  readonly n: number;
  readonly aligned: number;
  readonly chance: number;
  readonly meanP: number;
  readonly byOrder: readonly { readonly order: string; readonly n: number; readonly aligned: number }[];
  readonly ties: number;
}

/**
 * Outcomes keyed to a persona: items of its opposite flip (two options). Every item has exactly one outcome and the
 * other way round; a persona's items are of one trait. Throws `bad-outcomes` otherwise.
 */
export function keyedOutcomes(
  outcomes: readonly Outcome[],
  items: readonly Item[],
  persona: string,
): readonly KeyedOutcome[] {
  const byItem = new Map(outcomes.map((outcome) => [outcome.item, outcome]));
  if (byItem.size !== outcomes.length) throw new BenchError('bad-outcomes', 'an item has two outcomes');
  if (items.length === 0) throw new BenchError('bad-outcomes', `there is no item for persona ${persona}`);
  if (items.length !== outcomes.length) {
    throw new BenchError('bad-outcomes', `${items.length} items have ${outcomes.length} outcomes`, { where: persona });
  }
  return items.map((item): KeyedOutcome => {
    const outcome = byItem.get(item.id);
    const where = `item ${item.id}`;
    if (outcome === undefined) throw new BenchError('bad-outcomes', 'it has no outcome', { where });
    if (item.trait !== items[0]?.trait) {
      throw new BenchError('bad-outcomes', `persona ${persona} is measured on two traits`, { where });
    }
    const target = targetOf(item, persona);
    const byOrder = outcome.orders.map(({ options }) => softmax(options.map((option) => option.score)));
    const averaged = item.options.map((_, option) => mean(byOrder.map((p) => p[option] ?? Number.NaN)));
    const keyed = (share: number) => (flipped(item, persona) ? 1 - share : share);
    const p = keyed(outcome.p);
    if (!Number.isFinite(p) || averaged.some((value) => !Number.isFinite(value))) {
      throw new BenchError('bad-outcomes', 'its probability is not a number', { where });
    }
    return {
      item: item.id,
      unit: item.group ?? item.id,
      persona,
      trait: item.trait,
      p,
      ...(item.scale === true
        ? { aligned: p, orders: outcome.orders.map((order) => keyed(order.p)), chance: 0.5 }
        : {
            aligned: alignedAt(averaged, target),
            orders: byOrder.map((probabilities) => alignedAt(probabilities, target)),
            chance: 1 / item.options.length,
          }),
    };
  });
}

function orderName(k: number, orders: number): string {
  if (k === 0) return 'given';
  return orders === 2 ? 'reversed' : `rotated ${k}`;
}

/** One figure of judged items, of one persona or pooled. */
export function summarise(judged: readonly KeyedOutcome[]): Alignment {
  if (judged.length === 0) throw new BenchError('bad-outcomes', 'there is nothing to summarise');
  const n = judged.length;
  const right = judged.reduce((sum, one) => sum + one.aligned, 0);
  const orders = Math.max(...judged.map((one) => one.orders.length));
  return {
    n,
    aligned: right / n,
    chance: mean(judged.map((one) => one.chance)),
    meanP: mean(judged.map((one) => one.p)),
    byOrder: Array.from({ length: orders }, (_, k) => {
      const values = judged.flatMap((one) => one.orders[k] ?? []);
      return { order: orderName(k, orders), n: values.length, aligned: mean(values) };
    }),
    ties: judged.filter((one) => one.aligned !== 0 && one.aligned !== 1).length,
  };
}

/** Alignment of one persona. */
export function alignment(outcomes: readonly Outcome[], items: readonly Item[], persona: string): Alignment {
  return summarise(keyedOutcomes(outcomes, items, persona));
}
