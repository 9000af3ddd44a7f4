// Gradients of attention: with p = softmax(s), s = q k^T / sqrt(headSize) and o = p v,
// dv = p^T do, ds = p (do v^T - sum(p do v^T)), dq = ds k / sqrt(headSize), dk = ds^T q / sqrt(headSize).

import type { AttentionShape, RowTable } from '../attention.ts';
import type { Numbers } from '../numbers.ts';

/**
 * q, dO: [T, heads * headSize], k and v: [any row, kvHeads * headSize] -> gradients of the same shapes. A key head's
 * gradient is the sum over the query heads that read it and over all rows whose path it lies on.
 */
export function attentionBack(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  dO: Numbers,
  table: RowTable,
  { heads, kvHeads, headSize, window }: AttentionShape,
): { readonly dq: Float64Array; readonly dk: Float64Array; readonly dv: Float64Array } {
  const group = heads / kvHeads;
  const scale = 1 / Math.sqrt(headSize);
  const dq = new Float64Array(q.length);
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  for (let t = 0; t < table.positions.length; t++) {
    const position = table.positions[t]!;
    const first = window > 0 ? Math.max(0, position - window + 1) : 0;
    const seen = position + 1 - first;
    for (let head = 0; head < heads; head++) {
      const query = (t * heads + head) * headSize;
      const keyAt = (j: number): number =>
        (table.rows[table.path[t]! + first + j]! * kvHeads + Math.floor(head / group)) * headSize;
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
      for (let j = 0; j < seen; j++) {
        const key = keyAt(j);
        const ds = p[j]! * (dp[j]! - mean) * scale;
        for (let i = 0; i < headSize; i++) {
          dq[query + i]! += ds * k[key + i]!;
          dk[key + i]! += ds * q[query + i]!;
          dv[key + i]! += p[j]! * dO[query + i]!;
        }
      }
    }
  }
  return { dq, dk, dv };
}
