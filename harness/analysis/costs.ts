// What methods cost: set-up, prompt tokens, bytes, trained parameters.

import { grouped, mean } from '../../base/grouped.ts';
import type { CellResult } from '../plan/cell.ts';
import type { Figures } from '../record/cell-record.ts';
import type { CostRow } from '../record/run-record.ts';

/** One row per method and sparsity, over the cells that were answered on the evaluation split. */
export function costRows(results: readonly CellResult[]): readonly CostRow[] {
  const answered = results.flatMap(({ cell, stored }) =>
    stored === null || cell.split === 'tuning' ? [] : [{ cell, ...stored }],
  );
  const points = grouped(answered, ({ cell: { model, evaluation, method, sparsity } }) =>
    JSON.stringify([model, evaluation.id, method, sparsity]),
  );
  return [...points.values()].map((cells) => {
    const { model, evaluation, method, sparsity } = cells[0].cell;
    const costs = cells.map(({ record }) => record.cost);
    const asked = cells.flatMap(({ outcomes }) => outcomes);
    return {
      model,
      evaluation: evaluation.id,
      method,
      sparsity,
      cells: cells.length,
      setupMs: mean(costs.map(({ setupMs }) => setupMs)),
      addedTokens: asked.length === 0 ? 0 : mean(asked.map(({ addedTokens }) => addedTokens)),
      artefactBytes: mean(costs.map(({ artefactBytes }) => artefactBytes)),
      trainedParameters: Math.max(...costs.map(({ trainedParameters }) => trainedParameters)),
      figures: meanFigures(cells.map(({ record }) => record.figures)),
    };
  });
}

function meanFigures(all: readonly Figures[]): Figures {
  const named = grouped(all.flatMap(Object.entries<number>), ([name]) => name);
  return Object.fromEntries([...named].map(([name, values]) => [name, mean(values.map(([, value]) => value))]));
}
