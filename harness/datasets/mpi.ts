// The Machine Personality Inventory (Jiang et al. 2023, github jianggy/MPI): a CSV of text, label_ocean and key, each text
// what "You" do. It brings no scale: the published one and ours are five answers alike.

import { readCsv } from './csv.ts';
import { type LeftOut, withoutDoubtful } from './doubtful.ts';
import { SCALE } from './likert.ts';
import { badRow, oneOf, textOf } from './lines.ts';
import type { LikertItem } from './types.ts';

const TRAITS = {
  O: 'openness',
  C: 'conscientiousness',
  E: 'extraversion',
  A: 'agreeableness',
  N: 'neuroticism',
} as const;
const LABELS = Object.keys(TRAITS) as (keyof typeof TRAITS)[];
const KEYS = ['1', '-1', '0'] as const;

export interface Mpi {
  readonly items: readonly LikertItem[]; // named after their rows, from 1
  /** Rows that are not asked; `unkeyed`: of key 0, which speaks for no pole. */
  readonly left: LeftOut & { readonly unkeyed: readonly string[] };
}

/** Throws `bad-data` with file and line for a row that cannot be read, or where no row is left. */
export async function readMpi(file: string, scale: readonly string[] = SCALE): Promise<Mpi> {
  const rows = (await readCsv(file)).map((row, index) => {
    const statement = sentence(textOf(row, 'text'));
    const trait = TRAITS[oneOf(row, 'label_ocean', LABELS)];
    const key = oneOf(row, 'key', KEYS);
    return {
      where: row.where,
      content: JSON.stringify([trait, statement.toLowerCase()]),
      key,
      statement,
      trait,
      index,
    };
  });
  const unkeyed = rows.filter(({ key }) => key === '0').map(({ where }) => where);
  const { kept, left } = withoutDoubtful(rows.filter(({ key }) => key !== '0'));
  const items = kept.map(({ statement, trait, key, index }): LikertItem => {
    return {
      id: `mpi-${String(index + 1).padStart(4, '0')}`,
      trait,
      keying: key === '1' ? '+' : '-',
      statement,
      scale,
    };
  });
  if (items.length === 0) throw badRow(file, 'the file has no row with key 1 or -1 that no other contradicts');
  return { items, left: { ...left, unkeyed } };
}

/** "Make a plan" -> "You make a plan." */
function sentence(text: string): string {
  const words = text.trim().replace(/\.$/, '');
  return `You ${words.slice(0, 1).toLowerCase()}${words.slice(1)}.`;
}
