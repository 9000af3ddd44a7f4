// The kept columns of each block of rows, as a sparse matrix stores them.

import type { Numbers } from './common/numbers.ts';

/**
 * w: [N, K]; keep: columns by block of `blockRows` rows -> [entries, blockRows]: for each kept column, block by block,
 * its weights in the rows of the block; 0 in rows beyond N.
 */
export function gatherColumns(
  w: Numbers,
  k: number,
  keep: readonly (readonly number[] | Uint32Array)[],
  blockRows: number,
): Float64Array {
  const n = w.length / k;
  const entries = keep.flatMap((columns, block) => Array.from(columns, (column) => ({ block, column })));
  const out = new Float64Array(entries.length * blockRows);
  entries.forEach(({ block, column }, entry) => {
    for (let i = 0; i < blockRows; i++) {
      const row = block * blockRows + i;
      out[entry * blockRows + i] = row < n ? w[row * k + column]! : 0;
    }
  });
  return out;
}
