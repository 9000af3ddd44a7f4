// Our own JSON Lines: items, calibration texts, passages, neutral texts.

import { badRow, oneOf, onlyFields, type Row, readData, readJsonLines, textOf } from './lines.ts';
import type { CalibrationText, Item, Option, Passage } from './types.ts';

const SPLITS = ['calibration', 'tuning', 'evaluation'] as const;
const ITEM_FIELDS = ['id', 'trait', 'persona', 'keying', 'split', 'question', 'options'];
const MAX_OPTIONS = 26; // there is no letter beyond Z

/** Items of every split. Throws `bad-data` with file and line for the first row that breaks a rule. */
export async function readItems(file: string): Promise<readonly Item[]> {
  const seen = new Map<string, string>();
  return (await readJsonLines(file)).map((row) => {
    onlyFields(row, ITEM_FIELDS);
    const id = textOf(row, 'id');
    const first = seen.get(id);
    if (first !== undefined) throw badRow(row.where, `id "${id}" is at ${first} too`);
    seen.set(id, row.where);
    return {
      id,
      trait: textOf(row, 'trait'),
      persona: textOf(row, 'persona'),
      keying: oneOf(row, 'keying', ['+', '-'] as const),
      split: oneOf(row, 'split', SPLITS),
      question: textOf(row, 'question'),
      options: optionsOf(row),
    };
  });
}

function optionsOf(row: Row): readonly Option[] {
  const list = row.value.options;
  if (!Array.isArray(list)) throw badRow(row.where, '"options" is not a list');
  if (list.length < 2) throw badRow(row.where, `an item needs two options or more, and this has ${list.length}`);
  if (list.length > MAX_OPTIONS) throw badRow(row.where, `an item has ${MAX_OPTIONS} options at most`);
  const options = list.map((value: unknown, k): Option => {
    if (typeof value !== 'object' || value === null) throw badRow(row.where, `option ${k + 1} is not an object`);
    const part = { where: row.where, value: value as Record<string, unknown> };
    onlyFields(part, ['text', 'matching']);
    const { matching } = part.value;
    if (typeof matching !== 'boolean') throw badRow(row.where, `"matching" of option ${k + 1} is not true or false`);
    return { text: textOf(part, 'text'), matching };
  });
  const matching = options.filter((option) => option.matching).length;
  if (matching !== 1) throw badRow(row.where, `exactly one option must match, and ${matching || 'none'} of them do`);
  if (new Set(options.map(({ text }) => text)).size < options.length)
    throw badRow(row.where, 'two options are the same');
  return options;
}

/** `{question, answer}` or `{answer}` per line. */
export async function readCalibration(file: string): Promise<readonly CalibrationText[]> {
  return (await readJsonLines(file)).map((row) => {
    onlyFields(row, ['question', 'answer']);
    const answer = textOf(row, 'answer');
    return row.value.question === undefined ? { answer } : { question: textOf(row, 'question'), answer };
  });
}

/** `{id, text}` per line; ids are unique in the file. */
export async function readPassages(file: string): Promise<readonly Passage[]> {
  const seen = new Set<string>();
  return (await readJsonLines(file)).map((row) => {
    onlyFields(row, ['id', 'text']);
    const id = textOf(row, 'id');
    if (seen.has(id)) throw badRow(row.where, `id "${id}" is in the file twice`);
    seen.add(id);
    return { id, text: textOf(row, 'text') };
  });
}

/** An open question on a trait. */
export interface OpenQuestion {
  readonly id: string;
  readonly trait: string;
  readonly question: string;
}

/** `{id, trait, question}` per line; ids are unique in the file. */
export async function readQuestions(file: string): Promise<readonly OpenQuestion[]> {
  const seen = new Map<string, string>();
  return (await readJsonLines(file)).map((row) => {
    onlyFields(row, ['id', 'trait', 'question']);
    const id = textOf(row, 'id');
    const first = seen.get(id);
    if (first !== undefined) throw badRow(row.where, `id "${id}" is at ${first} too`);
    seen.set(id, row.where);
    return { id, trait: textOf(row, 'trait'), question: textOf(row, 'question') };
  });
}

/** `{text}` per line. */
export async function readTexts(file: string): Promise<readonly string[]> {
  return (await readJsonLines(file)).map((row) => {
    onlyFields(row, ['text']);
    return textOf(row, 'text');
  });
}

/** Texts of anyone: one a line, or JSON lines of {text} or {question, answer}. Throws `bad-data` with file and line. */
export async function readSamples(file: string): Promise<readonly CalibrationText[]> {
  const lines = (await readData(file)).split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw badRow(file, 'the file has no text', 'write one text a line');
  if (!lines[0]!.trimStart().startsWith('{')) return lines.map((line) => ({ answer: line.trim() }));
  return (await readJsonLines(file)).map((row): CalibrationText => {
    onlyFields(row, ['text', 'question', 'answer']);
    if (row.value.text !== undefined) return { answer: textOf(row, 'text') };
    return { question: textOf(row, 'question'), answer: textOf(row, 'answer') };
  });
}
