// Which methods the tuning split chooses.

import { grouped } from '../../base/grouped.ts';
import type { Persona } from '../config/resolved.ts';
import type { Cell } from '../plan/cell.ts';
import type { HeadlineRow, TuningRow } from '../record/run-record.ts';
import { headline } from './headline.ts';
import { type Answered, judgedBy, judgeFor, shareOptions } from './metrics.ts';
import { shareOf } from './shares.ts';

const pointOf = ({ model, evaluation, method, sparsity }: Cell) => ({
  model,
  evaluation: evaluation.id,
  method,
  sparsity,
});
const pointKeyOf = (cell: Cell) => JSON.stringify(pointOf(cell));

/** Pooled alignment on the tuning split. */
export function tuningRows(personas: readonly Persona[], answered: readonly Answered[]): readonly TuningRow[] {
  const tuning = answered.filter(({ cell }) => cell.split === 'tuning');
  return [...grouped(tuning, ({ cell }) => pointKeyOf(cell)).values()].flatMap((cells) => {
    const judged = cells.flatMap((one) =>
      personas
        .filter(({ id }) => one.cell.persona === null || one.cell.persona === id)
        .flatMap((persona) => judgeFor(persona, one)),
    );
    if (judged.length === 0) return [];
    const alignment = shareOf(
      judgedBy(judged, ({ aligned }) => aligned),
      shareOptions(cells),
    );
    return [{ ...pointOf(cells[0].cell), alignment }];
  });
}

/** The choice per model and evaluation, where there is one to make. */
export function headlineRows(rows: readonly TuningRow[]): readonly HeadlineRow[] {
  return [...grouped(rows, ({ model, evaluation }) => JSON.stringify([model, evaluation])).values()].flatMap((own) => {
    const best = headline(
      own.map(({ method, sparsity, alignment }) => ({ method, sparsity, alignment: alignment.value })),
    );
    const { model, evaluation } = own[0];
    return best === null || own.length < 2 ? [] : [{ model, evaluation, ...best, candidates: own.length }];
  });
}
