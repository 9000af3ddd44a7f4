// The file of a blessed run: one line per answer, so that a review sees what changed. Read as hostile input.

import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import { type Answer, type GateRow, REFERENCE_VERSION, type Reference, type Rules } from './types.ts';

/** Answers as a table: their fields stand once. */
const COLUMNS = ['item', 'trait', 'persona', 'wording', 'seed', 'aligned', 'p', 'gap', 'content', 'cell'] as const;
const EVALUATION = ['id', 'kind', 'scorer', 'settings'] as const;
const MOST_ANSWERS = 1_000_000;
/** Of all answers with their columns, and room for the rest. */
const MAX_VALUES = 2 ** 24;

/** The text of the file, with the digest of what it says. */
export function referenceText(reference: Reference): string {
  const { rows, ...rest } = reference;
  const head = { ...rest, sha256: sealOf(rest, rows) };
  const lines = rows.map(({ answers, ...row }) => {
    const table = answers.map((answer) => `    ${JSON.stringify(COLUMNS.map((name) => answer[name]))}`).join(',\n');
    return `  ${JSON.stringify(row).slice(0, -1)},"answers":[\n${table}\n  ]}`;
  });
  return `${JSON.stringify(head).slice(0, -1)},"columns":${JSON.stringify(COLUMNS)},"rows":[\n${lines.join(',\n')}\n]}\n`;
}

/** Of all but itself: an answer as its columns. */
function sealOf(head: object, rows: readonly GateRow[]): string {
  const tables = rows.map(({ answers, ...row }) => ({
    ...row,
    answers: answers.map((one) => COLUMNS.map((k) => one[k])),
  }));
  return digestOf(JSON.parse(JSON.stringify({ ...head, rows: tables })));
}

/** Throws `bad-reference` with the place for a file that is none, is of another version, or holds what is no answer. */
export function parseReference(text: string, where: string): Reference {
  const fail = (message: string, cause?: unknown): BenchError =>
    new BenchError('bad-reference', message, {
      where,
      hint: 'run the suite again, and bless that run: bench bless latest',
      cause,
    });
  let value: unknown;
  try {
    value = parseJson(text, MAX_VALUES);
  } catch (error) {
    throw fail(`it is not valid JSON (${(error as Error).message.slice(0, 100)})`, error);
  }
  if (!isRecord(value)) throw fail('it is not an object');
  const { version, columns, rows, sha256, ...head } = value;
  if (version !== REFERENCE_VERSION)
    throw fail(`its version is ${String(version)}, and bench reads version ${REFERENCE_VERSION}`);
  if (JSON.stringify(columns) !== JSON.stringify(COLUMNS)) throw fail('its columns are others');
  for (const name of ['suite', 'run', 'at', 'deviceClass', 'kernels'])
    if (typeof head[name] !== 'string') throw fail(`"${name}" is not a string`);
  if (!isRecord(head.testbed) || !Array.isArray(head.evaluations))
    throw fail('it lacks its testbed or its evaluations');
  if (!head.evaluations.every((one) => isRecord(one) && EVALUATION.every((name) => typeof one[name] === 'string')))
    throw fail('one of its evaluations is malformed');
  if (!isRules(head.rules) || !isTexts(head.narrowed)) throw fail('it lacks the rules that it was blessed with');
  if (!Array.isArray(rows) || rows.length === 0) throw fail('it has no rows');
  const read = rows.map((row) => rowOf(row, fail));
  once(
    read.map(({ name, model, evaluation }) => [name, evaluation, model]),
    (row) => fail(`its row ${row} is there twice`),
  );
  const reference: Reference = { ...(head as unknown as Omit<Reference, 'version' | 'rows'>), version, rows: read };
  const { rows: _, ...rest } = reference;
  if (sha256 !== sealOf(rest, read)) throw fail('it is not what was blessed: its digest is of other content');
  return reference;
}

function rowOf(value: unknown, fail: (message: string) => BenchError): GateRow {
  if (!isRecord(value)) throw fail('a row is not an object');
  const { name, model, evaluation, answers, divergence, broken, counters } = value;
  if (typeof name !== 'string' || typeof model !== 'string' || typeof evaluation !== 'string')
    throw fail('a row has no name, model or evaluation');
  if (!isDivergence(divergence)) throw fail(`the divergence of ${name} is malformed`);
  if (!isTexts(broken)) throw fail(`what is broken of ${name} is not a list of reasons`);
  if (!isRecord(counters) || !Object.values(counters).every(isNumber))
    throw fail(`a counter of ${name} is not a number`);
  if (!Array.isArray(answers) || answers.length === 0) throw fail(`${name} has no answers`);
  if (answers.length > MOST_ANSWERS)
    throw fail(`${name} has ${answers.length} answers, and at most ${MOST_ANSWERS} are read`);
  const read = answers.map((cells, k) => answerOf(cells, () => fail(`answer ${k + 1} of ${name} is malformed`)));
  once(
    read.map(({ item, persona, wording, seed }) => [item, persona, wording, seed]),
    (answer) => fail(`an answer of ${name} is there twice: ${answer}`),
  );
  return {
    name,
    model,
    evaluation,
    divergence,
    broken,
    counters: counters as Record<string, number>,
    answers: read,
  };
}

/** Of two under one key only the first would be compared. */
function once(keys: readonly (readonly unknown[])[], fail: (key: string) => BenchError): void {
  const seen = new Set<string>();
  for (const key of keys) {
    if (seen.has(JSON.stringify(key))) throw fail(key.filter((part) => part !== null).join(', '));
    seen.add(JSON.stringify(key));
  }
}

function answerOf(cells: unknown, fail: () => BenchError): Answer {
  if (!Array.isArray(cells) || cells.length !== COLUMNS.length) throw fail();
  const [item, trait, persona, wording, seed, aligned, p, gap, content, cell] = cells as unknown[];
  const texts = [item, trait, persona, content, cell].every((text) => typeof text === 'string');
  const share = (value: unknown): boolean => isNumber(value) && value >= 0 && value <= 1;
  if (!texts || !share(aligned) || !share(p) || !(gap === null || share(gap))) throw fail();
  if (!(wording === null || typeof wording === 'string') || !(seed === null || isNumber(seed))) throw fail();
  return { item, trait, persona, wording, seed, aligned, p, gap, content, cell } as Answer;
}

function isRules(value: unknown): value is Rules {
  if (!isRecord(value)) return false;
  const { rows, alignment, looks, floors, order, tax, timings, counters, inconclusive } = value;
  const limit = (one: unknown): boolean => one === undefined || isNumber(one);
  return (
    isTexts(rows) &&
    isTexts(order) &&
    isRecord(alignment) &&
    [alignment.margin, alignment.alpha].every(isNumber) &&
    (looks === undefined || (Array.isArray(looks) && looks.length > 0 && looks.every(isNumber))) &&
    isRecord(floors) &&
    Object.values(floors).every(isNumber) &&
    isRecord(tax) &&
    limit(tax.divergence) &&
    isRecord(timings) &&
    typeof timings.against === 'string' &&
    [timings.prefill, timings.decode].every(limit) &&
    isRecord(counters) &&
    [counters.model, counters.commands].every((one) => typeof one === 'boolean') &&
    (inconclusive === 'fail' || inconclusive === 'warn')
  );
}

/** Null of a prompt; else an interval of each part that was measured. */
function isDivergence(value: unknown): value is GateRow['divergence'] {
  const isInterval = (one: unknown): boolean =>
    isRecord(one) && isNumber(one.value) && [one.low, one.high].every((bound) => bound === null || isNumber(bound));
  if (value === null) return true;
  return isRecord(value) && [value.prompts, value.answers].every((part) => part === null || isInterval(part));
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
