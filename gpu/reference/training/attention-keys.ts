// Gradients of attention with respect to keys and values: dv = p^T do and dk = ds^T q / sqrt(headSize), with p and ds
// as for queries.

import type { AttentionShape, RowTable } from '../attention.ts';
import type { Numbers } from '../common/numbers.ts';
import { forEachPair } from './attention-queries.ts';

/**
 * q, dO: [T, heads * headSize], k and v: [any row, kvHeads * headSize] -> the gradients of k and v. A key head's
 * gradient is the sum over the query heads that read it and over all rows whose path it is on.
 */
export function attentionKeysBack(
  q: Numbers,
  k: Numbers,
  v: Numbers,
  dO: Numbers,
  table: RowTable,
  shape: AttentionShape,
): { readonly dk: Float64Array; readonly dv: Float64Array } {
  const dk = new Float64Array(k.length);
  const dv = new Float64Array(v.length);
  forEachPair(q, k, v, dO, table, shape, ({ query, key, p, ds }) => {
    for (let i = 0; i < shape.headSize; i++) {
      dk[key + i]! += ds * q[query + i]!;
      dv[key + i]! += p * dO[query + i]!;
    }
  });
  return { dk, dv };
}
