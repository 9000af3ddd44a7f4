// Words of a text in any language: runs of letters and digits, and in scripts that put no spaces between words
// (Chinese, Japanese, Thai, Lao, Khmer, Burmese) the words that Intl.Segmenter finds in such a run.

/** Letters and digits with their combining marks (not those of emoji); an apostrophe inside a word belongs to it. */
const PART = String.raw`[\p{L}\p{N}][\p{L}\p{N}[\p{M}--\p{Me}--[\uFE00-\uFE0F]]]*`;
const RUN = new RegExp(`${PART}(?:'${PART})*`, 'gv');
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}]\p{M}*/gu;

// ICU's dictionaries do not depend on the locale; a fixed one keeps the machine's own out of it.
const segmenter = new Intl.Segmenter('en', { granularity: 'word' });

/** Whether the text has a character of a script without spaces between words. */
export function isUnspaced(text: string): boolean {
  return text.search(UNSPACED) >= 0;
}

function runs(text: string): readonly string[] {
  const even = text.normalize('NFKC').toLowerCase().replaceAll('\u2019', "'");
  // NFKC takes the vowel AM of Thai and Lao apart, which the dictionaries of words do not know so.
  return even.replaceAll('\u0e4d\u0e32', '\u0e33').replaceAll('\u0ecd\u0eb2', '\u0eb3').match(RUN) ?? [];
}

/** The words of a text in order, lower-cased and in NFKC. Which words an unspaced run has depends on ICU's version. */
export function wordsOf(text: string): readonly string[] {
  return runs(text).flatMap((run) => {
    if (!isUnspaced(run)) return [run];
    return [...segmenter.segment(run)].flatMap(({ segment, isWordLike }) => (isWordLike === true ? [segment] : []));
  });
}

/**
 * Equal for texts that differ in case, spaces and punctuation only. Begins and ends with a space, so that one text
 * contains another where their plain forms do. Unspaced scripts come character by character: where their words begin
 * may depend on what is around them.
 */
export function plainText(text: string): string {
  const apart = runs(text).map((run) => run.replace(UNSPACED, ' $& ').trim().replace(/ {2,}/g, ' '));
  return ` ${apart.join(' ')} `;
}
