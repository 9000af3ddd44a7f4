// Passages cut into chunks of whole sentences that overlap; chunks that say the same are one.

import { isUnspaced, plainText, wordsOf } from '../../base/text-words.ts';
import type { LibraryPassage } from '../../harness/datasets/passages.ts';
import type { Item } from '../../harness/datasets/types.ts';

export interface Chunk {
  readonly text: string;
  readonly sources: readonly LibraryPassage[]; // the passages that hold it
}

/** How a chunk stands to a persona; neutral: no persona's passage holds it. */
export type Relation = 'own' | 'trait' | 'other' | 'neutral';

const segmenter = new Intl.Segmenter('en', { granularity: 'sentence' });

function sentencesOf(text: string): readonly string[] {
  return [...segmenter.segment(text)].map(({ segment }) => segment.trim()).filter((one) => wordsOf(one).length > 0);
}

/** With a space between sentences, and none where one of a script without spaces follows its full stop. */
function joined(sentences: readonly string[]): string {
  return sentences.reduce((text, next) => {
    return text !== '' && /[\u3002\uff01\uff1f]$/u.test(text) && isUnspaced(next.slice(0, 2))
      ? text + next
      : `${text} ${next}`;
  });
}

/** Runs of `size` sentences, each with the last `overlap` of the one before; the last may be shorter. */
export function chunksOf(text: string, size: number, overlap: number): readonly string[] {
  const sentences = sentencesOf(text);
  const chunks: string[] = [];
  for (let from = 0; from < sentences.length; from += size - overlap) {
    chunks.push(joined(sentences.slice(from, from + size)));
    if (from + size >= sentences.length) break;
  }
  return chunks;
}

/** All chunks of a library, in its order. `repeated`: how many said what another had said. */
export function chunked(
  library: readonly LibraryPassage[],
  size: number,
  overlap: number,
): { readonly chunks: readonly Chunk[]; readonly repeated: number } {
  const byText = new Map<string, { readonly text: string; readonly sources: LibraryPassage[] }>();
  let cut = 0;
  for (const passage of library) {
    for (const text of chunksOf(passage.text, size, overlap)) {
      cut++;
      const key = plainText(text);
      const known = byText.get(key);
      if (known === undefined) byText.set(key, { text, sources: [passage] });
      else known.sources.push(passage);
    }
  }
  return { chunks: [...byText.values()], repeated: cut - byText.size };
}

/** The closest of its passages counts. */
export function relationOf({ sources }: Chunk, own: { readonly id: string; readonly trait: string }): Relation {
  if (sources.some(({ persona }) => persona === own.id)) return 'own';
  if (sources.some(({ trait }) => trait === own.trait)) return 'trait';
  return sources.some(({ persona }) => persona !== null) ? 'other' : 'neutral';
}

/** An option of fewer words, such as "Yes.", stands in many texts and gives nothing away. */
const LEAST_WORDS = 3;

/** What no passage may hold that is retrieved for an item: its question, what that quotes, and its options. */
export function wordingsOf({ question, options }: Item): readonly string[] {
  const quoted = [...question.matchAll(/["\u201C]([^"\u201C\u201D]+)["\u201D]/gu)].map(([, text]) => text ?? '');
  return [question, ...quoted, ...options.map(({ text }) => text)]
    .filter((text) => wordsOf(text).length >= LEAST_WORDS)
    .map(plainText);
}

/** Whether a passage of the chunk holds one of `wordings`, whatever the case and the punctuation. */
export function holds(chunk: Chunk, wordings: readonly string[]): boolean {
  return chunk.sources.some((source) => {
    const text = plainOf(source);
    return wordings.some((wording) => text.includes(wording));
  });
}

const plainTexts = new WeakMap<LibraryPassage, string>();

function plainOf(passage: LibraryPassage): string {
  let text = plainTexts.get(passage);
  if (text === undefined) {
    text = plainText(passage.text);
    plainTexts.set(passage, text);
  }
  return text;
}
