// What subnetworks reach against each of their controls, and what they do to the network: tables of plain cells.

import type { ComparisonRow, RunResult } from '../harness/record/run-record.ts';
import { entryName, percent, shareText, short } from './format.ts';
import type { Section } from './sections.ts';
import { places, samePoint } from './verdict.ts';

/** All paired differences, pooled: every control of every method, never the best one alone. */
export function comparisonSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const here = result.verdicts.filter(
      (row) => row.model === model && row.evaluation === evaluation && row.scope === 'pooled',
    );
    if (here.length === 0) return [];
    const rows = here.flatMap((verdict) =>
      result.comparisons
        .filter((row) => row.scope === 'pooled' && samePoint(row, verdict))
        .map((row, k) => [
          k === 0 ? entryName(row) : '',
          row.kind,
          row.control,
          String(row.draws),
          differenceText(row),
          verdictText(row),
        ]),
    );
    return [
      {
        title: `Against controls: ${model}, evaluation ${evaluation}`,
        head: ['method', 'control', 'entry', 'seeds', 'difference [95 %]', ''],
        rows,
        below: [
          'Difference in alignment, percentage points, paired by item (its poles averaged); intervals include the spread of random masks.',
          ...headlineLine(result, model, evaluation),
        ],
      },
    ];
  });
}

/** The same differences, trait by trait. */
export function traitSections(result: RunResult): readonly Section[] {
  const rows = result.comparisons.filter(({ scope }) => scope === 'trait');
  return places(result).flatMap(([model, evaluation]) => {
    const own = rows.filter((row) => row.model === model && row.evaluation === evaluation);
    if (own.length === 0) return [];
    return [
      {
        title: `Against controls by trait: ${model}, evaluation ${evaluation}`,
        head: ['method', 'control', 'trait', 'n', 'difference [95 %]', ''],
        rows: own.map((row) => [
          entryName(row),
          row.control,
          row.trait ?? '',
          String(row.n),
          differenceText(row),
          verdictText(row),
        ]),
        below: [],
      },
    ];
  });
}

/** Perplexity on neutral text and agreement with the dense network's answers: a broken network is no persona. */
export function taxSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = result.perplexities.filter((row) => row.model === model && row.evaluation === evaluation);
    if (rows.length < 2) return [];
    return [
      {
        title: `Capability: ${model}, evaluation ${evaluation}`,
        head: ['method', 'perplexity', 'same answer as the dense [95 %]'],
        rows: rows.map((row) => {
          const agreement = result.agreements.find((one) => samePoint(one, row));
          return [entryName(row), short(row.perplexity), agreement === undefined ? '–' : shareText(agreement)];
        }),
        below: [`Perplexity over ${rows[0]?.tokens ?? 0} tokens of neutral text that no method was calibrated on.`],
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
    `Headline: ${entryName(found)}, the best of ${found.candidates} on the tuning split (${tuned === undefined ? '–' : shareText(tuned.alignment)})${reached}.`,
  ];
}

function differenceText({ difference, low, high }: ComparisonRow): string {
  const signed = (value: number) => `${value > 0 ? '+' : ''}${percent(value)}`;
  return `${signed(difference)} [${signed(low)}, ${signed(high)}]`;
}

function verdictText({ beats }: ComparisonRow): string {
  return beats ? 'above' : 'NOT above';
}
