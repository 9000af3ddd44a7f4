// What callers ask of a model, in exact integers: the same on every machine, however a device splits it into steps. A
// prefix that several sequences of one call share counts once, and so does the last row that a device computes twice.

import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { Seen } from '../device/commands.ts';
import type { Counters } from './types.ts';

/** One pass or more over the network. */
export interface Asked {
  readonly passes: number; // times that all weights are needed: per variant of a scoring call, prompt, new token
  readonly rows: number;
  readonly scored: number; // rows that go through the head
  readonly keys: number; // keys that the rows look at, per head, over all layers
}

/**
 * Keys that rows at `positions` look at in all layers: in each all up to their own, or the last `windows[layer]` (0:
 * all).
 */
export function keysSeen(positions: Iterable<number>, windows: readonly number[]): number {
  let keys = 0;
  for (const position of positions) {
    for (const window of windows) keys += window === 0 ? position + 1 : Math.min(position + 1, window);
  }
  return keys;
}

/** What the rows of a step look at in a layer of `window`: keys, and the number of different cache rows. */
export function seenBy(
  {
    positions,
    path,
    rows,
  }: { readonly positions: Uint32Array; readonly path: Uint32Array; readonly rows: Uint32Array },
  window: number,
): Seen {
  const spans = new Map<number, { first: number; last: number }>(); // by path
  for (const [t, last] of positions.entries()) {
    const first = window === 0 ? 0 : Math.max(0, last + 1 - window);
    const span = spans.get(path[t]!);
    if (span === undefined) spans.set(path[t]!, { first, last });
    else Object.assign(span, { first: Math.min(span.first, first), last: Math.max(span.last, last) });
  }
  const seen = new Set<number>();
  for (const [at, { first, last }] of spans) for (let j = first; j <= last; j++) seen.add(rows[at + j]!);
  return { keys: keysSeen(positions, [window]), cacheRows: seen.size };
}

/** Counts what callers ask of a model since the start or `reset`. It uses no device memory. */
export class Work {
  readonly #perRow: number;
  readonly #perKey: number;
  readonly #perScored: number;
  readonly #bytes: number;
  #rows = 0;
  #passes = 0;
  #multiplyAdds = 0n; // 8 billion parameters and a million tokens are beyond 2^53

  /** `bytes`: of the weights that a pass reads whole. */
  constructor({ layers, hidden, ffn, heads, kvHeads, headSize, vocab, gated }: Spec, bytes: number) {
    const q = heads * headSize;
    this.#perRow = layers * (hidden * (q + 2 * kvHeads * headSize) + q * hidden + (gated ? 3 : 2) * hidden * ffn);
    this.#perKey = 2 * q;
    this.#perScored = hidden * vocab;
    this.#bytes = bytes;
  }

  add({ passes, rows, scored, keys }: Asked): void {
    this.#passes += passes;
    this.#rows += rows;
    for (const [count, each] of [
      [rows, this.#perRow],
      [keys, this.#perKey],
      [scored, this.#perScored],
    ] as const) {
      this.#multiplyAdds += BigInt(count) * BigInt(each);
    }
  }

  reset(): void {
    this.#passes = 0;
    this.#rows = 0;
    this.#multiplyAdds = 0n;
  }

  /** Beyond 2^53 flops and bytes are the nearest number there is, which is the same one everywhere too. */
  counters(): Pick<Counters, 'tokens' | 'flops' | 'weightBytes'> {
    return {
      tokens: this.#rows,
      flops: Number(2n * this.#multiplyAdds),
      weightBytes: Number(BigInt(this.#passes) * BigInt(this.#bytes)),
    };
  }
}
