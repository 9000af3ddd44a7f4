// A matrix on the device. One that exceeds what the device binds is split into chunks of rows, each in a buffer of its
// own; a kernel then runs once per chunk and gives the same bits as on the whole.

import { BenchError } from '../../base/error.ts';
import { BYTES } from '../../formats/tensors/numbers.ts';
import { type Format, isBlocks } from '../../formats/tensors/tensor.ts';
import { sized } from '../device/memory.ts';
import { HEAD_BLOCK } from './matmul-tiles.ts';

/** A run of rows. Of a gated matrix: the same run of both factors, the gate projection's first. */
export interface RowChunk {
  readonly first: number; // row of y that its first row gives
  readonly rows: number; // of all factors
}

/** [rows, columns], each chunk in its own bits. `bias` is f32 and never split, or null. */
export interface DeviceMatrix {
  readonly label: string;
  readonly rows: number; // of all factors
  readonly columns: number;
  readonly chunks: readonly (RowChunk & { readonly buffer: GPUBuffer; readonly format: Format })[];
  readonly bias: GPUBuffer | null;
}

/** Bytes of the elements of all chunks. */
export function matrixBytes({ columns, chunks }: Pick<DeviceMatrix, 'columns' | 'chunks'>): number {
  return chunks.reduce((sum, { rows, format }) => sum + rows * columns * BYTES[format], 0);
}

/** Whether any of the weights are in blocks: these have no bits of their own for a weight of 0. */
export function hasBlocks({ chunks }: Pick<DeviceMatrix, 'chunks'>): boolean {
  return chunks.some(({ format }) => isBlocks(format));
}

/** Keep bits of a matrix: one buffer per chunk, [its rows, ceil(columns/32)] words. */
export interface DeviceMask {
  readonly chunks: readonly GPUBuffer[];
  readonly gamma: number; // what a removed weight is multiplied with
}

/**
 * The chunks of a matrix of `factors` (2: gated) times `rows` rows, each of at most `limit` bytes and all but the last
 * of whole blocks of the head. Throws `gpu-memory` when a single block exceeds the limit.
 */
export function rowChunks(
  label: string,
  { rows, columns, format, factors }: { rows: number; columns: number; format: Format; factors: 1 | 2 },
  limit: number,
): readonly RowChunk[] {
  const rowBytes = columns * BYTES[format];
  if (factors * rows * rowBytes <= limit) return [{ first: 0, rows: factors * rows }];
  const most = (HEAD_BLOCK * Math.floor(limit / (HEAD_BLOCK * rowBytes))) / factors;
  if (most === 0) {
    throw new BenchError(
      'gpu-memory',
      `${HEAD_BLOCK} rows of ${label} take ${sized(HEAD_BLOCK * rowBytes)}, and this device binds at most ${sized(limit)}`,
      { hint: 'use another device (bench doctor lists the limits)' },
    );
  }
  return Array.from({ length: Math.ceil(rows / most) }, (_, i) => ({
    first: i * most,
    rows: factors * Math.min(most, rows - i * most),
  }));
}
