// f32 arithmetic of scores, rounded once per operation, so that the device must agree bit for bit: a mask has no
// tolerance.

import type { Numbers } from './numbers.ts';

/** A matrix with its weights widened: w [rows, columns]. */
export interface Weights {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly w: Numbers;
}

const f32 = Math.fround;
/** The least normal f32. */
export const LEAST = 2 ** -126;
const view = new DataView(new ArrayBuffer(4));

/** x rounded to f32; a value below the least normal f32 counts as 0. */
export function settled(x: number): number {
  const rounded = f32(x);
  return rounded < LEAST ? 0 : rounded;
}

/** The bits of x as f32. */
export function bitsOf(x: number): number {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

/** f32 sum in order, 64 values at a time. */
export function longSum(values: readonly number[]): number {
  let total = 0;
  for (let from = 0; from < values.length; from += 64) {
    const some = values.slice(from, from + 64).reduce((sum, value) => f32(sum + value), 0);
    total = f32(total + some);
  }
  return total;
}

/** |w| v over a row: [columns]. */
export function products({ w, columns }: Weights, row: number, v: Numbers): number[] {
  return Array.from({ length: columns }, (_, j) => settled(settled(Math.abs(w[row * columns + j]!)) * settled(v[j]!)));
}
