// The activation of an MLP by itself.

import type { Node } from '../device/commands.ts';
import { ACTIVATION, type Activation } from './index.ts';
import { LANES, node, type Recorder } from './node.ts';

/** y[T, width] = act(s), or act(first half of s's rows) * second half where gated: s is [T, 2 width] then. */
export function gate(
  on: Recorder,
  io: { s: GPUBuffer; y: GPUBuffer },
  { width, activation, gated }: { width: number; activation: Activation; gated: boolean },
): Node {
  return node(on, {
    kernel: 'gate',
    label: 'gate',
    constants: { GATED: gated, [ACTIVATION[activation]]: true },
    bindings: 'uurw',
    shape: [width],
    buffers: [io.s, io.y],
    grid: ({ rows }) => [Math.ceil(width / LANES), rows],
    account: ({ rows }) => ({ flops: 0, bytes: 4 * rows * width * (gated ? 3 : 2) }),
  });
}
