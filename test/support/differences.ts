// Gradients by central differences in f64: what the backward references are held to.

import * as assert from 'uvu/assert';
import type { Numbers } from '../../gpu/reference/common/numbers.ts';
import { normals } from './random-model.ts';

/** Step of a difference, relative to the element or to 1, whichever is more. */
const STEP = 1e-5;

/** Normal numbers, the same for the same seed. */
export function randoms(seed: number, length: number, scale = 1): Float64Array {
  const normal = normals(seed);
  return Float64Array.from({ length }, () => scale * normal());
}

/** sum of a b. */
export function dot(a: Numbers, b: Numbers): number {
  assert.is(a.length, b.length);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The gradient of a number that is worked out from x: of all its elements, or of those at `places`. */
export function differences(x: Float64Array, value: (x: Float64Array) => number, places?: Numbers): Float64Array {
  const moved = Float64Array.from(x);
  return Float64Array.from(Array.from(places ?? x.keys()), (at) => {
    const kept = x[at]!;
    const step = STEP * Math.max(1, Math.abs(kept));
    const [above, below] = [kept + step, kept - step];
    moved[at] = above;
    const more = value(moved);
    moved[at] = below;
    const less = value(moved);
    moved[at] = kept;
    return (more - less) / (above - below);
  });
}

/** Norm of the difference over the norm of what is expected, which must not be all zeros. */
export function gap(found: Numbers, expected: Numbers): number {
  assert.is(found.length, expected.length);
  const off = Float64Array.from(found, (value, i) => value - expected[i]!);
  const size = Math.sqrt(dot(expected, expected));
  assert.ok(size > 0, 'the expected gradient is zero');
  return Math.sqrt(dot(off, off)) / size;
}

/** Fails unless `found` is the gradient of sum(dy * y(x)) to 1e-7 of its norm. */
export function isGradient(
  label: string,
  found: Numbers,
  x: Float64Array,
  dy: Numbers,
  y: (x: Float64Array) => Numbers,
): void {
  const off = gap(
    found,
    differences(x, (moved) => dot(dy, y(moved))),
  );
  assert.ok(off < 1e-7, `${label}: off by ${off}`);
}
