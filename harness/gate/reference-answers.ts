// The answers of a reference as items of a run: question and options come from the run, p from the reference.

import { entryName } from '../record/row-name.ts';
import type { ItemRow } from '../record/run-record.ts';
import { contentOf } from './rows.ts';
import type { Answer, GateRow, Reference } from './types.ts';

type Asked = Pick<Answer, 'item' | 'persona' | 'wording' | 'seed'>;

/**
 * Rows of the run as the reference answered them, orders averaged. Only on two options of the same content: of more options
 * a reference knows only the persona's.
 */
export function recalled({ rows }: Reference, items: Iterable<ItemRow>): readonly ItemRow[] {
  const kept = new Map<string, Answer>();
  for (const row of rows) for (const answer of row.answers) kept.set(rowKeyOf(row, answer), answer);
  return [...items].flatMap((row) => {
    const { model, evaluation, item, persona, itemPersona, wording, seed, options } = row;
    const told = persona ?? itemPersona;
    const was = kept.get(rowKeyOf({ name: entryName(row), model, evaluation }, { item, persona: told, wording, seed }));
    if (was === undefined || was.gap === null || options.length !== 2 || was.content !== contentOf(row)) return [];
    const { p, aligned } = was;
    const scores = options.map((option) => Math.log(Math.max(option.aligned ? p : 1 - p, Number.MIN_VALUE)));
    return [{ ...row, p, aligned, orders: [{ order: [0, 1], p, sums: scores, scores }] }];
  });
}

function rowKeyOf({ name, model, evaluation }: Pick<GateRow, 'name' | 'model' | 'evaluation'>, asked: Asked): string {
  const { item, persona, wording, seed } = asked;
  return JSON.stringify([name, model, evaluation, item, persona, wording, seed]);
}
