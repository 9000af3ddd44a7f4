// Calibration texts -> samples: which texts, through which template, and whose tokens' activations count.

import { BenchError } from '../../base/error.ts';
import type { Sample } from '../../gpu/index.ts';
import type { CalibrationText } from '../datasets/types.ts';
import type { Prompt, TextModel } from '../text/index.ts';
import type { Rng } from './method.ts';

/** What decides which activations count; the texts are given separately. */
export interface CalibrationOptions {
  readonly tokens: 'all' | 'answer' | 'no-bos';
  readonly chat: boolean; // through the chat template; else the question and the answer as they stand
  readonly samples: number; // at most
  readonly length: number; // tokens at most
}

/** `count` of the texts, drawn without putting back, in the order in which they stand; all where there are no more. */
export function drawn<T>(texts: readonly T[], count: number, rng: Rng): readonly T[] {
  if (texts.length <= count) return texts;
  const order = shuffled(texts.length, rng).slice(0, count);
  return order.sort((a, b) => a - b).map((index) => texts[index]!);
}

/**
 * Texts of both poles pooled, and split at random into halves that know no pole: [first, second]. Each half holds as many
 * of either pole: a contrast goes by signs, and would find the persona in a few texts more.
 */
export function split<T>(a: readonly T[], b: readonly T[], rng: Rng): readonly [readonly T[], readonly T[]] {
  const halves = [a, b].map((texts) => {
    const order = shuffled(texts.length, rng);
    const half = Math.ceil(texts.length / 2);
    const part = (indices: readonly number[]) => [...indices].sort((x, y) => x - y).map((index) => texts[index]!);
    return [part(order.slice(0, half)), part(order.slice(half))] as const;
  });
  return [halves.flatMap(([first]) => first), halves.flatMap(([, second]) => second)];
}

/**
 * The texts as token ids and counted ranges. A text without a question is what follows BOS; without BOS its first token is
 * the context, as it has none. Texts of which the length leaves no counted token are left out.
 * Throws `no-tokens` when none is left.
 */
export function samplesOf(
  texts: readonly CalibrationText[],
  text: TextModel,
  options: CalibrationOptions,
): readonly Sample[] {
  text.prepare(
    texts.map(({ question, answer }) =>
      question === undefined
        ? { prompt: { text: answer }, answers: [] }
        : { prompt: promptOf(question, options.chat), answers: [answer] },
    ),
  );
  const samples = texts.flatMap((one): Sample[] => {
    const { tokens, answer } = tokensOf(one, text, options.chat);
    const to = Math.min(tokens.length, options.length);
    const from = options.tokens === 'answer' ? answer : options.tokens === 'all' ? 0 : startOf(tokens, text);
    return from < to ? [{ tokens: tokens.slice(0, to), from, to }] : [];
  });
  if (samples.length > 0) return samples;
  throw new BenchError('no-tokens', `none of ${texts.length} calibration texts has a token that counts`, {
    hint: "give texts, a greater length, or tokens: 'all'",
  });
}

function tokensOf(
  { question, answer }: CalibrationText,
  text: TextModel,
  chat: boolean,
): { readonly tokens: Uint32Array; readonly answer: number } {
  if (question === undefined) {
    const tokens = text.encode(answer);
    return { tokens, answer: startOf(tokens, text) };
  }
  const prompt = text.render(promptOf(question, chat));
  const said = text.continuation(prompt, answer);
  const tokens = new Uint32Array(prompt.tokens.length + said.length);
  tokens.set(prompt.tokens);
  tokens.set(said, prompt.tokens.length);
  return { tokens, answer: prompt.tokens.length };
}

function promptOf(question: string, chat: boolean): Prompt {
  return chat ? { messages: [{ role: 'user', content: question }] } : { text: question };
}

function startOf(tokens: Uint32Array, { bos }: TextModel): number {
  return bos !== null && tokens[0] === bos ? 1 : 0;
}

/** 0 to count - 1 in a drawn order (Fisher and Yates). */
export function shuffled(count: number, rng: Rng): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = rng.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
