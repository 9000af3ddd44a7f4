// Blocks of ggml against gguf-py 0.19.0 (gguf.quants): digests of what it reads from given bytes, and writes for given numbers.

import { createHash } from 'node:crypto';
import * as assert from 'uvu/assert';
import { blockOf } from '../../formats/tensors/blocks.ts';
import { BYTES, narrow, widen } from '../../formats/tensors/numbers.ts';
import { BLOCK_FORMATS, type BlockFormat } from '../../formats/tensors/tensor.ts';
import { suite } from '../support/suite.ts';

const test = suite('blocks');
const short = (bytes: ArrayBufferView): string => {
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return createHash('sha256').update(view).digest('hex').slice(0, 16);
};

/** sha256 of four blocks as f32, and of 512 numbers as blocks; gguf-py writes no blocks of 256. */
const KNOWN: Readonly<Record<BlockFormat, readonly [read: string, written: string | null]>> = {
  q4_0: ['b60baf6fbfa6adef', '78a0f938e23942cf'],
  q4_1: ['6b45111c731a0bec', 'a97b57d20d09e65e'],
  q5_0: ['c459316bcc4764c7', 'eaaadaf56e497d0e'],
  q5_1: ['baea9c2bcab3628c', '3e4dae32d87039bc'],
  q8_0: ['085d041ef9f3d976', 'ba31c8e8d05b3999'],
  q4_k: ['739da5c731cea1cf', null],
  q5_k: ['a101167a4910c7f0', null],
  q6_k: ['cde48ca382b8f4c6', null],
};

/** Every byte takes part; the scales are 0.5 and -0.25. */
function patterned(format: BlockFormat): Uint8Array {
  const { bytes } = blockOf(format);
  const out = Uint8Array.from({ length: 4 * bytes }, (_, i) => (i * 73) % 251);
  const view = new DataView(out.buffer);
  for (let at = 0; at < out.length; at += bytes) {
    view.setUint16(at + (format === 'q6_k' ? 208 : 0), 0x3800, true);
    if (['q4_1', 'q5_1', 'q4_k', 'q5_k'].includes(format)) view.setUint16(at + 2, 0xb400, true);
  }
  return out;
}

const NUMBERS = Float64Array.from({ length: 512 }, (_, i) => (i >= 64 && i < 96 ? 0 : (((i * 37) % 101) - 50) / 16));

test('the numbers of given blocks', () => {
  for (const format of BLOCK_FORMATS) {
    assert.is(short(Float32Array.from(widen(patterned(format), format))), KNOWN[format][0], format);
  }
});

test('the blocks of given numbers', () => {
  for (const format of BLOCK_FORMATS) {
    const written = narrow(NUMBERS, format);
    assert.is(written.length, 512 * BYTES[format]);
    if (KNOWN[format][1] !== null) assert.is(short(written), KNOWN[format][1], format);
  }
});

test('the error of a number is at most half a step of its block', () => {
  for (const [format, steps] of [
    ['q8_0', 254],
    ['q6_k', 60],
    ['q5_k', 29],
    ['q4_k', 13.5],
  ] as const) {
    const back = widen(narrow(NUMBERS, format), format);
    const range = 6.25; // from -3.125 to 3.125
    for (const [i, value] of NUMBERS.entries()) {
      assert.ok(Math.abs(back[i]! - value) <= range / steps / 2 + 0.06, `${format} ${i}: ${back[i]} for ${value}`);
    }
  }
  const zeros = new Float64Array(256);
  for (const format of BLOCK_FORMATS) assert.equal([...widen(narrow(zeros, format), format)].map(Math.abs), [...zeros]);
});

test.run();
