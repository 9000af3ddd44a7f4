// Edits of the residual stream between layers.

import type { Command } from '../device/commands.ts';
import { type Recorder, record } from './record.ts';

/** x[T, width] += scale v, or `project`: += scale (x . v) v. */
export function steer(
  on: Recorder,
  io: { v: GPUBuffer; x: GPUBuffer },
  { width, scale, project }: { width: number; scale: number; project: boolean },
): Command {
  return record(on, {
    kernel: 'steer',
    label: 'steer',
    constants: { PROJECT: project },
    bindings: 'uurw',
    shape: [width],
    floats: [scale],
    buffers: [io.v, io.x],
    grid: ({ rows }) => [Math.ceil(rows / 16), 1],
    account: ({ rows }) => ({ flops: 0, bytes: 4 * width * (2 * rows + 1) }),
  });
}
