// Rows of a matrix as the selection kernels take them: weights with their scores, or keys that order as scores do.

import type { Format } from '../../../formats/tensors/tensor.ts';
import type { Command } from '../../device/commands.ts';
import { loads, MAX_GRID, type Recorder, record, wide } from '../record.ts';
import type { Score } from '../types.ts';

const LANES = 32;

/** The constants that all selection kernels share. */
export const constants = { WG: LANES, GRID_X: MAX_GRID };

/** The grid of `count` lanes. */
export const lanes = (count: number) => (): readonly [number, number] => wide(Math.ceil(count / LANES));

/** Rows of a named matrix within a buffer, and what ranks them. */
export interface ScoredRows {
  readonly label: string;
  readonly buffer: GPUBuffer; // [.., columns] in `format`
  readonly format: Format;
  readonly columns: number;
  readonly at: number; // row of the buffer where they start
  readonly first: number; // row of the named matrix
  readonly rows: number;
  readonly kind: Score['kind'];
  readonly vectors: GPUBuffer; // [2, columns], f32: `by`, then `fill` or `against`
  readonly hash: number; // of seed and name; u32
  readonly bits: { readonly buffer: GPUBuffer; readonly at: number } | null; // words [rows, ceil(columns/32)]
  readonly inverses: { readonly buffer: GPUBuffer; readonly at: number } | null; // [rows, 2], by `shares`
}

/** Keys in `buffer` from element `at`: [rows, columns]. */
export interface Keys {
  readonly label: string;
  readonly buffer: GPUBuffer;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
}

/** A command of `kernel`, one of those that include _weight-score.wgsl. */
export function recordScored(
  on: Recorder,
  kernel: 'keys' | 'shares' | 'sums',
  rows: ScoredRows,
  y: { readonly buffer: GPUBuffer; readonly at: number },
  options: {
    readonly along?: boolean;
    readonly inverses?: boolean;
    readonly tile?: readonly number[];
    readonly lanes: number;
  },
): Command {
  const { kind, columns, vectors } = rows;
  const flags = {
    PRODUCT: kind === 'product' || kernel === 'shares',
    FILLED: kind === 'filled',
    INVERSES: kind === 'shares' && options.inverses !== false,
    APART: kind === 'apart',
    SPARED: kind === 'spared',
    RANDOM: kind === 'random',
    BITS: kernel === 'keys' && rows.bits !== null,
    ALONG: options.along === true,
  };
  const [tileRows = 1, tileFirst = 0] = options.tile ?? [];
  return record(on, {
    kernel: `selection/${kernel}`,
    label: `${kernel} ${rows.label}`,
    constants: { ...constants, ...loads(rows.format, false), ...flags },
    bindings: 'uurrrrw',
    shape: [
      ...[rows.rows, columns, Math.ceil(columns / 32), rows.at, rows.first, y.at, rows.bits?.at ?? 0],
      ...[rows.inverses?.at ?? 0, rows.hash, tileRows, tileFirst],
    ],
    // A kernel that needs no bits or inverses does not look at what is bound in their place.
    buffers: [
      ...[vectors, rows.buffer, rows.bits?.buffer ?? vectors],
      ...[flags.INVERSES ? rows.inverses!.buffer : vectors, y.buffer],
    ],
    grid: lanes(options.lanes),
  });
}
