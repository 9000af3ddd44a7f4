// A matrix of which each block of 64 rows keeps columns of its own. A gated matrix has two factors, the gate projection
// first.

import type { DeviceMatrix } from './matrix.ts';
import type { Recorder } from './record.ts';

/** Rows of a block: 16 lanes of four. */
export const BLOCK_ROWS = 64;

/** The kept columns of every block; of a gated matrix those of the gate projection's blocks come first. */
export interface SparseMatrix {
  readonly label: string;
  readonly rows: number; // of all factors
  readonly columns: number;
  readonly factors: 1 | 2;
  readonly entries: number; // kept columns of all blocks together
  readonly spans: GPUBuffer; // [blocks] first entry and number
  readonly kept: GPUBuffer; // [entries] column
  readonly blockOf: GPUBuffer; // [entries] block
  readonly weights: GPUBuffer; // [entries, 64] f32
  readonly bias: GPUBuffer | null;
}

/** Device bytes that `openSparse` takes for blocks that keep columns `keep`. */
export function sparseBytes(keep: readonly Uint32Array[]): number {
  const entries = keep.reduce((sum, { length }) => sum + length, 0);
  return 8 * keep.length + (8 + 4 * BLOCK_ROWS) * entries;
}

/**
 * Buffers for a matrix of which block t of rows keeps columns keep[t], ascending; `gatherColumns` fills in the
 * weights. The buffers belong to `pool`. Throws `gpu-memory`.
 */
export function openSparse(
  { gpu, pool }: Pick<Recorder, 'gpu' | 'pool'>,
  w: DeviceMatrix,
  factors: 1 | 2,
  keep: readonly Uint32Array[],
): SparseMatrix {
  const entries = keep.reduce((sum, { length }) => sum + length, 0);
  const spans = new Uint32Array(2 * keep.length);
  const kept = new Uint32Array(Math.max(1, entries));
  const blockOf = new Uint32Array(Math.max(1, entries));
  let at = 0;
  keep.forEach((columns, block) => {
    spans.set([at, columns.length], 2 * block);
    kept.set(columns, at);
    blockOf.fill(block, at, at + columns.length);
    at += columns.length;
  });
  const filled = (label: string, words: Uint32Array<ArrayBuffer>): GPUBuffer => {
    const buffer = pool.buffer(`${label} of ${w.label}`, words.byteLength);
    gpu.device.queue.writeBuffer(buffer, 0, words);
    return buffer;
  };
  return {
    ...{ label: w.label, rows: w.rows, columns: w.columns, factors, entries, bias: w.bias },
    spans: filled('blocks', spans),
    kept: filled('kept columns', kept),
    blockOf: filled('block of each column', blockOf),
    weights: pool.buffer(`sparse ${w.label}`, Math.max(4, 4 * BLOCK_ROWS * entries)),
  };
}
