// How blocks lie on the device: in groups that are whole words, with the scales of a group first. Blocks of an odd number of
// half words come in pairs; the others stay as ggml stores them. A group takes as many bytes as its blocks.

import { blockOf } from '../../formats/tensors/blocks.ts';
import { BYTES } from '../../formats/tensors/numbers.ts';
import { type BlockFormat, type Format, isBlocks } from '../../formats/tensors/tensor.ts';

/** Bytes of a block's parts in the order of the device, each taken from both blocks in turn: [first byte, bytes]. */
const PAIRED: Partial<Readonly<Record<BlockFormat, readonly (readonly [from: number, bytes: number])[]>>> = {
  q4_0: [
    [0, 2], // d
    [2, 16], // q
  ],
  q5_0: [
    [0, 2], // d
    [2, 4], // h
    [6, 16], // q
  ],
  q8_0: [
    [0, 2], // d
    [2, 32], // q
  ],
  q6_k: [
    [208, 2], // d
    [192, 16], // scales
    [0, 128], // low
    [128, 64], // high
  ],
};

/** Bytes of a group: one block, or a pair. 4 of other formats, which are read in words. */
export function groupBytes(format: Format): number {
  if (!isBlocks(format)) return 4;
  return blockOf(format).bytes * (PAIRED[format] === undefined ? 1 : 2);
}

/** Device bytes of `elements` weights that follow each other: whole groups. */
export function storedBytes(elements: number, format: Format): number {
  const group = groupBytes(format);
  return group * Math.ceil((elements * BYTES[format]) / group);
}

/** Whole groups as ggml stores their blocks -> as the device does. */
export function grouped(bytes: Uint8Array, format: Format): Uint8Array {
  const parts = isBlocks(format) ? PAIRED[format] : undefined;
  if (parts === undefined) return bytes;
  const size = groupBytes(format);
  const block = size / 2;
  const whole = size * Math.ceil(bytes.length / size);
  const from = bytes.length === whole ? bytes : new Uint8Array(whole);
  if (from !== bytes) from.set(bytes);
  const out = new Uint8Array(whole);
  for (let group = 0, to = 0; group < whole; group += size) {
    for (const [first, count] of parts) {
      for (const at of [group + first, group + block + first]) {
        out.set(from.subarray(at, at + count), to);
        to += count;
      }
    }
  }
  return out;
}
