// Cross-entropy of the head's logits, and its gradient down to the rows that enter the head.

import { logSoftmax } from '../head.ts';
import { matmul } from '../matmul.ts';
import type { Numbers } from '../numbers.ts';
import { matmulBack } from './lora.ts';

/** weights times (softmax - one at the target): logits [P, vocab], targets and weights [P] -> [P, vocab]. */
export function softmaxBack(logits: Numbers, targets: Numbers, weights: Numbers, vocab: number): Float64Array {
  return logSoftmax(logits, vocab).map((logprob, at) => {
    const p = Math.floor(at / vocab);
    return weights[p]! * (Math.exp(logprob) - (targets[p] === at % vocab ? 1 : 0));
  });
}

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
