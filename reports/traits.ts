// Alignment trait by trait, a column each, for a terminal; report.md has every row in full.

import type { MetricRow, RunResult } from '../harness/record/run-record.ts';
import { entryName } from './format.ts';
import type { Section } from './sections.ts';
import { mainRows, pairedRows, places, standing } from './verdict.ts';

/** So many columns of alignment fit next to the names. */
const MOST_TRAITS = 5;

/** One section per model and evaluation with several traits; with one, the first table has said it. */
export function byTraitSections(result: RunResult): readonly Section[] {
  // A null that the harness added says little by trait.
  const compared = new Set(result.comparisons.map(({ control }) => control));
  return places(result).flatMap(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(
      (row) => row.scope === 'trait' && !compared.has(row.method),
    );
    const traits = [...new Set(rows.map(({ trait }) => trait ?? ''))];
    const names = [...new Set(rows.map(entryName))];
    if (traits.length < 2) return [];
    const parts = Math.ceil(traits.length / MOST_TRAITS);
    return Array.from({ length: parts }, (_, part) => {
      const own = traits.slice(part * MOST_TRAITS, (part + 1) * MOST_TRAITS);
      return {
        title: `By trait: ${model}, evaluation ${evaluation}${parts === 1 ? '' : ` (${part + 1} of ${parts})`}`,
        head: ['method', ...own],
        rows: names.map((name) => [
          name,
          ...own.map((trait) =>
            cellText(
              result,
              rows.find((row) => row.trait === trait && entryName(row) === name),
            ),
          ),
        ]),
        below:
          part < parts - 1
            ? []
            : [
                '*: above every control: by a paired test where the method has controls of its own, otherwise by separate intervals, answerers without a model included.',
              ],
      };
    });
  });
}

/** "92 [65, 98]*" */
function cellText(result: RunResult, row: MetricRow | undefined): string {
  if (row === undefined) return '–';
  const { value, low, high } = row.alignment;
  const [at, ...bounds] = [value, low, high].flatMap((share) => (share === null ? [] : (100 * share).toFixed(0)));
  return `${at}${bounds.length === 0 ? '' : ` [${bounds.join(', ')}]`}${isAbove(result, row) ? '*' : ''}`;
}

/** By pairs where it has controls of its own, as in the verdict. */
function isAbove(result: RunResult, row: MetricRow): boolean {
  if (row.control) return false;
  const paired = pairedRows(result, row);
  return paired.length > 0 ? paired.every(({ beats }) => beats) : standing(result, row).notAbove === null;
}
