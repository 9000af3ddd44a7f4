// softmax(q k^T / sqrt(headSize)) v over the keys of a row's own path, causal, with grouped keys and values (GQA).

import type { Numbers } from './common/numbers.ts';

/** Heads of a layer, and the last positions that a row sees. */
export interface AttentionShape {
  readonly heads: number;
  readonly kvHeads: number; // query head h reads key head floor(h / (heads / kvHeads))
  readonly headSize: number;
  readonly window: number; // position p sees p - window + 1 .. p; 0 = from the start
}

/** Where the keys of a row are: key j (0..positions[t]) is row rows[path[t] + j] (see `Packed`). */
export interface RowTable {
  readonly positions: Numbers; // [T]
  readonly path: Numbers; // [T]
  readonly rows: Numbers;
}

/** q: [T, heads * headSize], k and v: [any row, kvHeads * headSize] -> [T, heads * headSize]. */
export function attention(q: Numbers, k: Numbers, v: Numbers, table: RowTable, shape: AttentionShape): Float64Array {
  const { heads, kvHeads, headSize, window } = shape;
  const group = heads / kvHeads;
  const out = new Float64Array(q.length);
  for (let t = 0; t < table.positions.length; t++) {
    const position = table.positions[t]!;
    const first = window > 0 ? Math.max(0, position - window + 1) : 0;
    for (let head = 0; head < heads; head++) {
      const query = (t * heads + head) * headSize;
      const keyAt = (j: number): number =>
        (table.rows[table.path[t]! + j]! * kvHeads + Math.floor(head / group)) * headSize;
      const scores = new Float64Array(position + 1 - first);
      for (let j = first; j <= position; j++) {
        const key = keyAt(j);
        let dot = 0;
        for (let i = 0; i < headSize; i++) dot += q[query + i]! * k[key + i]!;
        scores[j - first] = dot / Math.sqrt(headSize);
      }
      const greatest = scores.reduce((a, b) => Math.max(a, b), -Infinity);
      let total = 0;
      for (let j = first; j <= position; j++) {
        const weight = Math.exp(scores[j - first]! - greatest);
        total += weight;
        const value = keyAt(j);
        for (let i = 0; i < headSize; i++) out[query + i]! += weight * v[value + i]!;
      }
      for (let i = 0; i < headSize; i++) out[query + i]! /= total;
    }
  }
  return out;
}
