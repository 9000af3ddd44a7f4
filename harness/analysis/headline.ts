// Which method and sparsity a headline shows, of those that the tuning split has.

import { BenchError } from '../../base/error.ts';

/**
 * The configuration that a headline shows: the greatest alignment, of equal ones the first; null of none. `rows` come from
 * the tuning split: chosen on the items it is shown on, the best of many would be above its controls by chance.
 * Throws `bad-statistics` when an alignment is not a number.
 */
export function headline(
  rows: readonly { readonly method: string; readonly sparsity: string | null; readonly alignment: number }[],
): { readonly method: string; readonly sparsity: string | null } | null {
  const wrong = rows.find(({ alignment }) => !Number.isFinite(alignment));
  if (wrong) throw new BenchError('bad-statistics', 'its alignment is not a number', { where: wrong.method });
  const top = Math.max(...rows.map(({ alignment }) => alignment));
  const best = rows.find(({ alignment }) => alignment === top);
  return best === undefined ? null : { method: best.method, sparsity: best.sparsity };
}
