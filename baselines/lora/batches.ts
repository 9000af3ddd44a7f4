// Calibration texts -> batches to train on: the question through the chat template, the loss on the answer's tokens, and
// the samples in an order that a seed draws anew for each pass.

import { BenchError, type Sample } from '../../gpu/index.ts';
import type { CalibrationText } from '../../harness/datasets/types.ts';
import { drawn, samplesOf, shuffled } from '../../harness/plan/calibration.ts';
import type { Rng } from '../../harness/plan/method.ts';
import type { TextModel } from '../../harness/text/index.ts';

/** Samples whose answers are to be foretold, each of at most `length` tokens. Throws `no-calibration`, `no-tokens`. */
export function trainingSamples(
  texts: readonly CalibrationText[],
  text: TextModel,
  { samples, length, rng }: { readonly samples: number; readonly length: number; readonly rng: Rng },
): readonly Sample[] {
  if (texts.length === 0) {
    throw new BenchError('no-calibration', 'there are no texts to train on', {
      hint: 'name calibration texts in the personas file, or leave lora out of the suite',
    });
  }
  const chosen = drawn(texts, samples, rng);
  // A first token has nothing before it that could foretell it.
  const found = samplesOf(chosen, text, { tokens: 'answer', chat: true, samples, length }).flatMap(
    ({ tokens, from, to }): Sample[] => (to > 1 ? [{ tokens, from: Math.max(1, from), to }] : []),
  );
  if (found.length > 0) return found;
  throw new BenchError('no-tokens', `none of ${chosen.length} texts has a token to be foretold`, {
    hint: 'give longer texts, or more tokens to a batch',
  });
}

/** All samples in a drawn order, cut into batches of at most `tokens` tokens; no sample may have more. */
export function batchesOf(samples: readonly Sample[], tokens: number, rng: Rng): readonly (readonly Sample[])[] {
  const batches: Sample[][] = [];
  let room = 0;
  for (const index of shuffled(samples.length, rng)) {
    const sample = samples[index]!;
    if (sample.to > room) {
      batches.push([]);
      room = tokens;
    }
    batches.at(-1)!.push(sample);
    room -= sample.to;
  }
  return batches;
}

export const tokensOf = (batch: readonly Sample[]): number => batch.reduce((sum, { to }) => sum + to, 0);
