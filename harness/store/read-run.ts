// A run's folder read again: by its path, that of its run.json, or `latest`. Read as hostile input: bounded, and checked
// before anything is made of it.

import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { readBounded, statOf } from '../../base/files.ts';
import { parseJson } from '../../base/json.ts';
import { derivedOf, same } from '../method/derived.ts';
import { type PromptTexts, unpackPrompts } from '../record/prompts.ts';
import type { ItemRow, RunResult } from '../record/run-record.ts';
import { RUN_VERSION } from '../record/run-record.ts';
import { unseal } from './records.ts';
import { latestRun, type Seals } from './run-folder.ts';

const MAX_RUN_BYTES = 256 * 2 ** 20;
const MAX_ITEMS_BYTES = 2 ** 31 - 1;
const MAX_PROMPTS_BYTES = 256 * 2 ** 20;
const HINT = 'run the suite again with this version of bench: what is in the store is not computed again';

export interface ReadRun {
  readonly folder: string;
  readonly result: RunResult;
  readonly items: readonly ItemRow[];
  /** The texts of prompts.json; none where the run was written without. Throws `bad-run` where they are not what was written. */
  prompts(): PromptTexts;
}

const fail = (where: string, message: string, cause?: unknown): BenchError =>
  new BenchError('bad-run', message, { where, hint: HINT, cause });

/**
 * Reads a run and checks every digest in it; p and alignment of each answer are derived again from its scores. `fits`:
 * whether a parsed run.json has the shape of the schema; what is wrong, or null. Throws `no-run`, `bad-run`.
 */
export function readRun(given: string, base: string, fits: (value: unknown) => string | null): ReadRun {
  const folder = folderOf(given, base);
  const file = path.join(folder, 'run.json');
  const parsed = (text: string, where: string): unknown => {
    try {
      return parseJson(text);
    } catch (error) {
      throw fail(where, `it is not valid JSON (${(error as Error).message.slice(0, 100)})`, error);
    }
  };
  const text = readBounded(file, MAX_RUN_BYTES);
  if (text === null) throw fail(file, `it cannot be read: it is missing, or exceeds ${MAX_RUN_BYTES} bytes`);
  const value = parsed(text, file) as { version?: unknown } | null;
  if (value?.version !== RUN_VERSION)
    throw fail(file, `its version is ${value?.version}, and bench reads version ${RUN_VERSION}`);
  const wrong = fits(value);
  if (wrong !== null) throw fail(file, wrong);
  if (unseal(value) === null) throw fail(file, 'it is not what was written: its digest is of other content');
  const result = value as unknown as RunResult & Seals;
  const lines = path.join(folder, 'items.jsonl');
  const answers = readBounded(lines, MAX_ITEMS_BYTES);
  if (answers === null) throw fail(lines, 'it cannot be read: it is missing, or too large');
  const count = answers.split('\n').length - 1;
  if (sha256(answers) !== result.answers.sha256) {
    const held = result.answers.count;
    const told = count === held ? `its ${count} answers were changed` : `it has ${count} answers of ${held}`;
    throw fail(lines, `it is not what was written: ${told}`);
  }
  const scales = new Set(result.evaluations.filter(({ graded }) => graded).map(({ id }) => id));
  const items = answers
    .split('\n')
    .filter((line) => line !== '')
    .map((line, k) => {
      const row = parsed(line, `${lines}:${k + 1}`);
      if (!isItemRow(row)) throw fail(`${lines}:${k + 1}`, 'it is not the answer to an item');
      const fault = contradiction(row, scales.has(row.evaluation));
      if (fault !== null) throw fail(`${lines}:${k + 1}`, fault);
      return row;
    });
  return { folder, result, items, prompts: () => promptsOf(path.join(folder, 'prompts.json'), result.prompts) };
}

function promptsOf(file: string, digest: string | null): PromptTexts {
  if (digest === null) return new Map();
  const text = readBounded(file, MAX_PROMPTS_BYTES);
  if (text === null) throw fail(file, 'it cannot be read: it is missing, or too large');
  if (sha256(text) !== digest) throw fail(file, 'it is not what was written');
  return unpackPrompts(parseJson(text)) ?? new Map();
}

/** What of an answer its own scores contradict, or null. */
function contradiction(row: ItemRow, scale: boolean): string | null {
  const { p, aligned, orders } = derivedOf(row, scale);
  if (orders.some((one, k) => !same(one, row.orders[k]?.p ?? Number.NaN)))
    return "an order's p is not that of its scores";
  if (!same(p, row.p)) return `its p is ${row.p}, and its scores give ${p}`;
  return same(aligned, row.aligned) ? null : `its alignment is ${row.aligned}, and its scores give ${aligned}`;
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
  throw new BenchError('no-run', `${given} is not a run`, {
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
    [-1, 0, 1].includes(row.keyed as number) &&
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
  const { p, sums, scores } = (value ?? {}) as Readonly<Record<'p' | 'sums' | 'scores', unknown>>;
  return (
    isShare(p) &&
    [sums, scores].every(
      (list) => Array.isArray(list) && list.length === options && list.every((one) => Number.isFinite(one)),
    )
  );
}
