// Divergence and log-probabilities from what the blocks of the head left of pairs of rows.

import type { Command } from '../device/commands.ts';
import { LANES, type Recorder, record } from './record.ts';

/**
 * Merges `blocks` blocks of each pair of rows, in their order: part[P, blocks, 4] (max and sum of exp, dense and
 * variant), gap[P, blocks], logit[P, 2] of the targets -> divergence[P, 3]: KL(dense || variant) in nats, and the
 * target's log-probability under the dense network and under the variant.
 */
export function divergenceMerge(
  on: Recorder,
  io: Record<'part' | 'gap' | 'logit' | 'divergence', GPUBuffer>,
  blocks: number,
): Command {
  return record(on, {
    kernel: 'divergence-merge',
    label: 'divergence merge',
    constants: {},
    bindings: 'uurrrw',
    shape: [blocks],
    buffers: [io.part, io.gap, io.logit, io.divergence],
    grid: ({ scored }) => [Math.ceil(scored / LANES), 1],
    account: ({ scored }) => ({ flops: 0, bytes: 4 * scored * (5 * blocks + 5) }),
  });
}
