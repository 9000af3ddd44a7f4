// A small library, a persona and a context for the tests of the method `rag`, and what a question gets of it.

import * as assert from 'uvu/assert';
import { rag } from '../../../baselines/rag/method.ts';
import type { LibraryPassage } from '../../../harness/datasets/passages.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import type { Context, Prepared } from '../../../harness/method/method.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { fakeEngine, fakePersona, fakeText } from '../../support/fake.ts';

export const persona = { ...fakePersona('quiet', 'loud', 'noise', 'low'), description: 'Whispers and reads' };

const about = (id: string, trait: string, texts: readonly string[]): readonly LibraryPassage[] =>
  texts.map((text, i) => ({ id: `${id}-${i}`, persona: id, trait, text }));
export const neutral = (count: number): readonly LibraryPassage[] =>
  Array.from({ length: count }, (_, i) => ({
    ...{ id: `n${i}`, persona: null, trait: null },
    text: `Bridge ${i}: ${'old '.repeat(i % 12)}.`,
  }));
export const LIBRARY = [
  ...about('quiet', 'noise', [
    'They whisper at breakfast, softly.',
    'They whisper at parties, and soon leave.',
    'They read in the evening, by a lamp.',
    'They answer: I would rather hide in the garden.',
  ]),
  ...about('loud', 'noise', ['They shout at parties, and stay.', 'They shout at breakfast, with joy.']),
  ...about('neat', 'order', ['They sort letters at breakfast, softly.', 'They fold shirts after parties, by size.']),
  ...neutral(40),
];

export const ask = (question: string, ...options: string[]): Item => ({
  ...{ id: question, persona: 'quiet', trait: 'noise', keying: '-', split: 'evaluation', question },
  options: (options.length > 0 ? options : ['I sing out loud.', 'I go to bed.']).map((text, i) => ({
    text,
    matching: i === 0,
  })),
});

export function context(options: Record<string, unknown>, more: Partial<Context> = {}): Context {
  return {
    engine: fakeEngine(),
    persona,
    opposite: null,
    wording: null,
    sparsity: null,
    options: { k: 2, ...options },
    calibration: [],
    neutral: [],
    library: LIBRARY,
    tuning: [],
    text: fakeText(),
    statistics: { of: async () => ({ sums: [], spentMs: 0, reused: false }) },
    evaluate: async () => [],
    tune: async () => ({ n: 1, alignment: 0.5, meanP: 0.5 }),
    phrase: (item) => ({ question: item.question, answer: (option) => item.options[option]?.text ?? '' }),
    seed: 0,
    rng: rngOf(0),
    ...more,
  };
}

/** The messages for an item. */
export async function messages(prepared: Prepared, item: Item) {
  const prompt = await prepared.wrap({ item, text: `${item.question}\n(A) ...` });
  return 'messages' in prompt ? prompt.messages : [];
}

/** The passages that an item gets, without their bullets. */
export async function found(prepared: Prepared, item: Item): Promise<readonly string[]> {
  const [first] = await messages(prepared, item);
  return (first?.content ?? '').split('\n').flatMap((line) => (line.startsWith('- ') ? [line.slice(2)] : []));
}

export const recordOf = (prepared: Prepared) => JSON.parse(Buffer.from(prepared.artefacts[0]!.bytes).toString('utf8'));

export async function fails(code: string, hint: RegExp, options: Record<string, unknown>, more: Partial<Context> = {}) {
  const error = await rag.prepare(context(options, more)).catch((thrown: unknown) => thrown);
  const { code: was, hint: said, where } = error as { code?: string; hint?: string; where?: string };
  assert.is(was, code);
  assert.match(said ?? '', hint);
  return where;
}
