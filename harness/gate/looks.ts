// Looks: a gated row's items in the portions in which they are asked. The look of an item is its place within its trait, in the
// order of the reference.

import type { Answer, GateRow } from './types.ts';

interface Placed {
  readonly item: string;
  readonly trait: string;
}

/**
 * The look of each item, 0-based: by its rank within its trait in the order given (a repeated item counts once). Items beyond
 * the last number belong to the last look. `looks`: items per trait that each look has reached, ascending; absent: one look.
 */
export function lookOf(items: Iterable<Placed>, looks: readonly number[] | undefined): ReadonlyMap<string, number> {
  const ranks = new Map<string, number>();
  const found = new Map<string, number>();
  for (const { item, trait } of items) {
    if (found.has(item)) continue;
    const rank = ranks.get(trait) ?? 0;
    ranks.set(trait, rank + 1);
    const look = looks?.findIndex((reached) => rank < reached) ?? 0;
    found.set(item, look < 0 ? looks!.length - 1 : look);
  }
  return found;
}

/** A row's answers in looks, as far as they were asked. */
export interface Asked {
  readonly looks: ReadonlyMap<string, number>; // of each item; renumbered, so that every look has items
  readonly fractions: readonly number[]; // of the items that each look has reached
  readonly perTrait: readonly number[]; // most items of a trait that each look has reached
  readonly asked: number; // looks that are there in full
  readonly whole: boolean; // nothing of a later look is there
}

/** How far `now` got in the looks of `was`. Answers are matched by what was asked, so that an item needs all of its own. */
export function askedOf(now: GateRow, was: GateRow, looks: readonly number[] | undefined): Asked {
  const all = lookOf(was.answers, looks);
  // A look without items, such as beyond the end of a short evaluation, is none.
  const present = [...new Set(all.values())].sort((a, b) => a - b);
  const numbered = new Map([...all].map(([item, look]) => [item, present.indexOf(look)]));
  const there = new Set(now.answers.map(answerKeyOf));
  const lacks = (look: number) =>
    was.answers.some((answer) => numbered.get(answer.item) === look && !there.has(answerKeyOf(answer)));
  const first = present.findIndex((_, look) => lacks(look));
  const asked = first < 0 ? present.length : first;
  const traits = new Map(was.answers.map(({ item, trait }) => [item, trait]));
  const reached = present.map((_, look) => [...numbered].filter(([, own]) => own <= look).map(([item]) => item));
  return {
    looks: numbered,
    fractions: reached.map(({ length }) => length / numbered.size),
    perTrait: reached.map((items) => {
      const counts = new Map<string, number>();
      for (const item of items) counts.set(traits.get(item)!, (counts.get(traits.get(item)!) ?? 0) + 1);
      return Math.max(...counts.values());
    }),
    asked,
    whole: now.answers.every(({ item }) => (numbered.get(item) ?? 0) < asked),
  };
}

/** The answers of the first looks, `look` the last of them. */
export function upTo(answers: readonly Answer[], { looks }: Pick<Asked, 'looks'>, look: number): readonly Answer[] {
  return answers.filter(({ item }) => looks.get(item)! <= look);
}

export function answerKeyOf({ item, persona, wording, seed }: Answer): string {
  return JSON.stringify([item, persona, wording, seed]);
}
