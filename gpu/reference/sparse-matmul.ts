// Y = X W^T over the columns that each block of rows of W keeps.

import type { Numbers } from './common/numbers.ts';

/** x: [M, K]; w: [N, K]; keep: columns by block of `blockRows` rows -> [M, N]. */
export function sparseMatmul(
  x: Numbers,
  w: Numbers,
  k: number,
  keep: readonly (readonly number[] | Uint32Array)[],
  blockRows: number,
): Float64Array {
  const [m, n] = [x.length / k, w.length / k];
  const y = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let sum = 0;
      for (const i of keep[Math.floor(column / blockRows)]!) sum += x[row * k + i]! * w[column * k + i]!;
      y[row * n + column] = sum;
    }
  }
  return y;
}
