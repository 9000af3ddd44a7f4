// `bench bless RUN` keeps a run as the reference, `bench gate RUN` compares one with it, and `bench compare A B` shows what
// two runs differ in.

import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { blessRun, compareRuns, gateRun } from '../api/gate.ts';
import { readRun } from '../api/read-run.ts';
import { endingLines, painter, wantsColor } from '../base/columns.ts';
import { readBounded, writeAtomic } from '../base/files.ts';
import { jsonText } from '../base/printable.ts';
import { shellWord } from '../base/words.ts';
import { entryName } from '../harness/record/row-name.ts';
import type { Standing } from '../harness/record/run-record.ts';
import type { GateReport } from '../harness/record/verdicts.ts';
import type { ReadRun } from '../harness/store/read-run.ts';
import { compareText, gateAnnotations, gateMarkdown, gateText } from '../reports/gate.ts';
import { type Written, writtenText } from './closing-message.ts';
import { EXIT } from './exit-codes.ts';
import type { GateOptions } from './options.ts';
import { typed } from './typed.ts';

const MAX_SUITE_BYTES = 2 ** 20;

export interface GateContext extends GateOptions {
  readonly json?: boolean;
  readonly suite?: string; // its file, where it is known: annotations point at its gate section
}
type Write = (text: string) => void;
const toStdout: Write = (text) => {
  process.stdout.write(text);
};

/** Throws `no-run`, `bad-run`, `no-gate`, `incomplete-run`. */
export async function blessVerb(
  run: string,
  options: { readonly out?: string; readonly json?: boolean },
  write = toStdout,
): Promise<number> {
  const read = readRun(run);
  const { file, rows, narrowed } = blessRun(read, options.out === undefined ? {} : { reference: options.out });
  const at = options.out === undefined ? '' : ` --reference ${shellWord(file)}`;
  const part = narrowed.join(', ');
  const warnings = [
    ...(narrowed.length === 0
      ? []
      : [`Warning: the reference covers only a part of the suite (${part}), and so does every gate that uses it`]),
    ...weakRows(read),
  ];
  const end: Written = {
    said: [`Blessed ${read.folder}: ${rows.join('; ')}`, ...warnings].join('\n'),
    figures: { blessed: read.folder, rows, warnings },
    written: [file],
    next: `bench gate latest${at}`,
  };
  write(writtenText(end, options.json === true));
  return EXIT.pass;
}

const STANDINGS: Readonly<Record<Exclude<Standing, 'held'>, string>> = {
  'like-answerer': 'is no better than an answerer without a model',
  'not-held': 'does not hold the persona',
  undecided: 'is measured too little to say that it holds the persona',
  'not-measured': 'has no verdict',
};

/** Gated rows whose persona this run does not show to be held, pooled: what is kept of them is noise, or worse. */
function weakRows({ result: { gate, verdicts, metrics } }: ReadRun): readonly string[] {
  const controls = new Set(metrics.filter(({ control }) => control).map(({ method }) => method));
  return verdicts.flatMap((row) => {
    if (row.scope !== 'pooled' || gate?.rows.includes(row.method) !== true || controls.has(row.method)) return [];
    const name = entryName(row);
    const broken =
      row.broken.length === 0 ? [] : [`Warning: the network of ${name} no longer speaks (${row.broken.join(', ')})`];
    if (row.standing === 'held') return broken;
    const [failed, missing] = [row.fails.map((one) => one.name), row.missing];
    const reasons = [
      ...(failed.length === 0 ? [] : [`not above ${failed.join(', ')}`]),
      ...(missing.length === 0 ? [] : [`missing: ${missing.join(', ')}`]),
    ];
    const why = reasons.length === 0 ? '' : ` (${reasons.join('; ')})`;
    return [...broken, `Warning: ${name} ${STANDINGS[row.standing]} in this run${why}: a gate on it guards noise`];
  });
}

/** The exit code of the verdicts: 0, 1, 3 or 4. Throws as `blessVerb`, and `no-reference`, `bad-reference`. */
export async function gateVerb(run: string, options: GateContext, write = toStdout): Promise<number> {
  const read = readRun(run);
  const report = gateRun(read, options);
  write(
    options.json === true
      ? jsonText(report)
      : gateText(report, options.explain === true, painter(wantsColor(process.stdout.isTTY, process.env))),
  );
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

function endingOf(run: string, { outcome }: GateReport, { junit, reference, explain }: GateContext): string {
  const explained = explain === true || outcome === 'pass';
  const at = reference === undefined ? '' : ` --reference ${shellWord(reference)}`;
  const next = explained ? null : typed(`bench gate ${shellWord(run)}${at} --explain`);
  return endingLines(junit === undefined ? [] : [junit], next)
    .map((line) => `${line}\n`)
    .join('');
}

/** What two runs differ in; always 0. Throws `no-run`, `bad-run`. */
export async function compareVerb(
  first: string,
  second: string,
  options: Pick<GateContext, 'json'>,
  write = toStdout,
): Promise<number> {
  const found = compareRuns(first, second);
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
