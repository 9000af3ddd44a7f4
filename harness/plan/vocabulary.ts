// Whether a model of few words, such as the bundled fixture, knows the words that it is asked: a persona in words that it never
// read cannot be held, and nothing in its figures would say why.

import { wordsOf } from '../../base/text-words.ts';
import type { Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { TextModel } from '../text/text.ts';
import type { Cell } from './cell.ts';

/** Tokens of a vocabulary that holds whole words of a small world; larger ones take most words apart and know them all the same. */
const SMALL = 8192;
/** Share of words in pieces above which it is said: 1 to 3 % of the bundled items and prompts are, 24 % of Anthropic's statements. */
const MOST_SPLIT = 0.1;
const NAMED = 3;

interface Split {
  readonly share: number;
  readonly words: readonly string[]; // the most frequent ones in pieces
}

/** A line where too many words of the prompts or of the items are no tokens of the model; none for a large vocabulary. */
export function vocabularyWarnings(
  id: string,
  text: Pick<TextModel, 'vocabulary' | 'encode' | 'bos'>,
  { personas }: Pick<Suite, 'personas'>,
  cells: readonly Cell[],
): readonly string[] {
  if (text.vocabulary > SMALL) return [];
  const items = new Set<Item>(cells.filter(({ model }) => model === id).flatMap((cell) => cell.items));
  const asked = [...items].flatMap(({ question, options }) => [question, ...options.map((option) => option.text)]);
  const stated = personas.flatMap(({ prompts }) => Object.values(prompts));
  const found = [
    { name: 'the items', ...splitOf(text, asked) },
    { name: 'the prompts', ...splitOf(text, stated) },
  ].filter(({ share }) => share > MOST_SPLIT);
  if (found.length === 0) return [];
  const shares = found.map(({ name, share }) => `${(100 * share).toFixed(0)} % of the words in ${name}`).join(' and ');
  const examples = [...new Set(found.flatMap(({ words }) => words.slice(0, NAMED)))].join(', ');
  return [
    `model ${id} does not know ${shares} (${examples}): its vocabulary is small, and its figures say little about these ` +
      'personas. Use a model of your own (--model)',
  ];
}

function splitOf(text: Pick<TextModel, 'encode' | 'bos'>, texts: readonly string[]): Split {
  const counts = new Map<string, number>();
  for (const word of texts.flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1);
  let [all, apart] = [0, 0];
  const words: [string, number][] = [];
  for (const [word, count] of counts) {
    all += count;
    if (piecesOf(text, word) < 2) continue;
    apart += count;
    words.push([word, count]);
  }
  words.sort(([, a], [, b]) => b - a);
  return { share: all === 0 ? 0 : apart / all, words: words.map(([word]) => word) };
}

/** Tokens of a word in a sentence; as many as there can be where the tokenizer has none for it. */
function piecesOf({ encode, bos }: Pick<TextModel, 'encode' | 'bos'>, word: string): number {
  try {
    return encode(` ${word}`).filter((token) => token !== bos).length;
  } catch {
    return word.length;
  }
}
