// Which columns each block of 64 rows keeps, and whether a product over these alone is faster.

import { BLOCK_ROWS } from '../../kernels/sparse-matrix.ts';

/** Above this share of kept columns the dense kernel is as fast (bench/masked.ts). */
const PAYS_BELOW = 0.75;

/** Rows of a stacked matrix's mask, in the order of the stack. */
export type Stack = readonly { readonly rows: number; readonly words: Uint32Array }[];

/**
 * The columns of which any row of a block keeps something, by block, ascending; the blocks of each factor start again.
 * Null where so much is kept that the dense kernel is as fast.
 */
export function keptColumns(stack: Stack, columns: number, factors: 1 | 2): readonly Uint32Array[] | null {
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
        if (++row % BLOCK_ROWS === 0) close();
      }
    }
    if (row % BLOCK_ROWS !== 0) close();
  }
  const entries = keep.reduce((sum, { length }) => sum + length, 0);
  return entries > PAYS_BELOW * keep.length * columns ? null : keep;
}
