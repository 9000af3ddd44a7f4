// Log-probabilities from what the blocks of the head left.

import type { Numbers } from './common/numbers.ts';
import type { HeadBlocks } from './head.ts';

/** targets: [P] -> their log-probabilities [P] in nats, and whether each is the argmax [P], 0 or 1. */
export function logprob(
  { part, best, logit }: HeadBlocks,
  targets: Numbers,
): { readonly logprobs: Float64Array; readonly greedy: Uint32Array } {
  const blocks = best.length / targets.length;
  const logprobs = new Float64Array(targets.length);
  const greedy = new Uint32Array(targets.length);
  for (let p = 0; p < targets.length; p++) {
    const first = p * blocks;
    let winner = first;
    for (let block = first; block < first + blocks; block++) if (part[2 * block]! > part[2 * winner]!) winner = block;
    const greatest = part[2 * winner]!;
    let total = 0;
    for (let block = first; block < first + blocks; block++) {
      total += part[2 * block + 1]! * Math.exp(part[2 * block]! - greatest);
    }
    logprobs[p] = logit[p]! - greatest - Math.log(total);
    greedy[p] = best[winner] === targets[p] ? 1 : 0;
  }
  return { logprobs, greedy };
}
