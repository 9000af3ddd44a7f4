// The Machine Personality Inventory (Jiang et al. 2023, github jianggy/MPI): a CSV of text, label_ocean and key, each text
// what "You" do. It brings no scale: the published one and ours are five answers alike.

import { readCsv } from './csv.ts';
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
  /** Rows that are not asked: of key 0, which speaks for no pole, and those that say again what one before said. */
  readonly left: { readonly unkeyed: readonly string[]; readonly repeated: readonly string[] }; // file:line
}

/** Throws `bad-data` with file and line for a row that cannot be read, or that contradicts one before. */
export async function readMpi(file: string, scale: readonly string[] = SCALE): Promise<Mpi> {
  const items: LikertItem[] = [];
  const unkeyed: string[] = [];
  const repeated: string[] = [];
  const seen = new Map<string, { readonly where: string; readonly keying: string }>();
  for (const [index, row] of (await readCsv(file)).entries()) {
    const statement = sentence(textOf(row, 'text'));
    const trait = TRAITS[oneOf(row, 'label_ocean', LABELS)];
    const key = oneOf(row, 'key', KEYS);
    if (key === '0') {
      unkeyed.push(row.where);
      continue;
    }
    const keying = key === '1' ? '+' : '-';
    const content = JSON.stringify([trait, statement.toLowerCase()]);
    const first = seen.get(content);
    if (first !== undefined) {
      if (first.keying !== keying) throw badRow(row.where, `its key contradicts ${first.where}, which says the same`);
      repeated.push(row.where);
      continue;
    }
    seen.set(content, { where: row.where, keying });
    items.push({ id: `mpi-${String(index + 1).padStart(4, '0')}`, trait, keying, statement, scale });
  }
  if (items.length === 0) throw badRow(file, 'the file has no row with key 1 or -1');
  return { items, left: { unkeyed, repeated } };
}

/** "Make a plan" -> "You make a plan." */
function sentence(text: string): string {
  const words = text.trim().replace(/\.$/, '');
  return `You ${words.slice(0, 1).toLowerCase()}${words.slice(1)}.`;
}
