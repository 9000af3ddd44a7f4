// Role replies in the format of RoleAgentBench's "reaction" rows: a question that one role puts to another, with the replies
// meant for each who may ask. A group of rows differs in the asker alone, so that who does not see the asker gets 1 of k.

import { createHash } from 'node:crypto';
import { BenchError } from '../../base/error.ts';
import { parseJson } from '../../base/json.ts';
import { type LeftOut, withoutDoubtful } from './doubtful.ts';
import { badRow, onlyFields, type Row, readData, textOf } from './lines.ts';

const FIELDS = ['source_role', 'target_role', 'question', 'multi_choices', 'gt_answer', 'instruction', 'scene_id'];
const MAX_ROWS = 100_000;
const MAX_TEXT = 8000; // characters
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

export interface RoleReply {
  readonly id: string;
  readonly group: string; // rows that differ in the asker alone
  readonly asker: string;
  readonly role: string; // who is asked
  readonly question: string;
  readonly options: readonly { readonly text: string; readonly matching: boolean }[];
}

export interface RoleReplies {
  readonly rows: readonly RoleReply[]; // in the order of the file
  /** Rows that are not asked; `same`: two of their choices are one text. */
  readonly left: LeftOut & { readonly same: readonly string[] };
}

/** Throws `bad-data` with the number of the first row that breaks a rule, or where no row is left. */
export async function readRoleReplies(file: string): Promise<RoleReplies> {
  let list: unknown;
  try {
    list = parseJson(await readData(file));
  } catch (error) {
    if (error instanceof BenchError) throw error;
    throw badRow(
      file,
      `the file is not JSON: ${(error as Error).message}`,
      'the format is a JSON list of rows, as RoleAgentBench has',
    );
  }
  if (!Array.isArray(list)) throw badRow(file, 'the file is not a list of rows', 'write [ {...}, {...} ]');
  if (list.length === 0) throw badRow(file, 'the file has no rows', 'write [ {...}, {...} ]');
  if (list.length > MAX_ROWS)
    throw badRow(file, `the file has ${list.length} rows, and ${MAX_ROWS} are allowed`, 'split it');
  const read = list.map((value: unknown, k) => {
    const where = `${file}, row ${k + 1}`;
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw badRow(where, 'the row is not an object');
    const row: Row = { where, value: value as Record<string, unknown> };
    onlyFields(row, FIELDS);
    const [asker, role, question] = ['source_role', 'target_role', 'question'].map((field) => shortText(row, field));
    const texts = choicesOf(row);
    const right = rightOf(row, texts.length);
    const group = digest([role, question, [...texts].sort()]);
    const id = `${role}-${group}-${digest([asker])}`;
    const options = texts.map((text, option) => ({ text, matching: option === right }));
    const reply: RoleReply = { id, group, asker: asker!, role: role!, question: question!, options };
    return { where, content: id, key: texts[right] ?? '', same: new Set(texts).size < texts.length, reply };
  });
  const { kept, left } = withoutDoubtful(read.filter(({ same }) => !same));
  if (kept.length === 0) throw badRow(file, 'no row has choices that differ and that no other row contradicts');
  return {
    rows: kept.map(({ reply }) => reply),
    left: { ...left, same: read.filter(({ same }) => same).map(({ where }) => where) },
  };
}

/**
 * What the best answerer that does not see who asks gets right of a group's rows: always the reply that is right most
 * often. 1 / k where each of k replies is right once; more where rows are missing.
 */
export function sourceBlind(group: readonly Pick<RoleReply, 'options'>[]): number {
  const counts = new Map<string, number>();
  for (const { options } of group) {
    const right = options.find(({ matching }) => matching)?.text ?? '';
    counts.set(right, (counts.get(right) ?? 0) + 1);
  }
  return Math.max(...counts.values()) / group.length;
}

/** Whether each reply of a group is right for one asker. */
export function isComplete(group: readonly Pick<RoleReply, 'options'>[]): boolean {
  return group.length === group[0]?.options.length && sourceBlind(group) === 1 / group.length;
}

/** "A. Yes" -> "Yes": the letters are the harness's to give. */
function choicesOf(row: Row): readonly string[] {
  const choices = row.value.multi_choices;
  if (!Array.isArray(choices)) throw badRow(row.where, '"multi_choices" is not a list');
  if (choices.length < 2) throw badRow(row.where, `a row needs two choices or more, and this has ${choices.length}`);
  if (choices.length > LETTERS.length) throw badRow(row.where, `a row has ${LETTERS.length} choices at most`);
  const texts = choices.map((choice: unknown, k): string => {
    const label = `${LETTERS[k]}.`;
    if (typeof choice !== 'string' || !choice.startsWith(label)) {
      throw badRow(row.where, `choice ${k + 1} does not begin with "${label}"`);
    }
    const text = choice.slice(label.length).trim();
    if (text === '' || text.length > MAX_TEXT) throw badRow(row.where, `choice ${label} is empty or too long`);
    return text;
  });
  return texts;
}

function rightOf(row: Row, choices: number): number {
  const letter = textOf(row, 'gt_answer').trim();
  const right = letter.length === 1 ? LETTERS.indexOf(letter) : -1;
  if (right < 0 || right >= choices) {
    throw badRow(
      row.where,
      `"gt_answer" is "${letter}", and must be one of ${[...LETTERS.slice(0, choices)].join(', ')}`,
    );
  }
  return right;
}

function shortText(row: Row, field: string): string {
  const text = textOf(row, field).trim();
  if (text.length > MAX_TEXT)
    throw badRow(row.where, `"${field}" has ${text.length} characters, and ${MAX_TEXT} are allowed`);
  return text;
}

function digest(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 8);
}
