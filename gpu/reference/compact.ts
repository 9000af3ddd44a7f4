// Chosen rows and columns of a matrix.

import type { Numbers } from './common/numbers.ts';

/** w: [.., width] -> [rows, columns]. */
export function compact(w: Numbers, width: number, rows: ArrayLike<number>, columns: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: rows.length * columns.length }, (_, i) => {
    const [row, column] = [Math.floor(i / columns.length), i % columns.length];
    return w[rows[row]! * width + columns[column]!]!;
  });
}
