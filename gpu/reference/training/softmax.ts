// The gradient of the cross-entropy with respect to logits.

import type { Numbers } from '../common/numbers.ts';
import { logSoftmax } from '../network/log-softmax.ts';

/** weights times (softmax - one at the target): logits [P, vocab], targets and weights [P] -> [P, vocab]. */
export function softmaxBack(logits: Numbers, targets: Numbers, weights: Numbers, vocab: number): Float64Array {
  return logSoftmax(logits, vocab).map((logprob, at) => {
    const p = Math.floor(at / vocab);
    return weights[p]! * (Math.exp(logprob) - (targets[p] === at % vocab ? 1 : 0));
  });
}
