// What cells and answerers say, as pairs of an item and a persona: one figure each over wordings, kept apart by seed.

import { grouped, mean } from '../../base/grouped.ts';
import type { Persona } from '../config/resolved.ts';
import { keyedFor } from '../method/keying.ts';
import type { Cell } from '../plan/cell.ts';
import { type Answered, judgeFor } from './metrics.ts';

/** Alignment on one item under one persona. */
export interface Pair {
  readonly unit: string; // what is one observation: the item, or its group of role replies
  readonly persona: string;
  readonly trait: string;
  readonly aligned: number;
}

/** [item, persona] as JSON -> pair. */
export type Pairs = ReadonlyMap<string, Pair>;

/** One side of a comparison: a method, a control, or an answerer without a model. */
export interface Side {
  readonly repeats: readonly Pairs[]; // one per seed or draw
  readonly planned: ReadonlyMap<string, string>; // key of every pair that it should have -> its persona
  readonly failed: readonly (string | null)[]; // personas of its cells without outcomes; null: a cell of all
}

export const pairKey = (item: string, persona: string): string => JSON.stringify([item, persona]);

/** Not the cell's id: two entries with equal inputs share it. */
const cellKeyOf = ({ model, evaluation, method, sparsity, persona, wording, seed, split }: Cell): string =>
  JSON.stringify([model, evaluation.id, method, sparsity, persona, wording, seed, split]);

/** Reads sides off a run's outcomes; the pairs of a cell are computed once. `personas`: those that something was asked of. */
export class Sides {
  readonly #personas: readonly Persona[];
  readonly #answered: ReadonlyMap<string, Answered>;
  readonly #known = new Map<Cell, Pairs>();

  constructor(personas: readonly Persona[], answered: readonly Answered[]) {
    this.#personas = personas;
    this.#answered = new Map(answered.map((one) => [cellKeyOf(one.cell), one]));
  }

  /** Planned cells of one entry, as one side. */
  of(cells: readonly Cell[]): Side {
    const seeds = [...grouped(cells, ({ seed }) => seed).values()];
    return {
      repeats: seeds.map((own) => averaged(own.map((cell) => this.#pairs(cell)))).filter(({ size }) => size > 0),
      planned: new Map(cells.flatMap((cell) => [...this.#planned(cell)])),
      failed: cells.filter((cell) => !this.#answered.has(cellKeyOf(cell))).map(({ persona }) => persona),
    };
  }

  #planned({ items, persona: stated }: Cell): readonly (readonly [string, string])[] {
    return items.flatMap((item) =>
      keyedFor(item, stated, this.#personas).map(({ persona }) => [pairKey(item.id, persona.id), persona.id] as const),
    );
  }

  #pairs(cell: Cell): Pairs {
    const known = this.#known.get(cell);
    if (known !== undefined) return known;
    const answered = this.#answered.get(cellKeyOf(cell));
    const own = this.#personas.filter(({ id }) => cell.persona === null || cell.persona === id);
    const judged = answered === undefined ? [] : own.flatMap((persona) => judgeFor(persona, answered));
    const pairs = new Map(
      judged.map(({ item, unit, persona, trait, aligned }) => [
        pairKey(item, persona),
        { unit, persona, trait, aligned },
      ]),
    );
    this.#known.set(cell, pairs);
    return pairs;
  }
}

/** Repeats of the same pairs become one figure each. */
function averaged(repeats: readonly Pairs[]): Pairs {
  if (repeats.length === 1 && repeats[0] !== undefined) return repeats[0];
  const together = grouped(
    repeats.flatMap((pairs) => [...pairs]),
    ([key]) => key,
  );
  return new Map(
    [...together].map(([key, same]) => {
      const first = same[0][1];
      return [key, { ...first, aligned: mean(same.map(([, { aligned }]) => aligned)) }];
    }),
  );
}
