// A seeded source of uniform numbers (xoroshiro128+): the same seed gives the same numbers everywhere.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** `next`: uniform in [0, 1); `below(n)`: a uniform integer in [0, n). */
export function rngOf(seed: number): { next(): number; below(n: number): number } {
  const generator = xoroshiro128plus(seed);
  return { next: () => uniformFloat64(generator), below: (n) => uniformInt(generator, 0, n - 1) };
}
