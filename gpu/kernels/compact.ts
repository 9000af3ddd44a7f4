// A matrix without its removed rows and columns.

import type { Format } from '../../formats/tensors/tensor.ts';
import type { Command } from '../device/commands.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from './record.ts';

/**
 * y[rows.length, columns.length] = those rows and columns of w; an even number of columns where weights have 16 bits.
 */
export function compact(
  on: Recorder,
  io: { w: GPUBuffer; rows: GPUBuffer; columns: GPUBuffer; y: GPUBuffer },
  { width, rows, columns, format }: { width: number; rows: number; columns: number; format: Format },
): Command {
  const perRow = format === 'f32' ? columns : columns / 2;
  return record(on, {
    kernel: 'compact',
    label: 'compact',
    constants: { F32: format === 'f32', GRID_X: MAX_GRID },
    bindings: 'uurrrw',
    shape: [rows * perRow, perRow, width],
    buffers: [io.w, io.rows, io.columns, io.y],
    grid: () => wide(Math.ceil((rows * perRow) / LANES)),
  });
}
