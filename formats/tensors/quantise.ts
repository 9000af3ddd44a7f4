// Numbers -> blocks: rounding to nearest with the scales of each block, as ggml's reference functions do for blocks of 32;
// for blocks of 256 the scales are those of the extremes, without a search for better ones.

import { blockOf } from './blocks.ts';
import { fromF16, toF16 } from './half.ts';
import type { BlockFormat } from './tensor.ts';

/** Writes the block of `x` to `view` at byte `at`; `x` has as many numbers as a block. */
type Narrow = (x: Float64Array, view: DataView, at: number) => void;

const inverse = (value: number): number => (value === 0 ? 0 : 1 / value);
const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** The number farthest from 0, with its sign; the first of equals. */
function extreme(x: Float64Array): number {
  return x.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0);
}

/** Stores `value` as f16 and gives what is read back. */
function putHalf(view: DataView, at: number, value: number): number {
  const bits = toF16(value);
  view.setUint16(at, bits, true);
  return fromF16(bits);
}

/** 32 integers: low nibbles of 16 bytes, then high ones; bit 4 of element i is bit i of the word at `fifths`. */
function putNibbles(q: readonly number[], view: DataView, at: number, fifths?: number): void {
  for (let j = 0; j < 16; j++) view.setUint8(at + j, (q[j]! & 15) | ((q[j + 16]! & 15) << 4));
  if (fifths !== undefined) {
    const word = q.reduce((bits, value, i) => (bits | ((value >> 4) << i)) >>> 0, 0);
    view.setUint32(fifths, word, true);
  }
}

/** Integers around 0: the extreme becomes -`half`, so that its side gets the one more integer that there is. */
function symmetric(half: number, nibbles: number, fifths?: number): Narrow {
  return (x, view, at) => {
    const d = extreme(x) / -half;
    const by = inverse(d);
    putHalf(view, at, d);
    const q = Array.from(x, (value) => clamp(Math.trunc(value * by + half + 0.5), 0, 2 * half - 1));
    putNibbles(q, view, at + nibbles, fifths === undefined ? undefined : at + fifths);
  };
}

/** Integers from the least number up. */
function shifted(most: number, nibbles: number, fifths?: number): Narrow {
  return (x, view, at) => {
    const least = Math.min(...x);
    const d = (Math.max(...x) - least) / most;
    const by = inverse(d);
    putHalf(view, at, d);
    putHalf(view, at + 2, least);
    const q = Array.from(x, (value) => clamp(Math.trunc((value - least) * by + 0.5), 0, most));
    putNibbles(q, view, at + nibbles, fifths === undefined ? undefined : at + fifths);
  };
}

const eight: Narrow = (x, view, at) => {
  const d = Math.abs(extreme(x)) / 127;
  const by = inverse(d);
  putHalf(view, at, d);
  x.forEach((value, j) => {
    view.setInt8(at + 2 + j, clamp(Math.sign(value) * Math.round(Math.abs(value * by)), -127, 127));
  });
};

/** Q4_K and Q5_K: sub-blocks of 32, each with a scale and a minimum of 6 bits. */
function superBlock(most: number, low: number, high?: number): Narrow {
  return (x, view, at) => {
    const parts = Array.from({ length: 8 }, (_, j) => x.subarray(32 * j, 32 * j + 32));
    const mins = parts.map((part) => -Math.min(0, ...part));
    const scales = parts.map((part, j) => (Math.max(...part) + mins[j]!) / most);
    const d = putHalf(view, at, Math.max(0, ...scales) / 63);
    const dmin = putHalf(view, at + 2, Math.max(...mins) / 63);
    const sc = scales.map((scale) => clamp(Math.round(scale * inverse(d)), 0, 63));
    const mn = mins.map((min) => clamp(Math.round(min * inverse(dmin)), 0, 63));
    for (let j = 0; j < 4; j++) {
      view.setUint8(at + 4 + j, sc[j]! | ((sc[j + 4]! >> 4) << 6));
      view.setUint8(at + 8 + j, mn[j]! | ((mn[j + 4]! >> 4) << 6));
      view.setUint8(at + 12 + j, (sc[j + 4]! & 15) | ((mn[j + 4]! & 15) << 4));
    }
    parts.forEach((part, j) => {
      const by = inverse(d * sc[j]!);
      part.forEach((value, l) => {
        const q = clamp(Math.round((value + dmin * mn[j]!) * by), 0, most);
        const byte = at + low + 32 * (j >> 1) + l;
        view.setUint8(byte, view.getUint8(byte) | ((q & 15) << (4 * (j & 1))));
        if (high !== undefined) {
          view.setUint8(at + high + l, view.getUint8(at + high + l) | ((q >> 4) << j));
        }
      });
    });
  };
}

/** Q6_K: sub-blocks of 16, each with a signed scale of 8 bits. */
const six: Narrow = (x, view, at) => {
  const parts = Array.from({ length: 16 }, (_, j) => x.subarray(16 * j, 16 * j + 16));
  const scales = parts.map((part) => extreme(part) / -32);
  const d = putHalf(view, at + 208, extreme(Float64Array.from(scales)) / -128);
  parts.forEach((part, j) => {
    const scale = clamp(Math.round(scales[j]! * inverse(d)), -128, 127);
    view.setInt8(at + 192 + j, scale);
    const by = inverse(d * scale);
    part.forEach((value, k) => {
      const q = clamp(Math.round(value * by), -32, 31) + 32;
      const i = 16 * j + k;
      const [half, quarter, l] = [i >> 7, (i >> 5) & 3, i & 31];
      const low = at + 64 * half + 32 * (quarter & 1) + l;
      view.setUint8(low, view.getUint8(low) | ((q & 15) << (quarter < 2 ? 0 : 4)));
      const high = at + 128 + 32 * half + l;
      view.setUint8(high, view.getUint8(high) | ((q >> 4) << (2 * quarter)));
    });
  });
};

const NARROW: Readonly<Record<BlockFormat, Narrow>> = {
  q4_0: symmetric(8, 2),
  q4_1: shifted(15, 4),
  q5_0: symmetric(16, 6, 2),
  q5_1: shifted(31, 8, 4),
  q8_0: eight,
  q4_k: superBlock(15, 16),
  q5_k: superBlock(31, 48, 16),
  q6_k: six,
};

/** Whole blocks of numbers in `format`. Every number must be finite, and below 65504 times the greatest integer of a block. */
export function narrowBlocks(values: ArrayLike<number>, format: BlockFormat): Uint8Array {
  const { values: size, bytes } = blockOf(format);
  const blocks = values.length / size;
  const out = new Uint8Array(blocks * bytes);
  const view = new DataView(out.buffer);
  const x = new Float64Array(size);
  for (let block = 0; block < blocks; block++) {
    for (let i = 0; i < size; i++) x[i] = values[block * size + i]!;
    NARROW[format](x, view, block * bytes);
  }
  return out;
}
