// What of a run that was stopped can be reported: methods of which every planned cell is answered. Half a method would be
// compared on other items than the rest.

import type { Cell, CellResult } from '../plan/cell.ts';
import type { PartialRun } from '../record/partial.ts';

/** Cells of one row of the report: a method at one sparsity, on one model and evaluation. */
const rowOf = ({ model, evaluation, method, sparsity }: Cell): string =>
  JSON.stringify([model, evaluation.id, method, sparsity]);

/** The results of finished rows, in their order, and the record of what is left out. */
export function finishedOf(
  plan: readonly Cell[],
  results: readonly CellResult[],
): { readonly results: readonly CellResult[]; readonly partial: PartialRun } {
  const reached = new Set(results.map(({ cell }) => cell));
  const rows = new Map<string, { readonly first: Cell; cells: number; reached: number }>();
  for (const cell of plan) {
    const row = rows.get(rowOf(cell)) ?? { first: cell, cells: 0, reached: 0 };
    row.cells++;
    if (reached.has(cell)) row.reached++;
    rows.set(rowOf(cell), row);
  }
  const isFinished = (cell: Cell): boolean => {
    const row = rows.get(rowOf(cell));
    return row !== undefined && row.reached === row.cells;
  };
  const unfinished = [...rows.values()].filter((row) => row.reached < row.cells);
  return {
    results: results.filter(({ cell }) => isFinished(cell)),
    partial: {
      cells: plan.length,
      reached: reached.size,
      unfinished: unfinished.map(({ first: { model, evaluation, method, sparsity }, cells, reached }) => ({
        ...{ model, evaluation: evaluation.id, method, sparsity, cells, reached },
      })),
    },
  };
}
