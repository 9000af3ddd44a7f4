// Edits of the residual stream: a vector added to every row, or a share of its component along the vector removed.

import type { Numbers } from './common/numbers.ts';

/** x: [T, width], v: [width] -> x + scale v, or `project`: x + scale (x . v) v. */
export function steer(x: Numbers, v: Numbers, scale: number, project: boolean): Float64Array {
  const width = v.length;
  const out = Float64Array.from(x);
  for (let at = 0; at < x.length; at += width) {
    let by = scale;
    if (project) {
      let along = 0;
      for (let i = 0; i < width; i++) along += x[at + i]! * v[i]!;
      by *= along;
    }
    for (let i = 0; i < width; i++) out[at + i]! += by * v[i]!;
  }
  return out;
}
