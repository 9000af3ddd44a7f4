// `bench bless RUN` keeps a run as the reference, `bench gate RUN` compares one with it, and `bench compare A B` shows what
// two runs differ in.

import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { blessRun, compareRuns, gateRun } from '../api/gate.ts';
import { readRun } from '../api/read-run.ts';
import { endingLines, painter, wantsColor } from '../base/columns.ts';
import { readBounded, writeAtomic } from '../base/files.ts';
import { jsonText } from '../base/printable.ts';
import { points, shellWord } from '../base/words.ts';
import { entryName } from '../harness/record/row-name.ts';
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

/** Gated methods that this run cannot tell from no persona: what is kept of them is noise. */
function weakRows({ result: { gate, differences, metrics } }: ReadRun): readonly string[] {
  const controls = new Set(metrics.filter(({ control }) => control).map(({ method }) => method));
  return differences
    .filter(({ scope, method, low }) => scope === 'pooled' && low <= 0 && gate?.rows.includes(method) === true)
    .filter(({ method }) => !controls.has(method))
    .map((row) => {
      const interval = `${points(row.difference)} points [${points(row.low)}, ${points(row.high)}]`;
      return `Warning: ${entryName(row)} is not above ${row.control} in this run (${interval}): a gate on it guards noise`;
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
