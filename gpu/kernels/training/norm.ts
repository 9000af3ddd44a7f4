// The gradient of a norm's input.

import type { Command } from '../../device/commands.ts';
import { type Recorder, record } from '../record.ts';

/** dx (+)= gradient of a norm's input; with `from`, row t takes row from[t] of dy, and 0 where from[t] is 2^32 - 1. */
export function normBack(
  on: Recorder,
  io: { x: GPUBuffer; weight: GPUBuffer; dy: GPUBuffer; from: GPUBuffer | null; dx: GPUBuffer },
  { width, eps, layer, add }: { width: number; eps: number; layer: boolean; add: boolean },
): Command {
  return record(on, {
    kernel: 'training/norm',
    label: 'norm back',
    constants: { LAYER: layer, ADD: add, SCATTER: io.from !== null },
    bindings: 'uurrrrw',
    shape: [width],
    floats: [eps],
    buffers: [io.x, io.weight, io.dy, io.from ?? io.weight, io.dx],
    grid: ({ rows }) => [Math.ceil(rows / 16), 1],
  });
}
