// Blocks of ggml -> numbers, exactly (in f64), and numbers -> blocks: layouts by ggml's block structures, one function a type.

import { fromF16 } from './half.ts';
import type { BlockFormat } from './tensor.ts';

/** Writes the numbers of the block at byte `at` to `out` from `to` on. */
type Widen = (view: DataView, at: number, out: Float64Array, to: number) => void;

interface Layout {
  readonly values: number;
  readonly bytes: number;
  readonly widen: Widen;
}

const half = (view: DataView, at: number): number => fromF16(view.getUint16(at, true));

/** 32 nibbles: the low ones of 16 bytes, then the high ones; `fifth(i)` is bit 4 of element i. */
function nibbles(
  view: DataView,
  at: number,
  out: Float64Array,
  to: number,
  value: (q: number) => number,
  fifth: (element: number) => number = () => 0,
): void {
  for (let j = 0; j < 16; j++) {
    const byte = view.getUint8(at + j);
    out[to + j] = value((byte & 15) | (fifth(j) << 4));
    out[to + j + 16] = value((byte >> 4) | (fifth(j + 16) << 4));
  }
}

/** Scale and minimum of sub-block j of Q4_K and Q5_K, 6 bits each. */
function scaleAndMin(view: DataView, at: number, j: number): readonly [scale: number, min: number] {
  const s = (k: number): number => view.getUint8(at + k);
  if (j < 4) return [s(j) & 63, s(j + 4) & 63];
  return [(s(j + 4) & 15) | ((s(j - 4) >> 6) << 4), (s(j + 4) >> 4) | ((s(j) >> 6) << 4)];
}

/** Q4_K, and Q5_K with its fifth bits from byte `high` on. */
function superBlock(view: DataView, at: number, high: number | null, low: number, out: Float64Array, to: number): void {
  const [d, dmin] = [half(view, at), half(view, at + 2)];
  for (let j = 0; j < 8; j++) {
    const [scale, min] = scaleAndMin(view, at + 4, j);
    for (let l = 0; l < 32; l++) {
      const byte = view.getUint8(low + 32 * (j >> 1) + l);
      const four = j % 2 === 0 ? byte & 15 : byte >> 4;
      const fifth = high === null ? 0 : (view.getUint8(high + l) >> j) & 1;
      out[to + 32 * j + l] = d * scale * (four + 16 * fifth) - dmin * min;
    }
  }
}

const LAYOUTS: Readonly<Record<BlockFormat, Layout>> = {
  q4_0: {
    values: 32,
    bytes: 18,
    widen: (view, at, out, to) => {
      const d = half(view, at);
      nibbles(view, at + 2, out, to, (q) => (q - 8) * d);
    },
  },
  q4_1: {
    values: 32,
    bytes: 20,
    widen: (view, at, out, to) => {
      const [d, m] = [half(view, at), half(view, at + 2)];
      nibbles(view, at + 4, out, to, (q) => q * d + m);
    },
  },
  q5_0: {
    values: 32,
    bytes: 22,
    widen: (view, at, out, to) => {
      const [d, bits] = [half(view, at), view.getUint32(at + 2, true)];
      nibbles(
        view,
        at + 6,
        out,
        to,
        (q) => (q - 16) * d,
        (element) => (bits >>> element) & 1,
      );
    },
  },
  q5_1: {
    values: 32,
    bytes: 24,
    widen: (view, at, out, to) => {
      const [d, m, bits] = [half(view, at), half(view, at + 2), view.getUint32(at + 4, true)];
      nibbles(
        view,
        at + 8,
        out,
        to,
        (q) => q * d + m,
        (element) => (bits >>> element) & 1,
      );
    },
  },
  q8_0: {
    values: 32,
    bytes: 34,
    widen: (view, at, out, to) => {
      const d = half(view, at);
      for (let j = 0; j < 32; j++) out[to + j] = view.getInt8(at + 2 + j) * d;
    },
  },
  q4_k: { values: 256, bytes: 144, widen: (view, at, out, to) => superBlock(view, at, null, at + 16, out, to) },
  q5_k: { values: 256, bytes: 176, widen: (view, at, out, to) => superBlock(view, at, at + 16, at + 48, out, to) },
  q6_k: {
    values: 256,
    bytes: 210,
    widen: (view, at, out, to) => {
      const d = half(view, at + 208);
      for (let i = 0; i < 256; i++) {
        const [part, quarter, l] = [i >> 7, (i >> 5) & 3, i & 31];
        const low = view.getUint8(at + 64 * part + 32 * (quarter & 1) + l);
        const high = view.getUint8(at + 128 + 32 * part + l);
        const q = ((quarter < 2 ? low : low >> 4) & 15) | (((high >> (2 * quarter)) & 3) << 4);
        out[to + i] = d * view.getInt8(at + 192 + (i >> 4)) * (q - 32);
      }
    },
  },
};

/** Numbers and bytes of one block. */
export function blockOf(format: BlockFormat): Pick<Layout, 'values' | 'bytes'> {
  return LAYOUTS[format];
}

/** Whole blocks as numbers, in f64: products of stored scales and integers, without rounding in between. */
export function widenBlocks(bytes: Uint8Array, format: BlockFormat): Float64Array {
  const { values, bytes: size, widen } = LAYOUTS[format];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks = bytes.byteLength / size;
  const out = new Float64Array(blocks * values);
  for (let block = 0; block < blocks; block++) widen(view, block * size, out, block * values);
  return out;
}
