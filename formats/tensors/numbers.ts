// Bits of stored weights <-> numbers. Widening is exact; narrowing rounds to nearest, ties to even.

import { blockOf, widenBlocks } from './blocks.ts';
import { fromBf16, fromF16, toBf16, toF16 } from './half.ts';
import { narrowBlocks } from './quantise.ts';
import { BLOCK_FORMATS, type Format, isBlocks } from './tensor.ts';

export { fromBf16, fromF16, toBf16, toF16 } from './half.ts';

/** Bytes of one element; of blocks their mean over a block, so that whole rows of elements times it are whole bytes. */
export const BYTES = {
  ...{ f32: 4, f16: 2, bf16: 2 },
  ...Object.fromEntries(BLOCK_FORMATS.map((format) => [format, blockOf(format).bytes / blockOf(format).values])),
} as Readonly<Record<Format, number>>;

/** Little-endian elements of `format`, widened exactly. */
export function widen(bytes: Uint8Array, format: Format): Float64Array {
  if (isBlocks(format)) return widenBlocks(bytes, format);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float64Array(bytes.byteLength / BYTES[format]);
  for (let i = 0; i < out.length; i++) {
    if (format === 'f32') out[i] = view.getFloat32(4 * i, true);
    else out[i] = (format === 'bf16' ? fromBf16 : fromF16)(view.getUint16(2 * i, true));
  }
  return out;
}

/** Numbers -> little-endian elements of `format`, rounded to nearest, ties to even. */
export function narrow(values: ArrayLike<number>, format: Format): Uint8Array {
  if (isBlocks(format)) return narrowBlocks(values, format);
  const out = new Uint8Array(values.length * BYTES[format]);
  const view = new DataView(out.buffer);
  for (let i = 0; i < values.length; i++) {
    if (format === 'f32') view.setFloat32(4 * i, values[i]!, true);
    else view.setUint16(2 * i, (format === 'bf16' ? toBf16 : toF16)(values[i]!), true);
  }
  return out;
}
