// What methods do to the network besides alignment: perplexity on neutral text; and which of them the tuning split chooses.

import { grouped } from '../../base/grouped.ts';
import type { Persona } from '../config/resolved.ts';
import type { Cell, CellResult } from '../plan/cell.ts';
import type { HeadlineRow, PerplexityRow, TuningRow } from '../record/run-record.ts';
import { headline } from './comparisons.ts';
import { type Answered, judgedBy, judgeFor, shareOptions } from './metrics.ts';
import { shareOf } from './shares.ts';

const pointOf = ({ model, evaluation, method, sparsity }: Cell) => ({
  model,
  evaluation: evaluation.id,
  method,
  sparsity,
});
const pointKeyOf = (cell: Cell) => JSON.stringify(pointOf(cell));

/** One row per method and sparsity whose networks read the neutral texts; `dense`: the entry without changes to the network. */
export function perplexityRows(results: readonly CellResult[], dense: string | null): readonly PerplexityRow[] {
  const read = results.flatMap(({ cell, stored }) => {
    const neutral = stored?.record.neutral ?? null;
    return neutral === null || neutral.tokens === 0 || cell.split === 'tuning' ? [] : [{ cell, ...neutral }];
  });
  const perplexity = (cells: readonly { readonly nll: number; readonly tokens: number }[]) =>
    Math.exp(cells.reduce((sum, { nll }) => sum + nll, 0) / cells.reduce((sum, { tokens }) => sum + tokens, 0));
  const base = new Map(
    [
      ...grouped(
        read.filter(({ cell }) => cell.method === dense),
        ({ cell }) => cell.model,
      ),
    ].map(([model, cells]) => [model, perplexity(cells)]),
  );
  return [...grouped(read, ({ cell }) => pointKeyOf(cell)).values()].map((cells) => {
    const [{ cell, tokens }] = cells;
    const value = perplexity(cells);
    const whole = base.get(cell.model);
    return {
      ...pointOf(cell),
      tokens,
      networks: cells.length,
      perplexity: value,
      relative: whole === undefined ? null : value / whole,
    };
  });
}

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
