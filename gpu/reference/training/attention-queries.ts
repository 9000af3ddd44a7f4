// Gradients of attention with respect to queries: with p = softmax(s), s = q k^T / sqrt(headSize) and o = p v,
// ds = p (do v^T - sum(p do v^T)) and dq = ds k / sqrt(headSize).

import type { AttentionShape, RowTable } from '../attention.ts';
import type { Numbers } from '../common/numbers.ts';

/** One key that a query reads. */
interface Pair {
  readonly query: number; // its first element in q
  readonly key: number; // its first element in k and v
  readonly p: number; // the softmax's weight
  readonly ds: number; // the gradient of the score, times 1 / sqrt(headSize)
}

/**
 * Goes over every query and each key that it reads, in ascending order. The shapes are those of `attentionQueriesBack`.
 */
export function forEachPair(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  dO: Numbers,
  { positions, path, rows }: RowTable,
  { heads, kvHeads, headSize, window }: AttentionShape,
  visit: (pair: Pair) => void,
): void {
  const group = heads / kvHeads;
  const scale = 1 / Math.sqrt(headSize);
  for (let t = 0; t < positions.length; t++) {
    const position = positions[t]!;
    const first = window > 0 ? Math.max(0, position - window + 1) : 0;
    const seen = position + 1 - first;
    for (let head = 0; head < heads; head++) {
      const query = (t * heads + head) * headSize;
      const keyAt = (j: number): number =>
        (rows[path[t]! + first + j]! * kvHeads + Math.floor(head / group)) * headSize;
      const p = new Float64Array(seen); // scores, then their softmax
      const dp = new Float64Array(seen);
      let greatest = -Infinity;
      for (let j = 0; j < seen; j++) {
        const key = keyAt(j);
        for (let i = 0; i < headSize; i++) {
          p[j]! += q[query + i]! * k[key + i]! * scale;
          dp[j]! += dO[query + i]! * v[key + i]!;
        }
        greatest = Math.max(greatest, p[j]!);
      }
      let total = 0;
      for (let j = 0; j < seen; j++) {
        p[j] = Math.exp(p[j]! - greatest);
        total += p[j]!;
      }
      let mean = 0;
      for (let j = 0; j < seen; j++) {
        p[j]! /= total;
        mean += p[j]! * dp[j]!;
      }
      for (let j = 0; j < seen; j++) visit({ query, key: keyAt(j), p: p[j]!, ds: p[j]! * (dp[j]! - mean) * scale });
    }
  }
}

/** q, dO: [T, heads * headSize], k and v: [any row, kvHeads * headSize] -> the gradient of q. */
export function attentionQueriesBack(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  dO: Numbers,
  table: RowTable,
  shape: AttentionShape,
): Float64Array {
  const dq = new Float64Array(q.length);
  forEachPair(q, k, v, dO, table, shape, ({ query, key, ds }) => {
    for (let i = 0; i < shape.headSize; i++) dq[query + i]! += ds * k[key + i]!;
  });
  return dq;
}
