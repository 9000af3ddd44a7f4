// The gradient of rotated, normed heads with respect to the qkv product.

import type { Command } from '../../device/commands.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from '../record.ts';
import type { RopeShape } from '../rope.ts';

/** dx[T, (heads + 2 kvHeads) headSize], of qkv, from dq of the rotated and scaled queries, dk and dv; see `rope`. */
export function ropeBack(
  on: Recorder,
  io: Record<'qkv' | 'rotations' | 'positions' | 'dq' | 'dk' | 'dv' | 'dx', GPUBuffer> & { norms: GPUBuffer | null },
  { heads, kvHeads, headSize, pairs, byHead, eps }: RopeShape,
): Command {
  return record(on, {
    kernel: 'training/rope',
    label: 'rope back',
    constants: { GRID_X: MAX_GRID, QK_NORM: io.norms !== null, BY_HEAD: byHead },
    bindings: 'uurrrrrrrw',
    shape: [heads, kvHeads, headSize, pairs],
    floats: [1 / Math.sqrt(headSize), eps],
    buffers: [io.qkv, io.rotations, io.positions, io.norms ?? io.rotations, io.dq, io.dk, io.dv, io.dx],
    grid: ({ rows }) => wide(Math.ceil((rows * (heads + 2 * kvHeads)) / LANES)),
  });
}
