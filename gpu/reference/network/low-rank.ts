// y = W x + bias + scale B A x and its gradients: of x, A and B; W and the bias are frozen.

import type { Numbers } from '../common/numbers.ts';
import { matmul } from '../matmul.ts';
import { outer } from '../training/outer.ts';

/** a: [rank, K], b: [N, rank]. */
export interface LowRank {
  readonly a: Numbers;
  readonly b: Numbers;
}

/** Rank and scale of all updates of an adapter. */
export interface LowRankShape {
  readonly rank: number;
  readonly scale: number; // alpha / rank
}

/** dy: [T, N], w: [N, K] -> dx = dy W [T, K]. */
export function matmulBack(dy: Numbers, w: Numbers, k: number): Float64Array {
  const n = w.length / k;
  const t = dy.length / n;
  const dx = new Float64Array(t * k);
  for (let row = 0; row < t; row++) {
    for (let column = 0; column < n; column++) {
      const value = dy[row * n + column]!;
      for (let i = 0; i < k; i++) dx[row * k + i]! += value * w[column * k + i]!;
    }
  }
  return dx;
}

/** x: [T, K] -> scale B A x [T, N]. */
export function lowRank(x: Numbers, { a, b }: LowRank, { rank, scale }: LowRankShape): Float64Array {
  return matmul(matmul(x, a, a.length / rank), b, rank).map((value) => value * scale);
}

/** x: [T, K], dy: [T, N] -> the gradients of y = scale B A x. */
export function lowRankBack(
  x: Numbers,
  { a, b }: LowRank,
  dy: Numbers,
  { rank, scale }: LowRankShape,
): { readonly dx: Float64Array; readonly dA: Float64Array; readonly dB: Float64Array } {
  const k = a.length / rank;
  const rows = x.length / k;
  const low = matmul(x, a, k); // A x
  const dLow = matmulBack(dy, b, rank).map((value) => value * scale);
  return { dx: matmulBack(dLow, a, k), dA: outer(dLow, x, rows), dB: outer(dy, low, rows, scale) };
}

/** x: [T, K], w: [N, K], dy: [T, N] -> the gradients of y = W x + bias + scale B A x. */
export function loraBack(
  x: Numbers,
  w: Numbers,
  update: LowRank,
  dy: Numbers,
  shape: LowRankShape,
): { readonly dx: Float64Array; readonly dA: Float64Array; readonly dB: Float64Array } {
  const { dx, dA, dB } = lowRankBack(x, update, dy, shape);
  const direct = matmulBack(dy, w, update.a.length / shape.rank);
  return { dx: dx.map((value, i) => value + direct[i]!), dA, dB };
}
