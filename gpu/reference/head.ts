// What each block of the vocabulary leaves of its logits: greatest, sum of exponentials, and the id of the greatest.

import type { Numbers } from './common/numbers.ts';

/** By row and block. */
export interface HeadBlocks {
  readonly part: Float64Array; // [P, blocks, 2]: max, sum of exp(logit - max)
  readonly best: Uint32Array; // [P, blocks]: id of the greatest logit (ties: the lower)
  readonly logit: Float64Array; // [P]: of the target
}

/** logits: [P, vocab], targets: [P] -> what blocks of `size` tokens leave of them. */
export function head(logits: Numbers, targets: Numbers, vocab: number, size: number): HeadBlocks {
  const rows = targets.length;
  const blocks = Math.ceil(vocab / size);
  const part = new Float64Array(rows * blocks * 2);
  const best = new Uint32Array(rows * blocks);
  for (let p = 0; p < rows; p++) {
    for (let block = 0; block < blocks; block++) {
      const stop = Math.min(vocab, (block + 1) * size);
      let id = block * size;
      for (let i = id; i < stop; i++) if (logits[p * vocab + i]! > logits[p * vocab + id]!) id = i;
      const greatest = logits[p * vocab + id]!;
      let total = 0;
      for (let i = block * size; i < stop; i++) total += Math.exp(logits[p * vocab + i]! - greatest);
      part.set([greatest, total], 2 * (p * blocks + block));
      best[p * blocks + block] = id;
    }
  }
  return { part, best, logit: Float64Array.from(targets, (target, p) => logits[p * vocab + target]!) };
}
