// The terms that BM25 counts: words, or words less those of English grammar.

import { wordsOf } from '../../base/text-words.ts';

export const TOKENISATIONS = ['words', 'english'] as const;
export type Tokenisation = (typeof TOKENISATIONS)[number];

/** What each tokenisation does, for the report. */
export const MEANING: Readonly<Record<Tokenisation, string>> = {
  words: 'lower-cased words',
  english: 'lower-cased words, without English function words, plural endings cut (S stemmer)',
};

const FUNCTION_WORDS = new Set(
  (
    'a an and are as at be been being but by can could did do does doing for from had has have having he her hers him ' +
    'his how i if in into is it its just me more most my no nor not of off on or our ours out over own she should so ' +
    'some such than that the their theirs them then there these they this those through to too under until up very ' +
    'was we were what when where which while who whom whose why will with would you your yours'
  ).split(' '),
);

/** The S stemmer (Harman, 1991): plural nouns, and verbs in the third person, without their ending. */
export function stem(word: string): string {
  if (word.length > 3) {
    if (word.endsWith('ies')) return /[ae]ies$/.test(word) ? word : `${word.slice(0, -3)}y`;
    if (word.endsWith('es')) return /[aeo]es$/.test(word) ? word : word.slice(0, -1);
    if (word.endsWith('s')) return /[us]s$/.test(word) ? word : word.slice(0, -1);
  }
  return word;
}

/** The terms that BM25 counts. */
export function terms(text: string, tokenisation: Tokenisation): readonly string[] {
  const all = wordsOf(text);
  return tokenisation === 'words' ? all : all.filter((word) => !FUNCTION_WORDS.has(word)).map(stem);
}
