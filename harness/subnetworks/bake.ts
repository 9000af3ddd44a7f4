// A checkpoint with a mask applied, in Hugging Face layout: in the weight files the removed weights are 0 (or times gamma,
// rounded to the tensor's own format), and all else is as it was.

import { BenchError } from '../../base/error.ts';
import { copyCheckpoint } from '../../formats/checkpoint/copy.ts';
import { inspectWeights } from '../../formats/checkpoint/inspect.ts';
import type { HeaderEntry } from '../../formats/safetensors/header.ts';
import { BYTES, narrow, widen } from '../../formats/tensors/numbers.ts';
import type { MaskTensor } from '../../gpu/index.ts';
import { type MaskFile, requireMaskFits } from './mask-file.ts';

/**
 * Writes `into`, which must not exist, whole or not at all. Throws `bad-mask` for a mask of other weights, `unwritable`.
 */
export async function bakeCheckpoint(
  folder: string,
  mask: MaskFile,
  into: string,
  { gamma, file }: { readonly gamma: number; readonly file: string },
): Promise<void> {
  if (!(gamma >= 0 && gamma <= 1)) {
    throw new BenchError('usage', `gamma is ${gamma}`, { hint: 'give a number from 0 to 1' });
  }
  const { matrices, digest, transposed } = await inspectWeights(folder);
  requireMaskFits(mask, { weights: digest, tokenizer: null, matrices }, file);
  await copyCheckpoint(folder, into, (entry) => {
    const tensor = mask.masks.get(entry.name);
    return tensor === undefined ? null : (rows, first) => applyMask(rows, entry, first, tensor, gamma, transposed);
  });
}

/** Rows `first` on of a stored tensor; `transposed`: it is stored [columns, rows] of the mask. */
function applyMask(
  piece: Uint8Array,
  { shape, format }: HeaderEntry,
  first: number,
  { columns, words }: MaskTensor,
  gamma: number,
  transposed: boolean,
): void {
  const width = shape[1]!;
  const size = BYTES[format!];
  const perRow = Math.ceil(columns / 32);
  const count = piece.length / size;
  for (let i = 0; i < count; i++) {
    const [stored, across] = [first + Math.floor(i / width), i % width];
    const [row, column] = transposed ? [across, stored] : [stored, across];
    if (((words[row * perRow + (column >> 5)]! >>> (column & 31)) & 1) === 1) continue;
    const one = piece.subarray(i * size, (i + 1) * size);
    one.set(gamma === 0 ? new Uint8Array(size) : narrow([widen(one.slice(), format!)[0]! * gamma], format!));
  }
}
