// Our own Likert items as JSON Lines: statements in the first person, each with its scale.

import { badRow, oneOf, onlyFields, type Row, readJsonLines, textOf } from './lines.ts';
import type { LikertItem } from './types.ts';

const FIELDS = ['id', 'trait', 'keying', 'statement', 'scale'];
const FEWEST_ANSWERS = 2;
/** Longer scales have no use that we know of, and every answer is scored. */
const MOST_ANSWERS = 11;

/** Answers to statements that come without any, from least to most agreement. */
export const SCALE: readonly string[] = [
  'Not at all like me.',
  'Not much like me.',
  'Partly like me, partly not.',
  'Much like me.',
  'Very much like me.',
];

/** Throws `bad-data` with file and line for the first row that breaks a rule. */
export async function readLikert(file: string): Promise<readonly LikertItem[]> {
  const ids = new Map<string, string>();
  const statements = new Map<string, string>();
  return (await readJsonLines(file)).map((row): LikertItem => {
    onlyFields(row, FIELDS);
    const item: LikertItem = {
      id: textOf(row, 'id'),
      trait: textOf(row, 'trait'),
      keying: oneOf(row, 'keying', ['+', '-'] as const),
      statement: textOf(row, 'statement'),
      scale: scaleOf(row),
    };
    once(ids, item.id, `id "${item.id}"`, row.where);
    once(statements, JSON.stringify([item.trait, item.statement]), `the statement "${item.statement}"`, row.where);
    return item;
  });
}

function once(seen: Map<string, string>, key: string, name: string, where: string): void {
  const first = seen.get(key);
  if (first !== undefined) throw badRow(where, `${name} is at ${first} too`);
  seen.set(key, where);
}

function scaleOf(row: Row): readonly string[] {
  const { scale } = row.value;
  if (!Array.isArray(scale)) throw badRow(row.where, '"scale" is not a list of answers');
  const wrong = scaleFault(scale);
  if (wrong !== null) throw badRow(row.where, wrong);
  return scale;
}

/** Why a list cannot be a scale, or null. */
export function scaleFault(scale: readonly unknown[]): string | null {
  if (scale.length < FEWEST_ANSWERS || scale.length > MOST_ANSWERS) {
    return `a scale has ${FEWEST_ANSWERS} to ${MOST_ANSWERS} answers, and this has ${scale.length}`;
  }
  const bad = scale.findIndex((answer) => typeof answer !== 'string' || answer.trim() === '');
  if (bad >= 0) return `answer ${bad + 1} of the scale is not a string`;
  if (new Set(scale).size < scale.length) return 'two answers of the scale are the same';
  const texts = scale as readonly string[];
  const longer = texts.findIndex((answer) => texts.some((other) => other !== answer && answer.startsWith(other)));
  return longer < 0
    ? null
    : `answer ${longer + 1} of the scale begins with another, so that one could not tell them apart`;
}
