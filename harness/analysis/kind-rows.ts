// What the kinds of evaluation add to a run's record besides alignment: rows of figures, and their tables.

import { short } from '../../base/figures.ts';
import { grouped } from '../../base/grouped.ts';
import type { Suite } from '../config/resolved.ts';
import { type EvaluationRegistry, kindOf, type ShownRows } from '../method/evaluation-kind.ts';
import type { EvaluationRow, EvaluationSection } from '../record/evaluation-rows.ts';
import { entryName } from '../record/row-name.ts';
import type { MetricRow } from '../record/run-record.ts';
import { pointsOf } from './groups.ts';
import type { Answered } from './metrics.ts';

/** In the order of the suite's evaluations; none of a kind without figures of its own. */
export function kindRows(suite: Suite, kinds: EvaluationRegistry, all: readonly Answered[]): readonly EvaluationRow[] {
  return suite.evaluations.flatMap((evaluation) => {
    const kind = kindOf(kinds, evaluation);
    return kind.rows?.(evaluation, pointsOf(suite, all, evaluation.id)) ?? [];
  });
}

/** The tables of these rows, model by model: the kind's own, or a plain one of every figure. */
export function kindSections(
  suite: Suite,
  kinds: EvaluationRegistry,
  rows: readonly EvaluationRow[],
  metrics: readonly MetricRow[],
): readonly EvaluationSection[] {
  const added = new Set(suite.methods.flatMap(({ against = [] }) => against.map(({ id }) => id)));
  return suite.models.flatMap(({ id: model }) =>
    suite.evaluations.flatMap((evaluation) => {
      const here = <T extends { readonly model: string; readonly evaluation: string }>(all: readonly T[]) =>
        all.filter((row) => row.model === model && row.evaluation === evaluation.id);
      const own = here(rows);
      if (own.length === 0) return [];
      const shown = { model, evaluation: evaluation.id, rows: own, metrics: pooled(here(metrics)), added };
      return kindOf(kinds, evaluation).sections?.(shown) ?? [plainSection(shown)];
    }),
  );
}

/** One row of each method and sparsity: over all wordings, or of the one that there is. */
function pooled(metrics: readonly MetricRow[]): readonly MetricRow[] {
  const groups = grouped(
    metrics.filter(({ scope }) => scope === 'pooled'),
    entryName,
  );
  return [...groups.values()].map((own) => own.find(({ wording }) => wording === null) ?? own[0]);
}

/** Every figure of every row, by its name. */
function plainSection({ model, evaluation, rows }: ShownRows): EvaluationSection {
  const names = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  const text = (value: number | null | undefined): string =>
    value === null || value === undefined ? '–' : `${value < 0 ? '-' : ''}${short(Math.abs(value))}`;
  const scaled = rows.some(({ scale }) => scale !== null);
  return {
    title: `Figures: ${model}, evaluation ${evaluation}`,
    detail: false,
    head: ['method', 'persona', 'trait', 'n', ...(scaled ? ['mean answer'] : []), ...names],
    rows: rows.map((row) => [
      entryName(row),
      row.persona ?? '–',
      row.trait ?? 'all',
      String(row.n),
      ...(scaled ? [text(row.scale?.mean)] : []),
      ...names.map((name) => text(row.figures[name])),
    ]),
    below: [],
  };
}
