// Dropout by a hash of key and position, so that a layer that is computed again leaves out the same.

import type { Node } from '../../device/commands.ts';
import { LANES, node, type Recorder } from '../node.ts';

/**
 * y[T, width] = x[T, width] with `share` of its values left out, by a hash of key[1] and `place`, and the others divided by
 * 1 - share; `add`: y += that.
 */
export function dropout(
  on: Recorder,
  io: Record<'x' | 'key' | 'y', GPUBuffer>,
  { width, place, share, add }: { width: number; place: number; share: number; add: boolean },
): Node {
  return node(on, {
    kernel: 'training/dropout',
    label: 'dropout',
    constants: { ADD: add },
    bindings: 'uurrw',
    shape: [width, place, Math.floor(share * 2 ** 32)],
    floats: [1 / (1 - share)],
    buffers: [io.x, io.key, io.y],
    grid: ({ rows }) => [Math.ceil(width / LANES), rows],
  });
}
