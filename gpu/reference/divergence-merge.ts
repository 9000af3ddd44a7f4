// Divergence and log-probabilities from what the blocks of the head left of pairs of rows.

import type { DivergenceBlocks } from './divergence.ts';

/** -> [P, 3]: KL(dense || variant) in nats, and the target's log-probability under both. */
export function divergenceMerge({ part, gap, logit }: DivergenceBlocks): Float64Array {
  const rows = logit.length / 2;
  const blocks = gap.length / rows;
  const out = new Float64Array(3 * rows);
  for (let p = 0; p < rows; p++) {
    const greatest = [-Infinity, -Infinity];
    for (let b = p * blocks; b < (p + 1) * blocks; b++) {
      greatest[0] = Math.max(greatest[0]!, part[4 * b]!);
      greatest[1] = Math.max(greatest[1]!, part[4 * b + 2]!);
    }
    const total = [0, 0];
    let apart = 0;
    for (let b = p * blocks; b < (p + 1) * blocks; b++) {
      const scale = Math.exp(part[4 * b]! - greatest[0]!);
      total[0]! += part[4 * b + 1]! * scale;
      apart += gap[b]! * scale;
      total[1]! += part[4 * b + 3]! * Math.exp(part[4 * b + 2]! - greatest[1]!);
    }
    const sums = [greatest[0]! + Math.log(total[0]!), greatest[1]! + Math.log(total[1]!)];
    out.set([apart / total[0]! - (sums[0]! - sums[1]!), logit[2 * p]! - sums[0]!, logit[2 * p + 1]! - sums[1]!], 3 * p);
  }
  return out;
}
