// Cells by what a row of a report stands for: a method at one sparsity, of one model and evaluation.

import { grouped } from '../../base/grouped.ts';
import type { Suite } from '../config/resolved.ts';
import type { AnsweredPoint } from '../method/evaluation-kind.ts';
import type { Answered } from './metrics.ts';

/** Those of one evaluation (its id), in the order of the cells; the tuning split is left out. */
export function pointsOf(suite: Suite, all: readonly Answered[], evaluation: string): readonly AnsweredPoint[] {
  const answered = all.filter(({ cell }) => cell.evaluation.id === evaluation && cell.split === 'evaluation');
  const groups = grouped(answered, ({ cell: { model, method, sparsity } }) =>
    JSON.stringify([model, method, sparsity]),
  );
  return [...groups.values()].map((cells) => {
    const { model, method, sparsity } = cells[0].cell;
    const control = suite.methods.find(({ id }) => id === method)?.control ?? false;
    const [first, ...others] = cells;
    const answeredCell = ({ cell: { persona, items }, outcomes }: Answered) => ({ persona, items, outcomes });
    return {
      of: { model, evaluation, method, control, sparsity },
      cells: [answeredCell(first), ...others.map(answeredCell)],
    };
  });
}
