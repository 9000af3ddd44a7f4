// Which columns each tile of rows keeps, and whether running over these alone pays.

import { TILE_ROWS } from '../../kernels/tiled.ts';

/** Above this share of kept columns the dense kernel is as fast (bench/masked.ts). */
const PAYS_BELOW = 0.75;

/** Rows of a stacked matrix's mask, in the order of the stack. */
export type Stack = readonly { readonly rows: number; readonly words: Uint32Array }[];

/**
 * Columns by tile of which any row keeps something, ascending; the tiles of each factor begin anew. Null where so much is
 * kept that leaving the rest out does not pay.
 */
export function tileColumns(stack: Stack, columns: number, factors: 1 | 2): readonly Uint32Array[] | null {
  const perRow = Math.ceil(columns / 32);
  const keep: Uint32Array[] = [];
  const parts = factors === 1 ? [stack] : stack.map((one) => [one]);
  for (const part of parts) {
    let any = new Uint32Array(perRow);
    let row = 0;
    const close = (): void => {
      const kept = (column: number): boolean => ((any[column >> 5]! >>> (column & 31)) & 1) === 1;
      keep.push(Uint32Array.from({ length: columns }, (_, column) => column).filter(kept));
      any = new Uint32Array(perRow);
    };
    for (const { rows, words } of part) {
      for (let r = 0; r < rows; r++) {
        for (let i = 0; i < perRow; i++) any[i]! |= words[r * perRow + i]!;
        if (++row % TILE_ROWS === 0) close();
      }
    }
    if (row % TILE_ROWS !== 0) close();
  }
  const entries = keep.reduce((sum, { length }) => sum + length, 0);
  return entries > PAYS_BELOW * keep.length * columns ? null : keep;
}
