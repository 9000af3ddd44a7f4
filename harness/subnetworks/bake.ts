// A checkpoint with a mask applied, in Hugging Face layout: every file of the model is copied, and in the weight files the
// removed weights are 0 (or times gamma, rounded to the tensor's own format).

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError, type MaskTensor } from '../../gpu/index.ts';
import { BYTES, narrow, widen } from '../../gpu/model/convert.ts';
import { type HeaderEntry, headerLength, parseHeader } from '../../gpu/model/header.ts';
import { inspectWeights } from '../../gpu/model/inspect.ts';
import { type MaskFile, requireMaskFits } from './mask-file.ts';

/** Bytes of a tensor that are in memory at once. */
const PIECE_BYTES = 8 * 2 ** 20;

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
  if ((await stat(into).catch(() => null)) !== null) {
    throw new BenchError('unwritable', 'there is something of that name already', {
      where: into,
      hint: 'choose another folder',
    });
  }
  const { matrices, digest, transposed } = await inspectWeights(folder);
  requireMaskFits(mask, { weights: digest, tokenizer: null, matrices }, file);
  const aside = `${into}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(aside, { recursive: true });
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (!entry.isFile() && !entry.isSymbolicLink()) continue;
      const [from, to] = [join(folder, entry.name), join(aside, entry.name)];
      if (!(await stat(from)).isFile()) continue;
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      if (entry.name.endsWith('.safetensors')) await maskFile(to, mask, gamma, transposed);
    }
    await rename(aside, into);
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof BenchError) throw error;
    throw new BenchError('unwritable', `the checkpoint cannot be written (${(error as Error).message})`, {
      where: into,
      hint: 'choose another folder, or make room on the disk',
      cause: error,
    });
  }
}

/** Masks the tensors of one weight file in place. */
async function maskFile(path: string, { masks }: MaskFile, gamma: number, transposed: boolean): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const { size } = await handle.stat();
    const read = async (at: number, bytes: number): Promise<Uint8Array> => {
      const piece = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await handle.read(piece, done, bytes - done, at + done);
        if (bytesRead === 0)
          throw new BenchError('bad-weights', 'the file ends before its last tensor', { where: path });
        done += bytesRead;
      }
      return piece;
    };
    const length = headerLength(await read(0, 8), size, path);
    const entries = parseHeader(await read(8, length), size - 8 - length, path);
    for (const entry of entries) {
      const tensor = masks.get(entry.name);
      if (tensor === undefined || entry.format === null) continue;
      const width = entry.shape[1]!;
      const rowBytes = width * BYTES[entry.format];
      const atOnce = Math.max(1, Math.floor(PIECE_BYTES / rowBytes));
      for (let row = 0; row < entry.shape[0]!; row += atOnce) {
        const rows = Math.min(atOnce, entry.shape[0]! - row);
        const at = 8 + length + entry.begin + row * rowBytes;
        const piece = await read(at, rows * rowBytes);
        applyMask(piece, entry, row, tensor, gamma, transposed);
        for (let done = 0; done < piece.length; ) {
          done += (await handle.write(piece, done, piece.length - done, at + done)).bytesWritten;
        }
      }
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
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
