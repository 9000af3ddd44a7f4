// Results of cells over the looks of a gate, joined: what comes after sees one cell for each point of the plan, with the items
// of all its looks.

import { grouped } from '../../base/grouped.ts';
import type { Counters } from '../../gpu/index.ts';
import type { Cell, CellResult, StoredCell } from '../plan/cell.ts';
import { pointKeyOf } from '../plan/looks.ts';
import type { LookRow } from '../record/looks.ts';
import { entryName } from '../record/row-name.ts';

/** One cell for each point, in the order of their first looks. */
export function joinedCells(cells: readonly Cell[]): readonly Cell[] {
  return [...grouped(cells, pointKeyOf).values()].map(joinedCell);
}

function joinedCell(looks: readonly [Cell, ...Cell[]]): Cell {
  const [first] = looks;
  return looks.length === 1 ? first : { ...first, items: looks.flatMap(({ items }) => items) };
}

/**
 * One result for each point of `plan` that has any: answered where all its looks are, else with the failure of the first that
 * has one. `cells`: of `joinedCells`.
 */
export function joinedResults(plan: readonly Cell[], results: readonly CellResult[]): readonly CellResult[] {
  const planned = grouped(plan, pointKeyOf);
  return [...grouped(results, ({ cell }) => pointKeyOf(cell))].map(([key, looks]) => {
    const cells = planned.get(key) ?? [looks[0].cell];
    if (cells.length === 1) return looks[0];
    const [first] = looks;
    const stored = looks.flatMap((one) => (one.stored === null ? [] : [one.stored]));
    const failed = looks.find(({ error }) => error !== null);
    return {
      ...(failed ?? first),
      key: first.key,
      cell: joinedCell(cells as readonly [Cell, ...Cell[]]),
      stored: stored.length < cells.length ? null : joinedStored(stored as [StoredCell, ...StoredCell[]]),
    };
  });
}

function joinedStored(looks: readonly [StoredCell, ...StoredCell[]]): StoredCell {
  const [first, ...others] = looks;
  const counters = others.reduce((sum, { record }) => added(sum, record.counters), first.record.counters);
  const scoringMs = looks.reduce((sum, { record }) => sum + record.scoringMs, 0);
  return {
    record: { ...first.record, counters, scoringMs },
    outcomes: looks.flatMap(({ outcomes }) => outcomes),
    computedAt:
      looks
        .map(({ computedAt }) => computedAt)
        .sort()
        .at(-1) ?? first.computedAt,
  };
}

/** Sums, but for the memory: its peak is that of the larger. */
function added(a: Counters, b: Counters): Counters {
  const names = Object.keys(a) as (keyof Counters)[];
  const sums = names.map((name) => [name, name === 'peakBytes' ? Math.max(a[name], b[name]) : a[name] + b[name]]);
  return Object.fromEntries(sums) as unknown as Counters;
}

/** A row of each gated method with more than one look. `plan`: of all looks; `asked`: without those that the gate spared. */
export function lookRows(plan: readonly Cell[], asked: ReadonlySet<Cell>): readonly LookRow[] {
  const rows = grouped(
    plan.filter(({ split }) => split === 'evaluation'),
    ({ model, evaluation, method, sparsity }) => JSON.stringify([model, evaluation.id, method, sparsity]),
  );
  return [...rows.values()].flatMap((cells): readonly LookRow[] => {
    const of = Math.max(...cells.map(({ look }) => look));
    if (of === 1) return [];
    const own = cells.filter((cell) => asked.has(cell));
    const { model, evaluation, method, sparsity } = cells[0];
    const items = (some: readonly Cell[]) => new Set(some.flatMap((cell) => cell.items.map(({ id }) => id))).size;
    const looks = Math.max(...own.map(({ look }) => look));
    const counts = { looks, of, items: items(own), planned: items(cells) };
    return [{ model, evaluation: evaluation.id, method, sparsity, ...counts }];
  });
}

/** What a reader should know of rows that were asked fewer items than planned. */
export function lookNotes(rows: readonly LookRow[]): readonly string[] {
  const models = new Set(rows.map(({ model }) => model)).size > 1;
  const evaluations = new Set(rows.map(({ evaluation }) => evaluation)).size > 1;
  return rows
    .filter(({ items, planned }) => items < planned)
    .map((row) => {
      const { model, evaluation, looks, of, items, planned } = row;
      const name = [entryName(row), ...(evaluations ? [evaluation] : []), ...(models ? [model] : [])].join(', ');
      return `${name} was asked ${items} of its ${planned} items (look ${looks} of ${of}): the gate needs no more of it.`;
    });
}
