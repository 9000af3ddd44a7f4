// Every method against each of what it must beat: tables of plain cells.

import type { ComparisonRow, RunResult } from '../harness/record/run-record.ts';
import { entryName, shareText } from './format.ts';
import { places, samePoint } from './rows.ts';
import type { Section } from './sections.ts';
import { comparedName, differenceText, equalLines } from './standing.ts';

/** All paired differences over everything: each comparison of every method, never the best one alone. */
export function comparisonSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = result.comparisons.filter(
      (row) => row.scope === 'pooled' && row.model === model && row.evaluation === evaluation,
    );
    if (rows.length === 0) return [];
    return [
      {
        title: `Compared with: ${model}, evaluation ${evaluation}`,
        head: ['method', 'kind', 'compared with', 'n', 'draws', 'difference [95 %]', ''],
        rows: rows.map((row, k) => [
          k > 0 && samePoint(row, rows[k - 1] as ComparisonRow) ? '' : entryName(row),
          ...[row.kind, comparedName(row), String(row.n), String(row.draws), differenceText(row), verdictText(row)],
        ]),
        below: [
          'Difference in alignment, points, paired by item (its poles averaged); intervals have the variance of draws and seeds in ' +
            'them. A method holds a persona when it is above every row. =: equal on every item by construction, and so one row.',
          ...equalLines(rows),
          ...headlineLine(result, model, evaluation),
        ],
      },
    ];
  });
}

/** The same differences, trait by trait. */
export function traitSections(result: RunResult): readonly Section[] {
  return scopedSections(result, 'trait', ({ trait }) => trait ?? '');
}

/** The same, persona by persona. */
export function personaSections(result: RunResult): readonly Section[] {
  return scopedSections(result, 'persona', ({ persona }) => persona ?? '');
}

function scopedSections(
  result: RunResult,
  scope: 'trait' | 'persona',
  nameOf: (row: ComparisonRow) => string,
): readonly Section[] {
  const rows = result.comparisons.filter((row) => row.scope === scope);
  return places(result).flatMap(([model, evaluation]) => {
    const own = rows.filter((row) => row.model === model && row.evaluation === evaluation);
    if (own.length === 0) return [];
    return [
      {
        title: `Compared by ${scope}: ${model}, evaluation ${evaluation}`,
        head: ['method', 'compared with', scope, 'n', 'difference [95 %]', ''],
        rows: own.map((row) => [
          entryName(row),
          comparedName(row),
          nameOf(row),
          String(row.n),
          differenceText(row),
          verdictText(row),
        ]),
        below: [],
      },
    ];
  });
}

function headlineLine(result: RunResult, model: string, evaluation: string): readonly string[] {
  const found = result.headlines.find((row) => row.model === model && row.evaluation === evaluation);
  if (found === undefined) return [];
  const tuned = result.tuning.find((row) => samePoint(row, found));
  const shown = result.metrics.find((row) => row.scope === 'pooled' && row.wording === null && samePoint(row, found));
  const reached = shown === undefined ? '' : `, and reaches ${shareText(shown.alignment)} on the evaluation split`;
  return [
    `Chosen: ${entryName(found)}, the best of ${found.candidates} on the tuning split (${tuned === undefined ? '–' : shareText(tuned.alignment)})${reached}.`,
  ];
}

function verdictText({ beats }: ComparisonRow): string {
  return beats ? 'above' : 'NOT above';
}
