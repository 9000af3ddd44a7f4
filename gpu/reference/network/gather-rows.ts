// y[p] = x[rows[p]].

import type { Numbers } from '../common/numbers.ts';

/** x: [any row, width], rows: [P] -> [P, width]. */
export function gatherRows(x: Numbers, rows: Numbers, width: number): Float64Array {
  const out = new Float64Array(rows.length * width);
  for (let p = 0; p < rows.length; p++) {
    for (let i = 0; i < width; i++) out[p * width + i] = x[rows[p]! * width + i]!;
  }
  return out;
}
