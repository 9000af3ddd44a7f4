// Sums of outer products: gradients of weights.

import type { Numbers } from '../common/numbers.ts';

/** l: [T, N], r: [T, K] -> scale l^T r [N, K]. */
export function outer(l: Numbers, r: Numbers, rows: number, scale = 1): Float64Array {
  const n = l.length / rows;
  const k = r.length / rows;
  const out = new Float64Array(n * k);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < n; column++) {
      const value = scale * l[row * n + column]!;
      for (let i = 0; i < k; i++) out[column * k + i]! += value * r[row * k + i]!;
    }
  }
  return out;
}
