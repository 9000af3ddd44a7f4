// Words as retrieval reads them: for the terms of BM25, and for telling whether a text holds another.

export const TOKENISATIONS = ['words', 'english'] as const;
export type Tokenisation = (typeof TOKENISATIONS)[number];

/** What each tokenisation does, for the report. */
export const MEANING: Readonly<Record<Tokenisation, string>> = {
  words: 'lower-cased runs of letters and digits',
  english: 'lower-cased runs of letters and digits, without English function words, plural endings cut (S stemmer)',
};

const FUNCTION_WORDS = new Set(
  (
    'a an and are as at be been being but by can could did do does doing for from had has have having he her hers him ' +
    'his how i if in into is it its just me more most my no nor not of off on or our ours out over own she should so ' +
    'some such than that the their theirs them then there these they this those through to too under until up very ' +
    'was we were what when where which while who whom whose why will with would you your yours'
  ).split(' '),
);

/** Lower-cased words; an apostrophe inside one belongs to it. */
export function words(text: string): readonly string[] {
  const found = text.normalize('NFKC').toLowerCase().replaceAll('\u2019', "'");
  return found.match(/[\p{L}\p{N}]+(?:'[\p{L}\p{N}]+)*/gu) ?? [];
}

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
  const all = words(text);
  return tokenisation === 'words' ? all : all.filter((word) => !FUNCTION_WORDS.has(word)).map(stem);
}

/** Equal for texts that differ in case, spaces and punctuation only. Begins and ends with a space. */
export function plain(text: string): string {
  return ` ${words(text).join(' ')} `;
}
