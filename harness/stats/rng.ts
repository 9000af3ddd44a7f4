// A seeded source of uniform numbers (xoroshiro128+): the same seed gives the same numbers everywhere. Seeds are mixed first:
// pure-rand puts the seed into the state as it is, so that neighbouring seeds draw alike (findings/pure-rand-seeds.sh).

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';

const GOLDEN = 0x9e3779b97f4a7c15n;

/** `next`: uniform in [0, 1); `below(n)`: a uniform integer in [0, n). `seed`: a whole number. */
export function rngOf(seed: number): { next(): number; below(n: number): number } {
  const generator = xoroshiro128plusFromState(stateOf(seed));
  return { next: () => uniformFloat64(generator), below: (n) => uniformInt(generator, 0, n - 1) };
}

/** Two numbers of splitmix64 as four 32-bit words, which is how the authors of xoroshiro128+ fill its state. */
function stateOf(seed: number): readonly [number, number, number, number] {
  const start = BigInt(seed);
  const words = [splitmix64(start + GOLDEN), splitmix64(start + 2n * GOLDEN)].flatMap((mixed) => [
    Number(BigInt.asIntN(32, mixed >> 32n)),
    Number(BigInt.asIntN(32, mixed)),
  ]);
  return words as unknown as readonly [number, number, number, number];
}

/** The output function of splitmix64 (Steele, Lea and Flood 2014), u64 -> u64. */
function splitmix64(state: bigint): bigint {
  let z = BigInt.asUintN(64, state);
  z = BigInt.asUintN(64, (z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n);
  z = BigInt.asUintN(64, (z ^ (z >> 27n)) * 0x94d049bb133111ebn);
  return z ^ (z >> 31n);
}
