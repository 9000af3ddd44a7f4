// Cross-entropy of the head's logits, and its gradient down to the rows that enter the head.

import type { Numbers } from '../common/numbers.ts';
import { matmul } from '../matmul.ts';
import { softmaxBack } from '../training/softmax.ts';
import { logSoftmax } from './log-softmax.ts';
import { matmulBack } from './low-rank.ts';

/**
 * hidden: [P, H], matrix: [vocab, H], bias: [vocab] or null, targets: [P], weights: [P], of a target's nats in the loss
 * -> the loss in nats, its gradient [P, H], and the targets' log-probabilities [P].
 */
export function crossEntropyBack(
  hidden: Numbers,
  matrix: Numbers,
  bias: Numbers | null,
  targets: Numbers,
  weights: Numbers,
): { readonly loss: number; readonly dHidden: Float64Array; readonly logprobs: Float64Array } {
  const width = hidden.length / targets.length;
  const vocab = matrix.length / width;
  const logits = matmul(hidden, matrix, width, { bias });
  const all = logSoftmax(logits, vocab);
  const logprobs = Float64Array.from(targets, (target, p) => all[p * vocab + target]!);
  return {
    loss: logprobs.reduce((sum, logprob, p) => sum - weights[p]! * logprob, 0),
    dHidden: matmulBack(softmaxBack(logits, targets, weights, vocab), matrix, width),
    logprobs,
  };
}
