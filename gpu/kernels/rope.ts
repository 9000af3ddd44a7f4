// Rotary position embedding, with the split of qkv and the norm of heads that precede it.

import type { Command } from '../device/commands.ts';
import type { HeadShape } from './attention.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from './record.ts';

/** Heads and their rotation. */
export interface RopeShape extends HeadShape {
  readonly pairs: number; // rotated dimensions of a head, halved
  readonly byHead: boolean; // qkv rows are q, k and v of head 0, then of head 1
  readonly eps: number; // of the norm of queries and keys
}

/**
 * Splits qkv[T, (heads + 2 kvHeads) headSize], norms queries and keys by head where there are `norms` [2 headSize],
 * rotates both by their position, and scales q by 1 / sqrt(headSize) -> q[T, heads headSize], and k and v at row
 * cacheRows[t] of their caches. `rotations`: [positions, pairs] cos, sin.
 */
export function rope(
  on: Recorder,
  io: Record<'qkv' | 'rotations' | 'positions' | 'cacheRows' | 'q' | 'k' | 'v', GPUBuffer> & {
    norms: GPUBuffer | null;
  },
  { heads, kvHeads, headSize, pairs, byHead, eps }: RopeShape,
): Command {
  return record(on, {
    kernel: 'rope',
    label: 'rope',
    constants: { GRID_X: MAX_GRID, QK_NORM: io.norms !== null, BY_HEAD: byHead },
    bindings: 'uurrrrrwww',
    shape: [heads, kvHeads, headSize, pairs],
    floats: [1 / Math.sqrt(headSize), eps],
    buffers: [io.qkv, io.rotations, io.positions, io.cacheRows, io.norms ?? io.rotations, io.q, io.k, io.v],
    grid: ({ rows }) => wide(Math.ceil((rows * (heads + 2 * kvHeads)) / LANES)),
    account: ({ rows }) => ({ flops: 0, bytes: 8 * rows * ((heads + 2 * kvHeads) * headSize + pairs) }),
  });
}
