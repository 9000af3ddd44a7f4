// Gradients back through the rotation of queries and keys, their norms by head where there are any (Qwen3), and the
// split of a qkv product.

import type { Numbers } from '../common/numbers.ts';
import { type RopeShape, rope, type SplitShape } from '../rope.ts';
import { rmsNormBack } from './norm.ts';

/** dy: [T, heads * headSize] -> dx of the same shape: a rotation by minus the angle. The rest is as `rope` has it. */
export function ropeBack(
  dy: Numbers,
  positions: Numbers,
  { cos, sin }: { readonly cos: Numbers; readonly sin: Numbers },
  shape: RopeShape,
): Float64Array {
  return rope(dy, positions, { cos, sin: Float64Array.from(sin, (value) => -value) }, shape);
}

/** How queries or keys become what attention reads: a norm of each head, then a rotation; null leaves one out. */
export interface HeadSteps {
  readonly norm: Numbers | null; // gain [headSize]
  readonly eps: number;
  readonly rotation: { readonly cos: Numbers; readonly sin: Numbers; readonly dims: number } | null;
}

/** x: [T, heads * headSize] before norm and rotation, dy: the same shape after them -> dx. */
export function headsBack(
  x: Numbers,
  dy: Numbers,
  positions: Numbers,
  { norm, eps, rotation }: HeadSteps,
  { heads, headSize }: { readonly heads: number; readonly headSize: number },
): Float64Array {
  const dnormed =
    rotation === null
      ? Float64Array.from(dy)
      : ropeBack(dy, positions, rotation, { heads, headSize, dims: rotation.dims });
  return norm === null ? dnormed : rmsNormBack(x, norm, dnormed, { width: headSize, eps });
}

/** dq: [T, heads * headSize], dk and dv: [T, kvHeads * headSize] -> rows of qkv, as `splitHeads` takes them apart. */
export function joinHeads(
  dq: Numbers,
  dk: Numbers,
  dv: Numbers,
  { heads, kvHeads, headSize, qkvByHead }: SplitShape,
): Float64Array {
  const units = heads + 2 * kvHeads;
  const rows = dq.length / (heads * headSize);
  const out = new Float64Array(rows * units * headSize);
  const put = (x: Numbers, count: number, unit: (head: number) => number): void => {
    for (let row = 0; row < rows; row++) {
      for (let head = 0; head < count; head++) {
        const from = (row * count + head) * headSize;
        const to = (row * units + unit(head)) * headSize;
        for (let i = 0; i < headSize; i++) out[to + i] = x[from + i]!;
      }
    }
  };
  put(dq, heads, (head) => (qkvByHead ? 3 * head : head));
  put(dk, kvHeads, (head) => (qkvByHead ? 3 * head + 1 : heads + head));
  put(dv, kvHeads, (head) => (qkvByHead ? 3 * head + 2 : heads + kvHeads + head));
  return out;
}
