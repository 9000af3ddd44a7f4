// `bench bless RUN` keeps a run as the reference, `bench gate RUN` judges one beside it, and `bench compare A B` shows what
// two runs differ in.

import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { endingLines } from '../base/columns.ts';
import { BenchError } from '../base/error.ts';
import { readBounded, writeAtomic } from '../base/files.ts';
import { jsonText } from '../base/printable.ts';
import { shellWord } from '../base/words.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { compareRuns } from '../harness/gate/compare.ts';
import { methodOf } from '../harness/gate/levels.ts';
import { rowsOfOrder } from '../harness/gate/names.ts';
import { referenceText } from '../harness/gate/reference.ts';
import { candidateOf, gateRows, referenceOf, titlesOf } from '../harness/gate/rows.ts';
import { gate } from '../harness/gate/rules.ts';
import type { GateRow, Reference, Rules } from '../harness/gate/types.ts';
import type { GateReport } from '../harness/record/verdicts.ts';
import type { ReadRun } from '../harness/store/read-run.ts';
import { compareText, gateAnnotations, gateMarkdown, gateText } from '../reports/gate.ts';
import { EXIT } from './exit-codes.ts';
import { opened, openedReference } from './open-run.ts';
import type { GateOptions } from './options.ts';
import { type Written, writtenText } from './written.ts';

const REFERENCES = path.join('reports', 'references');
const MAX_SUITE_BYTES = 2 ** 20;

export interface Blessed {
  readonly name: string; // of its file
  readonly reference: Reference;
}

export interface Judged extends GateOptions {
  readonly json?: boolean;
  readonly suite?: string; // its file, where it is known: annotations point at its gate section
}
type Write = (text: string) => void;
const toStdout: Write = (text) => {
  process.stdout.write(text);
};

/** What a run will be judged by, before anything is computed. Throws `no-gate`, `no-reference`, `bad-reference`. */
export function blessed({ gate, name, file: suite }: Suite, options: GateOptions): Blessed {
  rulesOf(gate, name, suite);
  const file = options.reference ?? referenceFile(name);
  return { name: path.basename(file), reference: openedReference(file) };
}

/** Throws `no-run`, `bad-run`, `no-gate`, `incomplete-run`. */
export async function blessVerb(
  run: string,
  options: { readonly out?: string; readonly json?: boolean },
  write = toStdout,
): Promise<number> {
  const read = opened(run);
  const rules = rulesOf(read.result.gate, read.result.suite, read.folder);
  if (read.result.exitCode !== 0) {
    throw new BenchError('incomplete-run', 'a run with cells that failed or are missing is no reference', {
      where: read.folder,
      hint: 'run it again until every cell is there',
    });
  }
  const rows = rowsOf(read, rules);
  const missing = rules.rows.find((name) => !rows.some((row) => methodOf(row.name) === name));
  if (missing !== undefined) {
    throw new BenchError('no-row', `the run has no row "${missing}" that its gate names`, {
      where: read.folder,
      hint: 'run the whole suite, without --filter, and bless that run',
    });
  }
  const gated = rows.filter((row) => rules.rows.includes(methodOf(row.name)));
  const file = options.out ?? referenceFile(read.result.suite);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeAtomic(file, referenceText(referenceOf(read.result, gated)));
  const titleOf = titlesOf(gated);
  const rowNames = gated.map((row) => titleOf(row.name, row));
  const at = options.out === undefined ? '' : ` --reference ${shellWord(file)}`;
  const end: Written = {
    said: `Blessed ${read.folder}: ${rowNames.join('; ')}`,
    figures: { blessed: read.folder, rows: rowNames },
    written: [file],
    next: `bench gate latest${at}`,
  };
  write(writtenText(end, options.json === true));
  return EXIT.pass;
}

/** The exit code of the verdicts: 0, 1, 3 or 4. Throws as `blessVerb`, and `no-reference`, `bad-reference`. */
export async function gateVerb(run: string, options: Judged, write = toStdout): Promise<number> {
  const read = opened(run);
  const report = judge(read, options);
  write(options.json === true ? jsonText(report) : gateText(report, options.explain === true));
  const { GITHUB_ACTIONS, GITHUB_STEP_SUMMARY } = process.env;
  if (GITHUB_ACTIONS === 'true' && options.json !== true)
    write(gateAnnotations(report, placeOf(options.suite ?? suiteFile(read))));
  if (GITHUB_STEP_SUMMARY) appendFileSync(GITHUB_STEP_SUMMARY, gateMarkdown(report));
  if (options.junit !== undefined) {
    const { gateJunit } = await import('../reports/junit.ts');
    mkdirSync(path.dirname(path.resolve(options.junit)), { recursive: true });
    writeAtomic(options.junit, gateJunit(report, read.result.suite));
  }
  if (options.json !== true) write(endingOf(run, report, options));
  return report.exitCode;
}

function endingOf(run: string, { outcome }: GateReport, { junit, reference, explain }: Judged): string {
  const explained = explain === true || outcome === 'pass';
  const at = reference === undefined ? '' : ` --reference ${shellWord(reference)}`;
  const next = explained ? null : `bench gate ${shellWord(run)}${at} --explain`;
  return endingLines(junit === undefined ? [] : [junit], next)
    .map((line) => `${line}\n`)
    .join('');
}

/** What two runs differ in; always 0. Throws `no-run`, `bad-run`. */
export async function compareVerb(
  first: string,
  second: string,
  options: Pick<Judged, 'json'>,
  write = toStdout,
): Promise<number> {
  const found = compareRuns(opened(first), opened(second));
  write(options.json === true ? jsonText(found) : compareText(found));
  return EXIT.pass;
}

/** The file that the run was started with, or the suite's name where its command does not say. */
function suiteFile({ result }: ReadRun): string {
  return result.provenance.command.find((word) => /\.ya?ml$/.test(word)) ?? result.suite;
}

/** The line of a suite's gate section; 1 where it is inherited, or the file is not known. */
function placeOf(file: string): { readonly file: string; readonly line: number } {
  const lines = (readBounded(file, MAX_SUITE_BYTES) ?? '').split('\n');
  return {
    file,
    line:
      Math.max(
        0,
        lines.findIndex((line) => line.startsWith('gate:')),
      ) + 1,
  };
}

function judge(read: ReadRun, { reference, strict }: GateOptions): GateReport {
  const rules = rulesOf(read.result.gate, read.result.suite, read.folder);
  const file = reference ?? referenceFile(read.result.suite);
  return gate(candidateOf(read.result, rowsOf(read, rules)), openedReference(file), rules, strict === true);
}

function rulesOf(gate: Rules | null, suite: string, where: string): Rules {
  if (gate !== null) return gate;
  throw new BenchError('no-gate', `suite ${suite} has no gate section`, {
    where,
    hint: 'name the rows to be gated in the suite: gate: { rows: [prompting] }',
  });
}

/** Rows that any rule names. */
function rowsOf({ result, items }: ReadRun, rules: Rules): readonly GateRow[] {
  const named = new Set([...rules.rows, ...Object.keys(rules.floors), ...rules.order.flatMap(rowsOfOrder)]);
  return gateRows(result, items, (method, name) => named.has(method) || named.has(name));
}

function referenceFile(suite: string): string {
  return path.join(REFERENCES, `${suite.replace(/[^\w.-]+/g, '-')}.json`);
}
