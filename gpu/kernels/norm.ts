// RMS norm and layer norm of rows.

import type { Command } from '../device/commands.ts';
import { type Recorder, type Rows, record } from './record.ts';

/**
 * y[rows, width] = norm of x[rows, width] times `weight` [width]; with `from` [rows], row p is the norm of x[from[p]].
 * RMS norm where `bias` is null, else layer norm plus `bias` [width]. `at`: the row of y that the first one becomes.
 */
export function norm(
  on: Recorder,
  io: { label: string; x: GPUBuffer; weight: GPUBuffer; bias: GPUBuffer | null; from: GPUBuffer | null; y: GPUBuffer },
  shape: { width: number; eps: number; over: Rows; at?: number },
): Command {
  return record(on, {
    kernel: 'norm',
    label: io.label,
    constants: { WG: 16, LAYER: io.bias !== null, GATHER: io.from !== null, ROWS: shape.over },
    bindings: 'uurrrrw',
    shape: [shape.width, shape.at ?? 0],
    floats: [shape.eps],
    buffers: [io.x, io.weight, io.bias ?? io.weight, io.from ?? io.weight, io.y],
    grid: (step) => [Math.ceil(step[shape.over] / 16), 1],
    account: (step) => ({ flops: 0, bytes: 4 * shape.width * (2 * step[shape.over] + (io.bias ? 2 : 1)) }),
  });
}
