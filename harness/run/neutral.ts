// Neutral texts through a network: what a method does to it besides the persona.

import type { Engine, Variant } from '../../gpu/index.ts';
import { neutralParts } from '../plan/neutral.ts';
import type { CellRecord } from '../record/cell-record.ts';
import type { TextModel } from '../text/index.ts';

/** Enough to tell a broken network from a whole one, few enough that a run does not spend its time on them. */
const MOST_TEXTS = 16;

/** Each text by itself, the first token given; null where there is none. Texts that were calibrated on are left out. */
export async function readNeutral(
  { engine, text }: { readonly engine: Engine; readonly text: TextModel },
  variant: Variant,
  texts: readonly string[],
): Promise<CellRecord['neutral']> {
  const read = neutralParts(texts).heldOut.slice(0, MOST_TEXTS);
  text.prepare(read.map((one) => ({ prompt: { text: one }, answers: [] })));
  const sequences = read
    .map((one) => ({ tokens: text.encode(one), from: 1, variant }))
    .filter(({ tokens }) => tokens.length > 1);
  if (sequences.length === 0) return null;
  const scored = await engine.score(sequences);
  const nll = scored.reduce((sum, { logprobs }) => sum - logprobs.reduce((a, b) => a + b, 0), 0);
  return { nll, tokens: scored.reduce((sum, { logprobs }) => sum + logprobs.length, 0) };
}
