// Masks that a contrast decides only in part: where Eq. 8 gives no channel of a row a score, Wanda's score fills the row up.

import { percent } from '../../base/figures.ts';
import { grouped } from '../../base/grouped.ts';
import { listed } from '../../base/words.ts';
import type { Suite } from '../config/resolved.ts';
import type { CellResult } from '../plan/cell.ts';
import { entryName } from '../record/row-name.ts';

/** Share of kept weights without a score of their own, above which a mask is no longer that of its score. */
export const MOST_FILLED = 0.2;

/** A line for each method and sparsity with such masks: the personas, and their shares. Controls are left out. */
export function filledNotes({ methods }: Suite, results: readonly CellResult[]): readonly string[] {
  const masks = new Set(
    methods.flatMap(({ id, method, control }) => (method === 'subnetwork' && !control ? [id] : [])),
  );
  const filled = results.flatMap(({ cell, stored }) => {
    const share = masks.has(cell.method) ? (stored?.record.figures.filled ?? 0) : 0;
    return share > MOST_FILLED ? [{ cell, share }] : [];
  });
  const rows = grouped(filled, ({ cell: { model, method, sparsity } }) => JSON.stringify([model, method, sparsity]));
  return [...rows.values()].map((own) => {
    const { model, method, sparsity } = own[0].cell;
    const byPersona = [...grouped(own, ({ cell }) => cell.persona ?? 'all personas')].map(([persona, cells]) => {
      return `${percent(Math.max(...cells.map(({ share }) => share)))} % of ${persona}`;
    });
    return `${entryName({ method, sparsity })} of ${model}: Wanda's score fills the masks where the contrast ranks nothing: ${listed(byPersona)} (more than ${percent(MOST_FILLED)} % of the kept weights). These masks say little about the contrast.`;
  });
}
