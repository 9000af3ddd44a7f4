// Packed sequences through the network, batch by batch: each scored slot gets what was asked for it, its log-probability
// and greedy flag, or how far the variant is from the dense network there.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { requireFinite } from '../requests.ts';
import { DENSE, type Diverged, type Scored, type Sequence, type Variant } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import { keysSeen, type Work } from '../work.ts';
import type { Forward } from './forward.ts';
import { type Packed, pack, slotOffsets } from './pack.ts';

/** What scoring needs of the engine that owns it. */
export interface Scoring {
  readonly spec: Spec;
  readonly maxRows: number; // per batch, but for a longer sequence
  readonly work: Work;
  forward(output: 'logprobs' | 'divergence', need: { readonly rows: number; readonly table: number }): Forward;
  resident(variant: Variant): Promise<Resident>;
}

/** Log-probabilities and greedy flags, in the order of the sequences. Throws as `pack`, `gpu-memory`, `not-finite`. */
export async function score(on: Scoring, sequences: readonly Sequence[]): Promise<readonly Scored[]> {
  const offsets = slotOffsets(sequences);
  const total = offsets[sequences.length]!;
  const logprobs = new Float32Array(total);
  const greedy = new Uint8Array(total);
  await inBatches(on, 'logprobs', sequences, async (forward, batch, inputs) => {
    const found = await forward.logprobs(inputs, await on.resident(batch.variant));
    inputs.slots.forEach((slot, p) => {
      logprobs[slot] = found.logprobs[p]!;
      greedy[slot] = found.greedy[p]!;
    });
  });
  requireFinite(logprobs, 'a log-probability');
  return sequences.map((_, i) => ({
    logprobs: logprobs.slice(offsets[i], offsets[i + 1]),
    greedy: greedy.slice(offsets[i], offsets[i + 1]),
  }));
}

/** Each variant against the dense network, in the order of the sequences. Throws as `score`. */
export async function divergences(on: Scoring, sequences: readonly Sequence[]): Promise<readonly Diverged[]> {
  const offsets = slotOffsets(sequences);
  const found = [0, 1, 2].map(() => new Float32Array(offsets[sequences.length]!)); // KL, dense, variant
  await inBatches(on, 'divergence', sequences, async (forward, batch, inputs) => {
    const dense = await on.resident(DENSE);
    const values = await forward.divergence(inputs, await on.resident(batch.variant), dense);
    inputs.slots.forEach((slot, p) => {
      for (const [k, column] of found.entries()) column[slot] = values[3 * p + k]!;
    });
  });
  requireFinite(found[0]!, 'a divergence');
  const [divergence, dense, variant] = found.map((column) =>
    sequences.map((_, i) => column.slice(offsets[i], offsets[i + 1])),
  );
  return sequences.map((_, i) => ({ divergence: divergence![i]!, dense: dense![i]!, variant: variant![i]! }));
}

/** One step of a batch: its rows, and those of its slots that fit the head at once. */
type StepInputs = Pick<Packed, 'tokens' | 'positions' | 'path' | 'rows' | 'scored' | 'targets' | 'slots'> & {
  readonly cacheRows: Uint32Array;
};

/** Runs `step` for each batch, and counts what it asks of the model: of pairs, the dense network's rows as well. */
async function inBatches(
  { spec, maxRows, work, forward }: Scoring,
  output: 'logprobs' | 'divergence',
  sequences: readonly Sequence[],
  step: (forward: Forward, batch: Packed, inputs: StepInputs) => Promise<void>,
): Promise<void> {
  const limit = sequences.reduce((most, { tokens }) => Math.max(most, tokens.length - 1), maxRows);
  const batches = sequences.length === 0 ? [] : pack(sequences, limit);
  const networks = output === 'divergence' ? 2 : 1;
  const variants = new Set(batches.map(({ variant }) => variant.id)).size;
  for (let k = 0; k < networks; k++) work.add({ passes: variants, rows: 0, scored: 0, keys: 0 });
  for (const batch of batches) {
    const { tokens, positions, path, rows, repeated } = batch;
    const keys = keysSeen(positions.subarray(repeated), spec.windows);
    // Rows that the batch before has too were counted there.
    const asked = { passes: 0, rows: tokens.length - repeated, scored: batch.scored.length, keys };
    for (let k = 0; k < networks; k++) work.add(asked);
    const pass = forward(output, { rows: tokens.length, table: rows.length });
    const cacheRows = Uint32Array.from(tokens.keys());
    // A row may have several targets, so a batch can hold more of them than rows; then its rows are computed again.
    for (let first = 0; first < batch.scored.length; first += pass.options.scored) {
      const [scored, targets, slots] = (['scored', 'targets', 'slots'] as const).map((name) =>
        batch[name].subarray(first, first + pass.options.scored),
      );
      const inputs = { tokens, positions, path, rows, cacheRows };
      await step(pass, batch, { ...inputs, scored: scored!, targets: targets!, slots: slots! });
    }
  }
}
