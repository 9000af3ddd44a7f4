// Answerers that read no model: what a shortcut alone would score on the same items.
// Source: docs/method.md#answerers-without-a-model.

import { BenchError } from '../../base/error.ts';
import { wordsOf } from '../../base/text-words.ts';
import type { Persona } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { Answerer } from '../method/evaluation-kind.ts';
import { targetOf } from '../method/keying.ts';
import { type Interval, wilson } from '../stats/wilson.ts';

const ANSWERERS = ['shorter', 'longer', 'first', 'overlap'] as const;
export type AnswererName = (typeof ANSWERERS)[number];

export interface Trivial {
  readonly answerer: AnswererName;
  readonly n: number;
  readonly accuracy: number;
  readonly wilson: Interval;
  readonly chance: number; // mean of 1 / options
}

const characters = (text: string): number => Array.from(text).length;

/**
 * The options (indices) that an answerer takes; several when it cannot tell. `context`: what `overlap` reads besides the
 * options, such as the question, the persona's prompt and passages.
 */
export function choose(answerer: AnswererName, item: Item, context: string): readonly number[] {
  const best = (values: readonly number[]): number[] => {
    const top = Math.max(...values);
    return values.flatMap((value, k) => (value === top ? [k] : []));
  };
  switch (answerer) {
    case 'shorter':
      return best(item.options.map((o) => -characters(o.text))).slice(-1); // equal lengths: the later one
    case 'longer':
      return best(item.options.map((o) => characters(o.text))).slice(-1);
    case 'first':
      return [0];
    case 'overlap': {
      const said = new Set(wordsOf(context));
      return best(item.options.map((o) => [...new Set(wordsOf(o.text))].filter((word) => said.has(word)).length));
    }
  }
}

/** 1 for the target alone, a share when the answerer cannot tell it from others, else 0. */
export function credit(chosen: readonly number[], target: number): number {
  return chosen.includes(target) ? 1 / chosen.length : 0;
}

/** `credit` for `persona`; on a scale how far the answers chosen go to the persona's end, from 0 to 1, on average. */
export function creditFor(item: Item, persona: string | null, chosen: readonly number[]): number {
  const target = targetOf(item, persona);
  if (item.scale !== true) return credit(chosen, target);
  const last = item.options.length - 1;
  return chosen.reduce((sum, option) => sum + 1 - Math.abs(option - target) / last, 0) / chosen.length;
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
    return { answerer, n, accuracy: right / n, wilson: wilson(right, n), chance };
  });
}

/** The answerers by options alone; `overlap` reads question and prompts. */
export const TRIVIAL: readonly Answerer[] = ANSWERERS.map((name) => ({
  name,
  credit: (persona, item) => creditFor(item, persona.id, choose(name, item, contextOf(persona, item))),
}));

/** Takes the option of the socially desirable pole, for every persona. */
export const DESIRABLE = 'desirable';

/**
 * Who is compared with the methods where a kind of evaluation names nobody: `desirable` where every persona says which pole
 * that is.
 */
export function standardAnswerers(personas: readonly Persona[]): readonly Answerer[] {
  if (personas.some(({ desirable }) => desirable === undefined)) return TRIVIAL;
  return [...TRIVIAL, { name: DESIRABLE, credit: ({ desirable }) => (desirable === true ? 1 : 0) }];
}

function contextOf(persona: Persona, item: Item): string {
  return [...Object.values(persona.prompts), item.asker ?? '', item.question].join(' ');
}
