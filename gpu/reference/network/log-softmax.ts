// Logits -> natural log-probabilities: log softmax(z)[t] = z[t] - max z - log sum exp(z - max z).

import type { Top } from '../../engine/types.ts';
import type { Numbers } from '../common/numbers.ts';

/** logits: [P, vocab] -> the log-probabilities of every token, [P, vocab]. */
export function logSoftmax(logits: Numbers, vocab: number): Float64Array {
  const out = new Float64Array(logits.length);
  for (let start = 0; start < logits.length; start += vocab) {
    let greatest = -Infinity;
    for (let i = 0; i < vocab; i++) greatest = Math.max(greatest, logits[start + i]!);
    let total = 0;
    for (let i = 0; i < vocab; i++) total += Math.exp(logits[start + i]! - greatest);
    for (let i = 0; i < vocab; i++) out[start + i] = logits[start + i]! - greatest - Math.log(total);
  }
  return out;
}

/**
 * logits: [P, vocab], targets: [P] -> the targets' log-probabilities [P] and the likeliest ids [P] (ties: the lower).
 */
export function scoreTargets(
  logits: Numbers,
  targets: Numbers,
  vocab: number,
): { readonly logprobs: Float64Array; readonly argmax: Uint32Array } {
  const all = logSoftmax(logits, vocab);
  return {
    logprobs: Float64Array.from(targets, (target, p) => all[p * vocab + target]!),
    argmax: Uint32Array.from(targets, (_, p) => top(logits, p * vocab, vocab, 1)[0]![0]),
  };
}

/** The n likeliest ids of the `vocab` logits from `start` on, best first (ties: the lower id first). */
export function top(logits: Numbers, start: number, vocab: number, n: number): Top {
  const row = Float64Array.from({ length: vocab }, (_, id) => logits[start + id]!);
  const logprobs = logSoftmax(row, vocab);
  return Array.from(row.keys())
    .sort((a, b) => row[b]! - row[a]! || a - b)
    .slice(0, n)
    .map((id) => [id, logprobs[id]!] as const);
}
