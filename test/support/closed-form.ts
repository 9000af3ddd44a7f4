// The model counters from shapes and tokens alone, written without the engine's code: every distinct prefix once.

import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { Counters, Sequence } from '../../gpu/index.ts';

export type ModelCounters = Pick<Counters, 'tokens' | 'flops' | 'weightBytes'>;
export type PlanCounters = Omit<Counters, keyof ModelCounters>;

/** Both halves of an engine's counters. */
export function halves(counters: Counters): { readonly model: ModelCounters; readonly plan: PlanCounters } {
  const { tokens, flops, weightBytes, ...plan } = counters;
  return { model: { tokens, flops, weightBytes }, plan };
}

/** Work of `rows` rows at these positions, `scored` of them through the head, in `passes` passes. */
export function closedForm(
  spec: Spec,
  passBytes: number,
  work: { readonly positions: readonly number[]; readonly scored: number; readonly passes: number },
): ModelCounters {
  const { hidden, ffn, heads, kvHeads, headSize, vocab, gated, windows } = spec;
  const matrices =
    hidden * headSize * (heads + 2 * kvHeads) + heads * headSize * hidden + (gated ? 3 : 2) * hidden * ffn;
  let flops = 2 * work.scored * hidden * vocab;
  for (const position of work.positions) {
    for (const window of windows) {
      const keys = window === 0 ? position + 1 : Math.min(window, position + 1);
      // A query times a key, and a weight times a value, for every key.
      flops += 2 * matrices + 2 * 2 * keys * heads * headSize;
    }
  }
  return { tokens: work.positions.length, flops, weightBytes: work.passes * passBytes };
}

/** What one call of `score` asks for. */
export function scoringWork(sequences: readonly Sequence[]): {
  readonly positions: readonly number[];
  readonly scored: number;
  readonly passes: number;
} {
  const prefixes = new Map<string, number>();
  let scored = 0;
  for (const { tokens, from, variant } of sequences) {
    for (let end = 1; end < tokens.length; end++) {
      prefixes.set(`${variant.id}:${tokens.slice(0, end).join(' ')}`, end - 1);
    }
    scored += tokens.length - from;
  }
  const passes = new Set(sequences.map(({ variant }) => variant.id)).size;
  return { positions: [...prefixes.values()], scored, passes };
}

export function sum(counters: readonly ModelCounters[]): ModelCounters {
  return counters.reduce(
    (all, { tokens, flops, weightBytes }) => ({
      tokens: all.tokens + tokens,
      flops: all.flops + flops,
      weightBytes: all.weightBytes + weightBytes,
    }),
    { tokens: 0, flops: 0, weightBytes: 0 },
  );
}
