// Masks of a persona and its opposite put together: what one alone keeps, all but that, steps from one to the other, and
// matrices set back to dense.

import { BenchError } from '../../base/error.ts';
import type { MaskTensor } from '../../gpu/index.ts';

/** Keep masks by the weight's name. */
export type Masks = ReadonlyMap<string, MaskTensor>;

const HALF = 1 << 16; // buckets of a pass over 16 of a draw's 32 bits

/** What p keeps and q does not. Throws `bad-mask` where the two do not cover the same matrices. */
export function unique(p: Masks, q: Masks): Masks {
  return joined(p, q, (a, b) => a & ~b);
}

/** Everything but what p keeps and q does not. Throws as `unique`. */
export function withoutUnique(p: Masks, q: Masks): Masks {
  return joined(p, q, (a, b) => ~a | b);
}

/**
 * q with `share` (0..1) of the bits in which p differs set as in p: 0 gives q, 1 gives p, their number is
 * round(share x differing), and whatever a share sets a greater one sets too. Which come first the seed says, by a hash of
 * the weight's name and the place; a row does not keep its count on the way. Throws as `unique`.
 */
export function toward(q: Masks, p: Masks, share: number, seed = 0): Masks {
  if (!(share >= 0 && share <= 1)) throw new BenchError('bad-options', `toward: ${share} is not in 0..1`);
  const names = [...q.keys()].sort(); // ties between draws must not hang on the order of a map
  const differing = joined(q, p, (a, b) => a ^ b);
  const visit = (act: (draw: number, name: string, word: number, bit: number) => void): void => {
    for (const name of names)
      eachBit(differing.get(name)!.words, seedOf(name, seed), (...at) => act(at[0], name, at[1], at[2]));
  };

  // The draws need not be kept: two counts of 16 bits each find the one at the rank.
  const upper = new Float64Array(HALF);
  let total = 0;
  visit((draw) => {
    total++;
    upper[draw >>> 16]!++;
  });
  const wanted = Math.round(share * total);
  const [high, withinHigh] = bucketAt(upper, wanted);
  const lower = new Float64Array(HALF);
  visit((draw) => {
    if (draw >>> 16 === high) lower[draw & 0xffff]!++;
  });
  const [low, withinLow] = bucketAt(lower, withinHigh);
  const last = high * HALF + low;
  let ties = withinLow;
  const out = joined(q, p, (a) => a);
  visit((draw, name, word, bit) => {
    if (draw > last || (draw === last && ties-- <= 0)) return;
    out.get(name)!.words[word]! ^= 1 << bit;
  });
  return out;
}

/** The masks without those of `names`, which are then dense. Throws `bad-mask` for a name without a mask. */
export function restore(masks: Masks, names: readonly string[]): Masks {
  const stray = names.find((name) => !masks.has(name));
  if (stray !== undefined) throw new BenchError('bad-mask', `${stray} has no mask to remove`);
  const dropped = new Set(names);
  return new Map([...masks].filter(([name]) => !dropped.has(name)));
}

/** The bucket that holds the wanted-th draw, and how many of that bucket are wanted: [0, 0] for none. */
function bucketAt(counts: Float64Array, wanted: number): readonly [bucket: number, within: number] {
  let before = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    const count = counts[bucket]!;
    if (before + count >= wanted) return [bucket, wanted - before];
    before += count;
  }
  return [counts.length - 1, wanted - before]; // not reached: there are no more wanted than counted
}

/** Word by word; bits beyond the last column stay 0. */
function joined(p: Masks, q: Masks, word: (a: number, b: number) => number): Masks {
  const only = [...p.keys()].find((name) => !q.has(name)) ?? [...q.keys()].find((name) => !p.has(name));
  if (only !== undefined) throw new BenchError('bad-mask', `only one of the two masks covers ${only}`);
  return new Map(
    [...p].map(([name, { rows, columns, words }]) => {
      const other = q.get(name)!;
      if (other.rows !== rows || other.columns !== columns)
        throw new BenchError('bad-mask', `the two masks of ${name} differ in shape`);
      const perRow = Math.ceil(columns / 32);
      const tail = columns % 32 === 0 ? 0xffffffff : 2 ** (columns % 32) - 1;
      const out = words.map((a, k) => word(a, other.words[k]!) & (k % perRow === perRow - 1 ? tail : 0xffffffff));
      return [name, { rows, columns, words: out }];
    }),
  );
}

/** Calls `act` for every bit that is 1, in order, with its draw: a u32 by the seed and its place. */
function eachBit(words: Uint32Array, seed: number, act: (draw: number, word: number, bit: number) => void): void {
  for (let word = 0; word < words.length; word++) {
    let left = words[word]!;
    if (left === 0) continue;
    const row = mixed(seed ^ Math.imul(word, 0x9e3779b1));
    for (; left !== 0; left &= left - 1) {
      const bit = 31 - Math.clz32(left & -left);
      act(mixed(row + Math.imul(bit + 1, 0x85ebca6b)), word, bit);
    }
  }
}

/** FNV-1a of the name, over both halves of the seed. */
function seedOf(name: string, seed: number): number {
  let hash = mixed(mixed((seed % 2 ** 32) ^ 0x811c9dc5) ^ Math.floor(seed / 2 ** 32));
  for (let k = 0; k < name.length; k++) hash = Math.imul(hash ^ name.charCodeAt(k), 0x01000193);
  return mixed(hash);
}

/** murmur3's finaliser. */
function mixed(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
