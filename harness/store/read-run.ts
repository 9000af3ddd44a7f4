// A run's folder read again: by its path, that of its run.json, or `latest`. Read as hostile input: bounded, and checked
// before anything is made of it.

import path from 'node:path';
import { BenchError } from '../../base/error.ts';
import { readBounded, statOf } from '../../base/files.ts';
import type { ItemRow, RunResult } from '../record/run-record.ts';
import { RUN_VERSION } from '../record/run-record.ts';
import { latestRun } from './run-folder.ts';

const MAX_RUN_BYTES = 256 * 2 ** 20;
const MAX_ITEMS_BYTES = 2 ** 31 - 1;

export interface ReadRun {
  readonly folder: string;
  readonly result: RunResult;
  readonly items: readonly ItemRow[];
}

/** `fits`: whether a parsed run.json has the shape of the schema; what is wrong, or null. Throws `no-run`, `bad-run`. */
export function readRun(given: string, base: string, fits: (value: unknown) => string | null): ReadRun {
  const folder = folderOf(given, base);
  const file = path.join(folder, 'run.json');
  const fail = (where: string, message: string, cause?: unknown): BenchError =>
    new BenchError('bad-run', message, { where, hint: 'run the suite again with this version of bench', cause });
  const parsed = (text: string, where: string): unknown => {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw fail(where, 'it is no JSON', error);
    }
  };
  const text = readBounded(file, MAX_RUN_BYTES);
  if (text === null) throw fail(file, `it cannot be read: it is not there, or exceeds ${MAX_RUN_BYTES} bytes`);
  const value = parsed(text, file) as { version?: unknown } | null;
  if (value?.version !== RUN_VERSION)
    throw fail(file, `it is of version ${value?.version}, and ${RUN_VERSION} is read`);
  const wrong = fits(value);
  if (wrong !== null) throw fail(file, wrong);
  const lines = path.join(folder, 'items.jsonl');
  const answers = readBounded(lines, MAX_ITEMS_BYTES);
  if (answers === null) throw fail(lines, 'it cannot be read: it is not there, or too large');
  const items = answers
    .split('\n')
    .filter((line) => line !== '')
    .map((line, k) => {
      const row = parsed(line, `${lines}:${k + 1}`);
      if (!isItemRow(row)) throw fail(`${lines}:${k + 1}`, 'it is no answer of an item');
      return row;
    });
  return { folder, result: value as unknown as RunResult, items };
}

function folderOf(given: string, base: string): string {
  if (given === 'latest') {
    const latest = latestRun(base);
    if (latest !== null) return latest;
    throw new BenchError('no-run', `there is no run in ${base}`, {
      hint: 'run a suite first, bench run SUITE; where it ran with --out, name the folder of the run',
    });
  }
  const stat = statOf(given);
  if (stat?.isDirectory()) return given;
  if (stat?.isFile() && path.basename(given) === 'run.json') return path.dirname(given);
  throw new BenchError('no-run', `${given} is no run`, {
    hint: 'name the folder of a run, its run.json, or latest',
  });
}

function isItemRow(value: unknown): value is ItemRow {
  if (typeof value !== 'object' || value === null) return false;
  const row = value as Record<string, unknown>;
  const text = (name: string): boolean => typeof row[name] === 'string';
  const textOrNull = (name: string): boolean => row[name] === null || text(name);
  const number = (name: string): boolean => typeof row[name] === 'number' && Number.isFinite(row[name]);
  return (
    ['cell', 'model', 'evaluation', 'method', 'item', 'itemPersona', 'trait', 'question'].every(text) &&
    ['persona', 'wording', 'sparsity', 'prompt'].every(textOrNull) &&
    ['p', 'aligned'].every((name) => isShare(row[name])) &&
    ['promptTokens', 'addedTokens'].every(number) &&
    (row.texts === undefined || (Array.isArray(row.texts) && row.texts.every((one) => typeof one === 'string'))) &&
    (row.seed === null || number('seed')) &&
    (row.group === undefined || text('group')) &&
    Array.isArray(row.options) &&
    row.options.every(isOption) &&
    Array.isArray(row.orders) &&
    row.orders.length > 0 &&
    row.orders.every((order) => isOrder(order, (row.options as readonly unknown[]).length))
  );
}

function isShare(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isOption(value: unknown): boolean {
  const { text, aligned } = (value ?? {}) as { readonly text?: unknown; readonly aligned?: unknown };
  return typeof text === 'string' && typeof aligned === 'boolean';
}

function isOrder(value: unknown, options: number): boolean {
  const { sums, scores } = (value ?? {}) as { readonly sums?: unknown; readonly scores?: unknown };
  return [sums, scores].every(
    (list) => Array.isArray(list) && list.length === options && list.every((one) => Number.isFinite(one)),
  );
}
