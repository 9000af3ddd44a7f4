// Cells with outcomes made by hand: two traits with two poles each, and answers given by a function of item and cell.

import type { Answered } from '../../../harness/analysis/metrics.ts';
import type { Persona } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import type { Outcome } from '../../../harness/method/outcome.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { evaluation, item } from '../score/fakes.ts';

const persona = (id: string, trait: string, opposite: string): Persona => ({
  id,
  trait,
  pole: id === trait ? 'high' : 'low',
  opposite,
  description: '',
  prompts: {},
  items: [],
  calibration: [],
  knowledge: [],
});

export const PERSONAS: readonly Persona[] = [
  persona('bold', 'bold', 'shy'),
  persona('shy', 'bold', 'bold'),
  persona('calm', 'calm', 'tense'),
  persona('tense', 'calm', 'calm'),
];

/** `n` items of each trait, keyed to its poles in turn. */
export function itemsOf(n: number): readonly Item[] {
  return [
    ['bold', 'shy'],
    ['calm', 'tense'],
  ].flatMap(([high = '', low = '']) =>
    Array.from({ length: n }, (_, k) =>
      item(`${high}-${k}`, ['yes', 'no'], {
        trait: high,
        persona: k % 2 === 0 ? high : low,
        keying: k % 2 === 0 ? '+' : '-',
      }),
    ),
  );
}

/** Probability of the item's matching option -> an outcome in one order. */
export function outcome(id: string, p: number): Outcome {
  const options = [p, 1 - p].map((value) => {
    const score = Math.log(value);
    return { sum: score, tokens: 1, bytes: 1, greedy: false, score };
  });
  return { item: id, orders: [{ order: [0, 1], options, p }], p, promptTokens: 9, addedTokens: 0 };
}

/** A cell over those of `items` that its persona is asked. */
export function cellOf(items: readonly Item[], more: Partial<Cell> & Pick<Cell, 'method'>): Cell {
  const trait = PERSONAS.find(({ id }) => id === more.persona)?.trait;
  return {
    id: '0'.repeat(64),
    inputs: {},
    model: 'tiny',
    evaluation: evaluation({ orders: 'given' }),
    persona: null,
    network: more.persona ?? null,
    split: 'evaluation',
    look: 1,
    wording: null,
    sparsity: null,
    seed: null,
    items: items.filter((one) => trait === undefined || one.trait === trait),
    ...more,
  };
}

/** Every item answered: `aligned` says whether as the cell's persona would (without one, as the item's own). */
export function answer(cell: Cell, aligned: (item: Item, index: number) => boolean | 'tie'): Answered {
  const outcomes = cell.items.map((one, k) => {
    const said = aligned(one, k);
    if (said === 'tie') return outcome(one.id, 0.5);
    const own = cell.persona === null || cell.persona === one.persona;
    return outcome(one.id, said === own ? 0.9 : 0.1);
  });
  return { cell, outcomes };
}
