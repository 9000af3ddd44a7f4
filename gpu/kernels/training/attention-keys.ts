// The gradient of attention's keys and values.

import type { Command } from '../../device/commands.ts';
import { type HeadShape, headLoads } from '../attention.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from '../record.ts';

/**
 * dk and dv[T, kvHeads headSize] from q (scaled), k, v, dy and the `sums` that `attentionQueriesBack` left; each is
 * summed over the queries that read the key, in ascending order.
 */
export function attentionKeysBack(
  on: Recorder,
  io: Record<'q' | 'k' | 'v' | 'positions' | 'dy' | 'sums' | 'dk' | 'dv', GPUBuffer>,
  { heads, kvHeads, headSize, window }: HeadShape & { window: number },
): Command {
  return record(on, {
    constants: { GRID_X: MAX_GRID, ...headLoads(headSize) },
    shape: [heads, heads / kvHeads, window],
    kernel: 'training/attention-keys',
    label: 'attention back: keys',
    bindings: 'uurrrrrrww',
    buffers: [io.q, io.k, io.v, io.positions, io.dy, io.sums, io.dk, io.dv],
    grid: ({ rows }) => wide(Math.ceil((rows * kvHeads) / LANES)),
  });
}
