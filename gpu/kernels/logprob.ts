// Log-probabilities from what the blocks of the head left.

import type { Command } from '../device/commands.ts';
import { LANES, type Recorder, record } from './record.ts';

/**
 * Merges `blocks` blocks of each scored row, in their order: part[P, blocks] (max, sum of exp), best[P, blocks] ids,
 * logit[P] of targets[P] -> logprob[P] in nats, and greedy[P], 1 where the target is the argmax (ties: the lower id).
 */
export function logprob(
  on: Recorder,
  io: Record<'part' | 'best' | 'logit' | 'targets' | 'logprob' | 'greedy', GPUBuffer>,
  blocks: number,
): Command {
  return record(on, {
    kernel: 'logprob',
    label: 'logprob',
    constants: {},
    bindings: 'uurrrrww',
    shape: [blocks],
    buffers: [io.part, io.best, io.logit, io.targets, io.logprob, io.greedy],
    grid: ({ scored }) => [Math.ceil(scored / LANES), 1],
    account: ({ scored }) => ({ flops: 0, bytes: 4 * scored * (3 * blocks + 4) }),
  });
}
