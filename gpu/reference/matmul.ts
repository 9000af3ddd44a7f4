// Y[M, N] = X[M, K] W[N, K]^T (+ bias[N]) (+ residual[M, N]).

import type { Numbers } from './common/numbers.ts';

/** The sizes follow from the lengths and K: M = x / K, N = w / K. */
export function matmul(
  x: Numbers,
  w: Numbers,
  k: number,
  add: { readonly bias?: Numbers | null; readonly residual?: Numbers | null } = {},
): Float64Array {
  const m = x.length / k;
  const n = w.length / k;
  const out = new Float64Array(m * n);
  for (let row = 0; row < m; row++) {
    for (let column = 0; column < n; column++) {
      let total = 0;
      for (let i = 0; i < k; i++) total += x[row * k + i]! * w[column * k + i]!;
      const at = row * n + column;
      out[at] = total + (add.bias?.[column] ?? 0) + (add.residual?.[at] ?? 0);
    }
  }
  return out;
}
