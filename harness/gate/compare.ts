// Two runs side by side: how far each row moved, with an interval, and which answers turned; rows of one side only are
// named, since what is not compared must be seen.

import type { ItemRow } from '../plan/result.ts';
import type { Comparison, Flip, Given, RowDifference } from '../plan/verdicts.ts';
import { bcaInterval } from '../stats/bca.ts';
import { pairRows, type Unit, unitsOf } from '../stats/units.ts';

const nameOf = ({ method, sparsity }: ItemRow): string => (sparsity === null ? method : `${method} at ${sparsity}`);
const placeOf = ({ item, persona, wording, seed }: ItemRow): string => JSON.stringify([item, persona, wording, seed]);

export function compareRuns(first: readonly ItemRow[], second: readonly ItemRow[]): Comparison {
  const several = [first, second].some((rows) => new Set(rows.map(({ model }) => model)).size > 1);
  const keyOf = (row: ItemRow): string =>
    JSON.stringify([several ? row.model : null, row.evaluation, row.method, row.sparsity]);
  // Items of other traits than the persona's say nothing of how it is held.
  const own = (rows: readonly ItemRow[]) => rows.filter(({ keyed }) => keyed !== 0);
  const [a, b] = [first, second].map((rows) => grouped(own(rows), keyOf)) as [Groups, Groups];
  const only = (side: Groups, other: Groups) =>
    [...side].filter(([key]) => !other.has(key)).map(([, rows]) => nameOf(rows[0]!));
  const found: RowDifference[] = [];
  const flips: Flip[] = [];
  const different: string[] = [];
  for (const [key, now] of b) {
    const was = a.get(key);
    if (was === undefined) continue;
    const units = unitsFor(now, was);
    if (units === null) {
      different.push(nameOf(now[0]!));
      continue;
    }
    const interval = bcaInterval(units);
    const weight = units.reduce((sum, unit) => sum + unit.weight, 0);
    found.push({
      row: nameOf(now[0]!),
      evaluation: now[0]!.evaluation,
      model: now[0]!.model,
      items: units.length,
      difference: units.reduce((sum, unit) => sum + unit.weight * unit.difference, 0) / weight,
      low: interval?.low ?? null,
      high: interval?.high ?? null,
    });
    flips.push(...turned(now, was));
  }
  return { flips, rows: found, onlyFirst: only(a, b), onlySecond: only(b, a), different };
}

type Groups = ReadonlyMap<string, readonly ItemRow[]>;

function grouped(rows: readonly ItemRow[], keyOf: (row: ItemRow) => string): Groups {
  const groups = new Map<string, ItemRow[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, [row]);
    else known.push(row);
  }
  return groups;
}

/** Units of items that both sides hold, with the same content; null where they hold others. */
function unitsFor(now: readonly ItemRow[], was: readonly ItemRow[]): readonly Unit[] | null {
  const content = (row: ItemRow): string => JSON.stringify([row.question, row.options]);
  const before = new Map(was.map((row) => [placeOf(row), content(row)]));
  if (before.size !== now.length || now.some((row) => before.get(placeOf(row)) !== content(row))) return null;
  const outcome = ({ item, group, trait, persona, itemPersona, wording, seed, aligned }: ItemRow) => {
    return { item, group, trait, persona: persona ?? itemPersona, wording, seed, outcome: aligned };
  };
  return unitsOf(pairRows(now.map(outcome), was.map(outcome)));
}

function turned(now: readonly ItemRow[], was: readonly ItemRow[]): readonly Flip[] {
  const before = new Map(was.map((row) => [placeOf(row), row]));
  return now
    .flatMap((row) => {
      const old = before.get(placeOf(row))!;
      return old.aligned === row.aligned ? [] : [{ row, old }];
    })
    .sort((x, y) => x.row.aligned - x.old.aligned - (y.row.aligned - y.old.aligned))
    .map(({ row, old }) => ({
      row: nameOf(row),
      item: row.item,
      persona: row.persona ?? row.itemPersona,
      place: [row.wording, row.seed === null ? null : `seed ${row.seed}`].filter((part) => part !== null).join(', '),
      question: row.question,
      before: givenOf(old),
      after: givenOf(row),
    }));
}

function givenOf({ options, orders, p }: ItemRow): Given {
  const mean = (pick: (order: ItemRow['orders'][number]) => readonly number[]) =>
    options.map((_, k) => orders.reduce((sum, order) => sum + pick(order)[k]!, 0) / orders.length);
  const own = options.findIndex(({ aligned }) => aligned);
  const other = options.findIndex(({ aligned }) => !aligned);
  return { text: options[p >= 0.5 ? own : other]?.text ?? '', p, sums: mean(({ sums }) => sums) };
}
