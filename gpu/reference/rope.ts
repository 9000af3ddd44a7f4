// Rotates pair (i, i + dims/2) of each head by the angle of its position; dimensions from dims on stay (arXiv 2104.09864).

import type { Numbers } from './numbers.ts';

export interface RopeShape {
  readonly heads: number; // in a row of x
  readonly headSize: number;
  readonly dims: number; // how many dimensions of a head are rotated
}

/** x: [T, heads * headSize], positions: [T], cos and sin: [any position, dims / 2] -> [T, heads * headSize]. */
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
