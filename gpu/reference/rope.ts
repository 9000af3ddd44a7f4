// Rotary position embedding (arXiv 2104.09864), and the split of a qkv product before it.

import type { Numbers } from './common/numbers.ts';

/** Heads of a row, and how much of each is rotated. */
export interface RopeShape {
  readonly heads: number; // in a row of x
  readonly headSize: number;
  readonly dims: number; // how many dimensions of a head are rotated
}

/**
 * x: [T, heads * headSize], positions: [T], cos and sin: [any position, dims / 2] -> [T, heads * headSize]: pair
 * (i, i + dims / 2) of each head rotated by the angle of its position; dimensions from `dims` on stay.
 */
export function rope(
  x: Numbers,
  positions: Numbers,
  table: { readonly cos: Numbers; readonly sin: Numbers },
  { heads, headSize, dims }: RopeShape,
): Float64Array {
  const out = Float64Array.from(x);
  const pairs = dims / 2;
  for (let t = 0; t < positions.length; t++) {
    for (let head = 0; head < heads; head++) {
      const start = (t * heads + head) * headSize;
      for (let i = 0; i < pairs; i++) {
        const cos = table.cos[positions[t]! * pairs + i]!;
        const sin = table.sin[positions[t]! * pairs + i]!;
        const a = x[start + i]!;
        const b = x[start + pairs + i]!;
        out[start + i] = a * cos - b * sin;
        out[start + pairs + i] = b * cos + a * sin;
      }
    }
  }
  return out;
}

/**
 * How a row of qkv is ordered: all queries, keys, values; or, by head, q, k and v of one head after the other
 * (GPT-NeoX).
 */
export interface SplitShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly qkvByHead: boolean;
}

/**
 * qkv: [T, (heads + 2 kvHeads) * headSize] -> queries [T, heads * headSize], keys and values [T, kvHeads * headSize].
 */
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
