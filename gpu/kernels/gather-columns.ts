// Weights of a sparse matrix, gathered from the dense one.

import type { Command } from '../device/commands.ts';
import type { DeviceMatrix } from './matrix.ts';
import { loads, MAX_GRID, type Recorder, record, wide } from './record.ts';
import { BLOCK_ROWS, type SparseMatrix } from './sparse-matrix.ts';

/** Fills `into.weights` [entries, 64] from w[rows, columns], which must be in one buffer. */
export function gatherColumns(on: Recorder, w: DeviceMatrix, into: SparseMatrix): Command {
  const rows = into.rows / into.factors;
  const count = into.entries * BLOCK_ROWS;
  return record(on, {
    kernel: 'gather-columns',
    label: `gather columns ${w.label}`,
    constants: { ...loads(w.chunks[0]!.format, false), GRID_X: MAX_GRID },
    bindings: 'uurrrw',
    shape: [count, rows, w.columns, Math.ceil(rows / BLOCK_ROWS)],
    buffers: [into.kept, w.chunks[0]!.buffer, into.blockOf, into.weights],
    grid: () => wide(Math.ceil(count / 64)),
  });
}
