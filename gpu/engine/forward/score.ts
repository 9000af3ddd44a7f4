// One batch of packed sequences through the network: each scored slot gets its log-probability and greedy flag.

import type { Resident } from '../variants/resident-types.ts';
import { type Asked, keysSeen } from '../work.ts';
import type { Forward } from './forward.ts';
import type { Packed } from './pack.ts';

/** What a batch asks of the model; rows that the batch before has too were counted there. */
export function askedBy({ tokens, positions, repeated, scored }: Packed, windows: readonly number[]): Asked {
  const keys = keysSeen(positions.subarray(repeated), windows);
  return { passes: 0, rows: tokens.length - repeated, scored: scored.length, keys };
}

/** Fills the batch's slots of `into`. */
export async function scoreBatch(
  forward: Forward,
  resident: Resident,
  batch: Packed,
  into: { readonly logprobs: Float32Array; readonly greedy: Uint8Array },
): Promise<void> {
  const inputs = { ...batch, cacheRows: Uint32Array.from({ length: batch.tokens.length }, (_, i) => i) };
  // A row may have several targets, so a batch can hold more of them than rows; then its rows are computed again.
  const limit = forward.options.scored;
  for (let first = 0; first < batch.scored.length; first += limit) {
    const part = [first, first + limit] as const;
    const step = { ...inputs, scored: batch.scored.subarray(...part), targets: batch.targets.subarray(...part) };
    const found = await forward.logprobs(step, resident);
    batch.slots.subarray(...part).forEach((slot, p) => {
      into.logprobs[slot] = found.logprobs[p]!;
      into.greedy[slot] = found.greedy[p]!;
    });
  }
}
