// Which items a cell asks: the evaluation or tuning split of the persona's trait, alternating between the poles, first n per trait.

import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import type { Evaluation, Persona, Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import { keyingOf } from '../method/keying.ts';

/** What an outcome depends on: not the id, not the persona's name (an outcome is keyed to the item's own persona). */
export function itemContent(item: Item): Readonly<Record<string, unknown>> {
  return {
    ...(item.asker !== undefined && { asker: item.asker }),
    question: item.question,
    options: item.options.map(({ text, matching }) => ({ text, matching })),
  };
}

const digests = new WeakMap<Item, string>();

/** sha256 of the item's content, hex; computed once per item, since many cells ask the same one. */
export function itemDigest(item: Item): string {
  let digest = digests.get(item);
  if (digest === undefined) {
    digest = digestOf(itemContent(item));
    digests.set(item, digest);
  }
  return digest;
}

/**
 * The items of each trait, in an order that depends on the files only: personas take turns, so that the first n of a
 * trait hold both keyings.
 * Throws `duplicate-item` when one id stands for two contents.
 */
export function itemsByTrait(
  personas: readonly Persona[],
  perTrait: number | null,
  split: Item['split'] = 'evaluation',
): ReadonlyMap<string, readonly Item[]> {
  const seen = new Map<string, string>();
  const byTrait = new Map<string, Item[]>();
  for (const trait of new Set(personas.map((persona) => persona.trait))) {
    const sources = personas
      .filter((persona) => persona.trait === trait)
      .map((persona) => persona.items.filter((item) => item.split === split && item.trait === trait));
    const chosen: Item[] = [];
    const longest = Math.max(0, ...sources.map((source) => source.length));
    for (let turn = 0; turn < longest; turn++) {
      for (const source of sources) {
        const item = source[turn];
        if (item === undefined) continue;
        const digest = digestOf([item.persona, itemContent(item)]);
        const known = seen.get(item.id);
        if (known === undefined) chosen.push(item);
        else if (known !== digest) {
          throw new BenchError('duplicate-item', `item "${item.id}" is used for two different questions`, {
            where: item.id,
            hint: 'give each item of the suite its own id',
          });
        }
        seen.set(item.id, digest);
      }
    }
    byTrait.set(trait, perTrait === null ? chosen : chosen.slice(0, perTrait));
  }
  return byTrait;
}

/** The items that an evaluation asks of each trait, in the order of its looks. Throws `duplicate-item`. */
export function evaluationItems(
  { personas }: Pick<Suite, 'personas'>,
  evaluation: Evaluation,
): ReadonlyMap<string, readonly Item[]> {
  return itemsByTrait(answering(personas, evaluation), evaluation.itemsPerTrait);
}

/** The personas with the items of the evaluation, where it brings its own, in place of theirs. */
export function answering(personas: readonly Persona[], { items }: Evaluation): readonly Persona[] {
  if (items === undefined) return personas;
  return personas.map((persona) => ({ ...persona, items: items.filter((item) => keyingOf(item, persona) !== 0) }));
}

/**
 * The items that can be asked of one persona.
 * Throws `no-items`, or `cannot-flip` when an item of the opposite has more than two options.
 */
export function itemsOf(persona: Persona, byTrait: ReadonlyMap<string, readonly Item[]>): readonly Item[] {
  const items = (byTrait.get(persona.trait) ?? []).filter((item) => keyingOf(item, persona) !== 0);
  if (items.length === 0) {
    throw new BenchError('no-items', `persona "${persona.id}" has no evaluation items`, {
      where: `personas.${persona.id}`,
      hint: 'name an items file in the personas file, or leave the persona out of the suite; without items it works with `bench try` only',
    });
  }
  const wide = items.find((item) => keyingOf(item, persona) === -1 && item.options.length !== 2 && item.scale !== true);
  if (wide) {
    throw new BenchError(
      'cannot-flip',
      `item "${wide.id}" has ${wide.options.length} options, so that it cannot be keyed to "${persona.id}", the opposite of its persona`,
      { where: wide.id, hint: 'write items with two options, or take the opposite out of the suite' },
    );
  }
  return items;
}
