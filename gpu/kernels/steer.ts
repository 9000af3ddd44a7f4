// Edits of the residual stream between layers.

import type { Node } from '../device/commands.ts';
import { node, type Recorder } from './node.ts';

/** x[T, width] += scale v, or `project`: += scale (x . v) v. */
export function steer(
  on: Recorder,
  io: { v: GPUBuffer; x: GPUBuffer },
  { width, scale, project }: { width: number; scale: number; project: boolean },
): Node {
  return node(on, {
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
