// The gradient of the cross-entropy with respect to logits.

import type { Command } from '../../device/commands.ts';
import { LANES, type Recorder, record } from '../record.ts';

/**
 * y[P, columns], in place: logits without bias of the tokens from `first` on -> weights[P] times (softmax - 1 at the
 * target). logit[P] and logprob[P] of targets[P] are as `scoreHead` leaves them; columns beyond `vocab` become 0.
 */
export function softmaxBack(
  on: Recorder,
  io: Record<'targets' | 'weights' | 'logit' | 'logprob' | 'y', GPUBuffer> & { bias: GPUBuffer | null },
  { columns, first, vocab }: { columns: number; first: number; vocab: number },
): Command {
  return record(on, {
    kernel: 'training/softmax',
    label: 'softmax back',
    constants: { BIAS: io.bias !== null },
    bindings: 'uurrrrrw',
    shape: [columns, first, vocab],
    buffers: [io.bias ?? io.weights, io.targets, io.weights, io.logit, io.logprob, io.y],
    grid: ({ scored }) => [scored === 0 ? 0 : Math.ceil(columns / LANES), scored],
  });
}
