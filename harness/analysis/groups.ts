// Cells of one kind of evaluation by what a row of a report stands for: a method at one sparsity, of one model and evaluation.

import { grouped } from '../../base/grouped.ts';
import type { Evaluation, Suite } from '../config/resolved.ts';
import type { Answered } from './metrics.ts';

export interface Point {
  readonly of: {
    readonly model: string;
    readonly evaluation: string;
    readonly method: string;
    readonly control: boolean;
    readonly sparsity: string | null;
  };
  readonly cells: readonly [Answered, ...Answered[]];
}

/** In the order of the cells; the tuning part is left out. */
export function pointsOf(suite: Suite, all: readonly Answered[], kind: Evaluation['kind']): readonly Point[] {
  const answered = all.filter(({ cell }) => cell.evaluation.kind === kind && cell.part === 'evaluation');
  const groups = grouped(answered, ({ cell: { model, evaluation, method, sparsity } }) =>
    JSON.stringify([model, evaluation.id, method, sparsity]),
  );
  return [...groups.values()].map((cells) => {
    const { model, evaluation, method, sparsity } = cells[0].cell;
    const control = suite.methods.find(({ id }) => id === method)?.control ?? false;
    return { of: { model, evaluation: evaluation.id, method, control, sparsity }, cells };
  });
}
