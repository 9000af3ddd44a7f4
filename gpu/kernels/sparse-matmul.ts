// The matrix product over the columns that each block of rows keeps.

import type { Command } from '../device/commands.ts';
import { ACTIVATION } from './activation.ts';
import type { MatmulOptions } from './matmul.ts';
import { tilesFor } from './matmul-tiles.ts';
import { type Recorder, record } from './record.ts';
import { BLOCK_ROWS, type SparseMatrix } from './sparse-matrix.ts';

/**
 * y[M, N] = `matmul` of x[M, K] over the kept columns alone; the same bits as `matmul` gives on weights of which the
 * others are 0.
 */
export function sparseMatmul(
  on: Recorder,
  io: { x: GPUBuffer; w: SparseMatrix; y: GPUBuffer },
  { residual = false, activation, over = 'rows' }: Pick<MatmulOptions, 'residual' | 'activation' | 'over'> = {},
): Command {
  const { w } = io;
  const n = w.rows / w.factors;
  const gated = w.factors === 2;
  const { sparse: most } = tilesFor(on.gpu);
  const rows = (m: number): number => (m === 1 ? 1 : most / w.factors);
  const constants = new Map(
    [1, most / w.factors].map((perLane) => [
      perLane,
      {
        MT: perLane,
        NC: 4,
        NR: 4 * w.factors,
        ROWS: over,
        BIAS: w.bias !== null,
        RESIDUAL: residual,
        GATED: gated,
        ACTIVATE: activation !== undefined,
        ...(activation && { [ACTIVATION[activation]]: true }),
      },
    ]),
  );
  return record(on, {
    kernel: 'sparse-matmul',
    label: `sparse ${w.label}`,
    constants: (step) => constants.get(rows(step[over]))!,
    bindings: 'uurrrwrr',
    shape: [n, w.columns, Math.ceil(n / BLOCK_ROWS), 0, n],
    buffers: [io.x, w.weights, w.bias ?? w.weights, io.y, w.spans, w.kept],
    grid: (step) => [Math.ceil(n / BLOCK_ROWS), Math.ceil(step[over] / rows(step[over]))],
    account: (step) => ({
      flops: 2 * step[over] * BLOCK_ROWS * w.entries,
      bytes: 4 * ((BLOCK_ROWS + 1) * w.entries + step[over] * (w.columns + (residual ? 2 : 1) * n)),
    }),
  });
}
