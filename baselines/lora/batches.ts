// Calibration texts -> batches to train on: the question through the chat template, the loss on the answer's tokens, and
// the samples in an order that a seed draws anew for each pass.

import { BenchError } from '../../base/error.ts';
import type { Sample } from '../../gpu/index.ts';
import type { Persona } from '../../harness/config/resolved.ts';
import type { CalibrationText } from '../../harness/datasets/types.ts';
import { samplesOf, shuffled } from '../../harness/method/calibration.ts';
import { targetOf } from '../../harness/method/keying.ts';
import type { Context, Rng } from '../../harness/method/method.ts';
import type { TextModel } from '../../harness/text/index.ts';

/** Items of the calibration split as questions that the persona answers, once in each presented order. */
export function answeredItems(persona: Persona, phrase: Context['phrase']): readonly CalibrationText[] {
  return persona.items
    .filter(({ split }) => split === 'calibration')
    .flatMap((item) => {
      const given = item.options.map((_, option) => option);
      return [given, [...given].reverse()].map((order) => {
        const { question, answer } = phrase(item, order);
        return { question, answer: answer(targetOf(item, persona.id)) };
      });
    });
}

/** Samples whose answers are to be predicted, each of at most `length` tokens. Throws `no-calibration`, `no-tokens`. */
export function trainingSamples(texts: readonly CalibrationText[], text: TextModel, length: number): readonly Sample[] {
  if (texts.length === 0) {
    throw new BenchError('no-calibration', 'there are no training texts', {
      hint: 'name calibration texts or items of split calibration in the personas file, or leave lora out of the suite',
    });
  }
  // A first token has nothing before it that could foretell it.
  const found = samplesOf(texts, text, { tokens: 'answer', chat: true, samples: texts.length, length }).flatMap(
    ({ tokens, from, to }): Sample[] => (to > 1 ? [{ tokens, from: Math.max(1, from), to }] : []),
  );
  if (found.length > 0) return found;
  throw new BenchError('no-tokens', `none of ${texts.length} texts has a token to predict`, {
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
