// What each block of the vocabulary leaves of two rows of logits, for their divergence.

import type { Numbers } from './common/numbers.ts';

/** By pair of rows and block. */
export interface DivergenceBlocks {
  readonly part: Float64Array; // [P, blocks, 4]: max and sum of exp(logit - max), dense and variant
  readonly gap: Float64Array; // [P, blocks]: sum of exp(z - max z) (z - y)
  readonly logit: Float64Array; // [P, 2]: of the target, dense and variant
}

/** z, y: logits [P, vocab] of the dense network and of the variant, targets: [P] -> what blocks of `size` tokens leave. */
export function divergence(z: Numbers, y: Numbers, targets: Numbers, vocab: number, size: number): DivergenceBlocks {
  const rows = targets.length;
  const blocks = Math.ceil(vocab / size);
  const part = new Float64Array(rows * blocks * 4);
  const gap = new Float64Array(rows * blocks);
  for (let p = 0; p < rows; p++) {
    for (let block = 0; block < blocks; block++) {
      const stop = Math.min(vocab, (block + 1) * size);
      const greatest = [-Infinity, -Infinity];
      for (let i = block * size; i < stop; i++) {
        greatest[0] = Math.max(greatest[0]!, z[p * vocab + i]!);
        greatest[1] = Math.max(greatest[1]!, y[p * vocab + i]!);
      }
      const total = [0, 0];
      let apart = 0;
      for (let i = block * size; i < stop; i++) {
        const weight = Math.exp(z[p * vocab + i]! - greatest[0]!);
        total[0]! += weight;
        total[1]! += Math.exp(y[p * vocab + i]! - greatest[1]!);
        apart += weight * (z[p * vocab + i]! - y[p * vocab + i]!);
      }
      part.set([greatest[0]!, total[0]!, greatest[1]!, total[1]!], 4 * (p * blocks + block));
      gap[p * blocks + block] = apart;
    }
  }
  const logit = Float64Array.from({ length: 2 * rows }, (_, i) => {
    const at = (i >> 1) * vocab + targets[i >> 1]!;
    return i % 2 === 0 ? z[at]! : y[at]!;
  });
  return { part, gap, logit };
}
