// From scores to chunks: rankings, their fusion by reciprocal rank (Cormack et al., 2009), and what stands in for the
// chunks of a control.

import type { Rng } from '../../harness/method/method.ts';

/** Of reciprocal rank fusion: how little the first ranks stand out; as its authors have it. */
export const FUSION = 60;

/** Chunks by falling score; of equal ones the earlier first. `matched`: without those that score 0. */
export function ranked(scores: Float64Array, which: 'all' | 'matched' = 'all'): readonly number[] {
  const chunks = [...scores.keys()].sort((a, b) => scores[b]! - scores[a]! || a - b);
  return which === 'all' ? chunks : chunks.filter((chunk) => scores[chunk] !== 0);
}

/** One ranking of several of `count` chunks, by the sum of 1 / (60 + rank); a chunk that no ranking has is left out. */
export function fused(count: number, rankings: readonly (readonly number[])[]): readonly number[] {
  const scores = new Float64Array(count);
  for (const ranking of rankings) {
    for (const [at, chunk] of ranking.entries()) scores[chunk]! += 1 / (FUSION + at + 1);
  }
  return ranked(scores, 'matched');
}

/** How many chunks of about the right length chance decides among. */
const CANDIDATES = 12;

/**
 * For each of `wanted`, tokens of a chunk, one of `pool` of about that length, none twice; what one is too long or too short
 * by, the next makes up for.
 */
export function ofEqualLength(
  wanted: readonly number[],
  pool: readonly number[],
  tokens: (chunk: number) => number,
  rng: Rng,
): readonly number[] {
  const free = new Set(pool);
  const chosen: number[] = [];
  let owed = 0;
  for (const [i, length] of wanted.entries()) {
    const target = length + owed;
    const last = i === wanted.length - 1;
    const near = [...free]
      .sort((a, b) => Math.abs(tokens(a) - target) - Math.abs(tokens(b) - target) || a - b)
      .slice(0, CANDIDATES);
    // The last one has to settle what is owed: only the closest will do.
    const closest = Math.abs(tokens(near[0] ?? 0) - target);
    const among = last ? near.filter((chunk) => Math.abs(tokens(chunk) - target) === closest) : near;
    const pick = among[rng.below(Math.max(1, among.length))];
    if (pick === undefined) break;
    free.delete(pick);
    chosen.push(pick);
    owed = target - tokens(pick);
  }
  return chosen;
}
