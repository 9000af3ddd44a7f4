// What dropout leaves of its input: the same values as the kernel, since the hash is of whole numbers.

import type { Numbers } from '../common/numbers.ts';
import { pcg } from '../common/pcg.ts';

/** x: [T, width] -> the same, with values whose hash of `key`, `place` and index falls into `share` left out. */
export function dropout(x: Numbers, key: number, place: number, share: number): Float64Array {
  const least = Math.floor(share * 2 ** 32);
  return Float64Array.from(x, (value, at) => {
    const hash = pcg((pcg(at) ^ pcg((key ^ pcg(place)) >>> 0)) >>> 0);
    return hash < least ? 0 : value / (1 - share);
  });
}
