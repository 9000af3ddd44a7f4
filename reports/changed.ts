// How many answers differ from those of another run, or of a reference, on the same items.

import { counted } from '../base/words.ts';
import { entryName } from '../harness/record/row-name.ts';
import type { ItemRow } from '../harness/record/run-record.ts';

/** Answers whose most likely option is another one than before. */
export interface Changed {
  readonly name: string; // of the other run, or of the reference's file
  readonly answers: number;
  readonly of: number; // answers that both have
}

/** Compares answer by answer: the same method, persona, wording, seed and item. */
export function changedAnswers(name: string, items: Iterable<ItemRow>, before: Iterable<ItemRow>): Changed {
  const known = new Map([...before].map((row) => [placeOf(row), likeliest(row)]));
  let [answers, of] = [0, 0];
  for (const row of items) {
    const was = known.get(placeOf(row));
    if (was === undefined) continue;
    of++;
    if (was !== likeliest(row)) answers++;
  }
  return { name, answers, of };
}

/** "16 of 480 answers changed against ci.json." */
export function changedText({ name, answers, of }: Changed): string {
  return `${answers} of ${counted(of, 'answer')} changed against ${name}.`;
}

function placeOf(row: ItemRow): string {
  const { model, evaluation, persona, wording, seed, item } = row;
  return JSON.stringify([model, evaluation, entryName(row), persona, wording, seed, item]);
}

/** The option with the greatest probability, averaged over the orders. */
function likeliest({ orders, options }: ItemRow): number {
  const sums = options.map(() => 0);
  for (const { scores } of orders) for (const [k, p] of shares(scores).entries()) sums[k] = (sums[k] ?? 0) + p;
  return sums.indexOf(Math.max(...sums));
}

/** The softmax of scores. */
export function shares(scores: readonly number[]): readonly number[] {
  const top = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - top));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
