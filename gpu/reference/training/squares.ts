// Partial sums of squares.

import type { Numbers } from '../common/numbers.ts';

/** x: [count] -> the sum of squares of each run of `run` elements: [ceil(count / run)]. */
export function squares(x: Numbers, run: number): Float64Array {
  const out = new Float64Array(Math.ceil(x.length / run));
  for (let i = 0; i < x.length; i++) out[Math.floor(i / run)]! += x[i]! ** 2;
  return out;
}
