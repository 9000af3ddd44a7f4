// A matrix with rows and columns exchanged.

import type { Numbers } from '../common/numbers.ts';

/** w: [rows, columns] -> [columns, rows]. */
export function transpose(w: Numbers, rows: number): Float64Array {
  const columns = w.length / rows;
  return Float64Array.from(w, (_, at) => w[(at % rows) * columns + Math.floor(at / rows)]!);
}
