// Answerers that read no model: what a shortcut alone would score on the same items.
// Source: docs/method.md#answerers-without-a-model.

import { BenchError } from '../../base/error.ts';
import { wordsOf } from '../../base/text-words.ts';
import type { Persona } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { Answerer } from '../method/evaluation-kind.ts';
import { creditFor, greatest } from './credit.ts';
import { lexicalAnswerers } from './lexical.ts';

const ANSWERERS = ['shorter', 'longer', 'first', 'overlap', 'yes', 'negation'] as const;
export type AnswererName = (typeof ANSWERERS)[number];

export interface Trivial {
  readonly answerer: AnswererName;
  readonly n: number;
  readonly accuracy: number;
  readonly chance: number; // mean of 1 / options
}

const characters = (text: string): number => Array.from(text).length;

/** English words that deny, in the plain form of `wordsOf`. */
const NEGATION = /^(?:no|not|never|none|nothing|nobody|nowhere|neither|nor|cannot|.*n't)$/;
const negations = (text: string): number => wordsOf(text).filter((word) => NEGATION.test(word)).length;

/**
 * The options (indices) that an answerer takes; several when it cannot tell. `yes`: one that begins with this word;
 * `negation`: the one with the fewest words that deny. `context`: what `overlap` reads besides the
 * options, such as the question, the persona's prompt and passages.
 */
export function choose(answerer: AnswererName, item: Item, context: string): readonly number[] {
  switch (answerer) {
    case 'shorter':
      return greatest(item.options.map((o) => -characters(o.text))).slice(-1); // equal lengths: the later one
    case 'longer':
      return greatest(item.options.map((o) => characters(o.text))).slice(-1);
    case 'first':
      return [0];
    case 'overlap': {
      const said = new Set(wordsOf(context));
      return greatest(item.options.map((o) => [...new Set(wordsOf(o.text))].filter((word) => said.has(word)).length));
    }
    case 'yes':
      return greatest(item.options.map((o) => Number(wordsOf(o.text)[0] === 'yes')));
    case 'negation':
      return greatest(item.options.map((o) => -negations(o.text)));
  }
}

/**
 * Every trivial answerer over the items, keyed to `persona` (items of another persona count for their other option; null
 * keys each item to its own). `context` gives what `overlap` reads for an item; the question alone when absent.
 */
export function trivialAnswerers(
  items: readonly Item[],
  persona: string | null,
  context: (item: Item) => string = (item) => item.question,
): readonly Trivial[] {
  if (items.length === 0) throw new BenchError('no-items', 'there is no item to answer');
  const n = items.length;
  const chance = items.reduce((sum, item) => sum + (item.scale === true ? 0.5 : 1 / item.options.length), 0) / n;
  return ANSWERERS.map((answerer): Trivial => {
    const right = items.reduce((sum, item) => sum + creditFor(item, persona, choose(answerer, item, context(item))), 0);
    return { answerer, n, accuracy: right / n, chance };
  });
}

/** The answerers by an item alone; `overlap` reads the prompts as well. */
const TRIVIAL: readonly Answerer[] = ANSWERERS.map((name) => ({
  name,
  credit: (persona, item) => creditFor(item, persona.id, choose(name, item, contextOf(persona, item))),
}));

/** Takes the option of the socially desirable pole, for every persona. */
export const DESIRABLE = 'desirable';

/** Answerers by words: of the item, and where there are any of the calibration texts. `personas`: all of the suite. */
export function wordAnswerers(personas: readonly Persona[]): readonly Answerer[] {
  return [...TRIVIAL, ...lexicalAnswerers(personas)];
}

/**
 * Who is compared with the methods where a kind of evaluation names nobody: `wordAnswerers`, and `desirable` where every
 * persona says which pole that is. `personas`: all of the suite, so that each finds its opposite's texts.
 */
export function standardAnswerers(personas: readonly Persona[]): readonly Answerer[] {
  const byWords = wordAnswerers(personas);
  if (personas.some(({ desirable }) => desirable === undefined)) return byWords;
  return [...byWords, { name: DESIRABLE, credit: ({ desirable }) => (desirable === true ? 1 : 0) }];
}

function contextOf(persona: Persona, item: Item): string {
  return [...Object.values(persona.prompts), item.asker ?? '', item.question].join(' ');
}
