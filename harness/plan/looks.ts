// The looks of a gate: a gated row asks some items of each trait first and more of them where they decide nothing, each look
// in cells of its own. Every other row asks what all rows of the first look are asked.

import { BenchError } from '../../base/error.ts';
import { failOn, type Issue } from '../config/diagnostics.ts';
import type { Evaluation, MethodEntry, Suite } from '../config/resolved.ts';
import { originOf } from '../config/yaml.ts';
import type { Item } from '../datasets/types.ts';
import type { Cell } from './cell.ts';

/** Items of one look: those after the first `from` of each trait, up to the first `to`. */
export interface Look {
  readonly look: number; // from 1
  readonly from: number;
  readonly to: number; // Infinity: all that there are
}

/** The looks of a suite; one at all items where its gate names none. */
export function looksOf({ gate }: Pick<Suite, 'gate'>): readonly [Look, ...Look[]] {
  const ends = gate?.looks ?? [];
  const [first = Number.POSITIVE_INFINITY, ...others] = ends;
  return [{ look: 1, from: 0, to: first }, ...others.map((to, k) => ({ look: k + 2, from: ends[k]!, to }))];
}

/** How many looks the rows of an entry have: one, unless the gate's alignment rule names it. */
export function looksOfEntry(suite: Pick<Suite, 'gate'>, { id }: Pick<MethodEntry, 'id'>): number {
  return suite.gate?.rows.includes(id) === true ? looksOf(suite).length : 1;
}

/** The items of one look, by trait and in their order. */
export function itemsOfLook(
  byTrait: ReadonlyMap<string, readonly Item[]>,
  { from, to }: Look,
): ReadonlyMap<string, readonly Item[]> {
  if (from === 0 && to === Number.POSITIVE_INFINITY) return byTrait;
  return new Map([...byTrait].map(([trait, items]) => [trait, items.slice(from, to)]));
}

/** Throws `bad-suite`, at the look, where an evaluation has fewer items of a trait. `itemsOf`: of an evaluation, by trait. */
export function requireLookItems(
  { file, gate, evaluations, located }: Suite,
  itemsOf: (evaluation: Evaluation) => ReadonlyMap<string, readonly Item[]>,
): void {
  const last = gate?.looks?.at(-1);
  if (gate === null || last === undefined) return;
  const few = evaluations.flatMap((evaluation) =>
    [...itemsOf(evaluation)].flatMap(([trait, items]) =>
      items.length >= last ? [] : [{ id: evaluation.id, trait, items: items.length }],
    ),
  );
  const least = few.sort((a, b) => a.items - b.items)[0];
  if (least === undefined) return;
  const message = `the last look asks ${last} items of each trait, and evaluation ${least.id} has ${least.items} of ${least.trait}`;
  const hint = `let the last look be at most ${least.items}, or give the evaluation more items (items-per-trait, and the items files of the personas)`;
  if (located === undefined) throw new BenchError('bad-suite', message, { where: file, hint });
  const issue: Issue = { place: originOf(located, `gate/looks/${(gate.looks?.length ?? 1) - 1}`).value, message, hint };
  failOn([issue], 'bad-suite', hint);
}

type Point = Pick<
  Cell,
  'model' | 'evaluation' | 'method' | 'persona' | 'network' | 'split' | 'wording' | 'sparsity' | 'seed'
>;

/** The same for the cells of one point of the plan, whatever look they are of. */
export function pointKeyOf(cell: Point): string {
  const { model, evaluation, method, persona, network, split, wording, sparsity, seed } = cell;
  return JSON.stringify([model, evaluation.id, method, persona, network, split, wording, sparsity, seed]);
}
