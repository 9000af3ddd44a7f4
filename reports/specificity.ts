// What a method moves besides its persona's own trait: one line a method, and the whole matrix of personas by traits.

import type { Estimate, RunResult, SpecificityRow } from '../harness/record/run-record.ts';
import { entryName, percent } from './format.ts';
import { places } from './rows.ts';
import type { Section } from './sections.ts';

export function specificitySections(result: RunResult): readonly Section[] {
  return specific(result).map(({ place, rows }) => ({
    title: `Specificity: ${place}`,
    head: ['method', 'own trait', 'others', 'own - others [95 %]', 'desirable', ''],
    rows: rows.map((row) => [
      nameOf(row),
      signed(row.target.value),
      percent(row.others),
      estimateText(row.difference),
      row.desirable === null ? '–' : estimateText(row.desirable),
      row.answerer ? 'no model' : row.specific ? 'specific' : 'NOT specific',
    ]),
    below: [
      'Shift of the answers, in points, from those without a persona. Own trait: toward the pole of the persona; ' +
        'others: mean absolute shift on the other traits; desirable: on those, toward the socially desirable pole. ' +
        '"desirable" answers so for every persona.',
    ],
  }));
}

/** Persona by trait: shifts toward the high pole of each trait. */
export function matrixSections(result: RunResult): readonly Section[] {
  return specific(result).flatMap(({ place, rows }) =>
    rows.map((row) => {
      const traits = [...new Set(row.shifts.map(({ trait }) => trait))];
      return {
        title: `Shifts by persona and trait: ${nameOf(row)}, ${place}`,
        head: ['persona', ...traits],
        rows: [...new Set(row.shifts.map(({ persona }) => persona))].map((persona) => [
          persona,
          ...traits.map((trait) => {
            const found = row.shifts.find((one) => one.persona === persona && one.trait === trait);
            return found === undefined ? '–' : signed(found.shift);
          }),
        ]),
        below: [
          'Shift toward the high pole of the trait in the column, in points, from the answers without a persona.',
        ],
      };
    }),
  );
}

interface SpecificityTable {
  readonly place: string;
  readonly rows: readonly SpecificityRow[];
}

function specific(result: RunResult): readonly SpecificityTable[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = result.specificities.filter((row) => row.model === model && row.evaluation === evaluation);
    return rows.length === 0 ? [] : [{ place: `${model}, evaluation ${evaluation}`, rows }];
  });
}

/** An answerer stands in quotes, as everywhere. */
function nameOf(row: SpecificityRow): string {
  return row.answerer ? `"${row.method}"` : entryName(row);
}

function signed(value: number): string {
  return `${value > 0 ? '+' : ''}${percent(value)}`;
}

function estimateText({ value, low, high }: Estimate): string {
  return `${signed(value)} [${percent(low)}, ${percent(high)}]`;
}
