// The gradient of attention's queries.

import type { Command } from '../../device/commands.ts';
import { type HeadShape, headLoads } from '../attention.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from '../record.ts';

/**
 * dq[T, heads headSize], of the scaled queries, from q, k, v, the output y and its gradient dy; rows are packed, so
 * that key j of row t is row t - positions[t] + j. sums[T, heads, 2] gets the log of each softmax's denominator and dy
 * . y, which `attentionKeysBack` reads.
 */
export function attentionQueriesBack(
  on: Recorder,
  io: Record<'q' | 'k' | 'v' | 'positions' | 'y' | 'dy' | 'dq' | 'sums', GPUBuffer>,
  { heads, kvHeads, headSize, window }: HeadShape & { window: number },
): Command {
  return record(on, {
    constants: { GRID_X: MAX_GRID, ...headLoads(headSize) },
    shape: [heads, heads / kvHeads, window],
    kernel: 'training/attention-queries',
    label: 'attention back: queries',
    bindings: 'uurrrrrrww',
    buffers: [io.q, io.k, io.v, io.positions, io.y, io.dy, io.dq, io.sums],
    grid: ({ rows }) => wide(Math.ceil((rows * heads) / LANES)),
  });
}
