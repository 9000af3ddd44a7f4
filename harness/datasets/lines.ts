// Files of rows, hostile until parsed: sizes are bounded, and a bad row is an error with its line.

import { BenchError } from '../../base/error.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import { failure, ReadError, type ReadProblem, readText } from '../../base/read.ts';

const MAX_FILE_BYTES = 256 * 2 ** 20;
const MAX_ROW_BYTES = 64 * 2 ** 10;
const PATH_HINT = 'check the path in the file that names it';
const HINTS: Readonly<Partial<Record<ReadProblem, string>>> = { size: 'split the file', text: 'save it as UTF-8' };

/** A row that cannot be used: `bad-data` at `where`, which is `file:line` or `file`. */
export function badRow(where: string, message: string, hint = 'correct the row, or remove it'): BenchError {
  return new BenchError('bad-data', message, { where, hint });
}

/** The text of a data file. Throws `bad-data` where it is missing, no file, not UTF-8, or beyond 256 MiB. */
export async function readData(file: string): Promise<string> {
  try {
    return await readText(file, MAX_FILE_BYTES);
  } catch (error) {
    throw failure(error, 'bad-data', file, (error instanceof ReadError && HINTS[error.problem]) || PATH_HINT);
  }
}

export interface Row {
  readonly where: string; // file:line
  readonly value: Readonly<Record<string, unknown>>;
}

/** The objects of a JSON Lines file; empty lines are skipped. */
export async function readJsonLines(file: string): Promise<readonly Row[]> {
  const rows: Row[] = [];
  for (const [index, line] of (await readData(file)).split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${file}:${index + 1}`;
    if (Buffer.byteLength(line) > MAX_ROW_BYTES) throw badRow(where, `the row exceeds ${MAX_ROW_BYTES} bytes`);
    let value: unknown;
    try {
      value = parseJson(line);
    } catch (error) {
      throw badRow(where, `the row is not JSON: ${(error as Error).message}`);
    }
    if (!isRecord(value)) throw badRow(where, 'the row is not an object');
    rows.push({ where, value });
  }
  if (rows.length === 0) throw badRow(file, 'the file has no rows', 'write one row a line');
  return rows;
}

/** A field that must be text with something in it. */
export function textOf({ where, value }: Row, field: string): string {
  const found = value[field];
  if (typeof found !== 'string')
    throw badRow(where, `"${field}" is ${found === undefined ? 'missing' : 'not a string'}`);
  if (found.trim() === '') throw badRow(where, `"${field}" is empty`);
  return found;
}

/** A field that must be one of `allowed`. */
export function oneOf<T extends string>(row: Row, field: string, allowed: readonly T[]): T {
  const found = textOf(row, field);
  if (!(allowed as readonly string[]).includes(found)) {
    throw badRow(row.where, `"${field}" is "${found}", and must be one of ${allowed.join(', ')}`);
  }
  return found as T;
}

/** Refuses fields that the format does not have: a misspelt one would be ignored in silence. */
export function onlyFields({ where, value }: Row, allowed: readonly string[]): void {
  const extra = Object.keys(value).find((field) => !allowed.includes(field));
  if (extra !== undefined) throw badRow(where, `unknown field "${extra}"; the format has ${allowed.join(', ')}`);
}
