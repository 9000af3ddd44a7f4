// Alignment trait by trait, a column each, for a terminal; report.md has every row in full.

import type { MetricRow, RunResult } from '../harness/record/run-record.ts';
import { entryName } from './format.ts';
import { isMaskControl, mainRows, places } from './rows.ts';
import type { Section } from './sections.ts';
import { isHeld } from './standing.ts';

/** So many columns of alignment fit next to the names. */
const MOST_TRAITS = 5;

/** One section per model and evaluation with several traits; with one, the first table has said it. */
export function byTraitSections(result: RunResult): readonly Section[] {
  return places(result).flatMap(([model, evaluation]) => {
    const rows = mainRows(result, model, evaluation).filter(
      (row) => row.scope === 'trait' && !isMaskControl(result, row),
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
            : ['*: held on this trait: above none, every control and every answerer without a model, paired by item.'],
      };
    });
  });
}

/** "92 [65, 98]*" */
function cellText(result: RunResult, row: MetricRow | undefined): string {
  if (row === undefined) return '–';
  const { value, low, high } = row.alignment;
  const text = (share: number) => (100 * share).toFixed(0);
  const interval = low === null || high === null ? '' : ` [${text(low)}, ${text(high)}]`;
  return `${text(value)}${interval}${isHeld(result, row) ? '*' : ''}`;
}
