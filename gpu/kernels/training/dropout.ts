// Dropout by a hash of key and position, so that a layer that is computed again leaves out the same.

import type { Command } from '../../device/commands.ts';
import { LANES, type Recorder, record } from '../record.ts';

/**
 * y[T, width] = x[T, width] with `share` of its values left out, by a hash of key[1] and `place`, and the others
 * divided by 1 - share; `add`: y += that.
 */
export function dropout(
  on: Recorder,
  io: Record<'x' | 'key' | 'y', GPUBuffer>,
  { width, place, share, add }: { width: number; place: number; share: number; add: boolean },
): Command {
  return record(on, {
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
