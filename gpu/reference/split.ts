// Rows of a qkv product apart: all queries, all keys, all values, or q, k and v of one head after the other (GPT-NeoX).

import type { Numbers } from './numbers.ts';

export interface SplitShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly qkvByHead: boolean;
}

/** qkv rows -> queries [T, heads * headSize], keys and values [T, kvHeads * headSize]. */
export function splitHeads(
  qkv: Numbers,
  { heads, kvHeads, headSize, qkvByHead }: SplitShape,
): readonly [Float64Array, Float64Array, Float64Array] {
  const units = heads + 2 * kvHeads;
  const rows = qkv.length / (units * headSize);
  /** Head `head` of queries (0), keys (1) or values (2) within a row. */
  const unit = (kind: number, head: number): number =>
    qkvByHead ? 3 * head + kind : head + (kind > 0 ? heads : 0) + (kind > 1 ? kvHeads : 0);
  const part = (kind: number, count: number): Float64Array => {
    const out = new Float64Array(rows * count * headSize);
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < count; head++) {
        const from = (row * units + unit(kind, head)) * headSize;
        const to = (row * count + head) * headSize;
        for (let i = 0; i < headSize; i++) out[to + i] = qkv[from + i]!;
      }
    }
    return out;
  };
  return [part(0, heads), part(1, kvHeads), part(2, kvHeads)];
}
