// Sums of outer products: gradients of weights.

import type { Bound, Command } from '../../device/commands.ts';
import { MAX_GRID, type Recorder, record, wide } from '../record.ts';

/**
 * y[rows, width] += scale l[T, rows]^T r[T, width]. With `owner` [rows], only `columns` from owner[row] on are written
 * (2^32 - 1: none); runs of rows with one owner start at multiples of `unit`.
 */
export function outer(
  on: Recorder,
  io: { label: string; l: GPUBuffer; r: GPUBuffer; owner: GPUBuffer | null; y: Bound },
  shape: { rows: number; columns: number; width: number; unit: number; scale: number },
): Command {
  const { unit, scale } = shape;
  const sizes = [shape.rows, shape.columns, shape.width];
  const aligned = [unit, ...sizes].every((size) => size % 4 === 0);
  const [rows, columns, width] = aligned ? sizes.map((size) => size / 4) : sizes;
  const perLane = 2;
  return record(on, {
    kernel: 'training/outer',
    label: io.label,
    constants: {
      GRID_X: MAX_GRID,
      OWNED: io.owner !== null,
      ALIGNED: aligned,
      VEC: aligned ? 'vec4f' : 'f32',
      M: aligned ? 4 : 1,
      N: perLane,
    },
    bindings: 'uurrrw',
    shape: [rows!, columns!, width!],
    floats: [scale],
    buffers: [io.l, io.r, io.owner ?? io.l, io.y],
    grid: () => wide(Math.ceil((rows! * Math.ceil(columns! / perLane)) / 16)),
  });
}
