// `bench run SUITE`: runs what is not stored, writes the run folder, prints the report.

import path from 'node:path';
import { METHODS } from '../../baselines/index.ts';
import { jsonReport } from '../../reports/json.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { terminalReport, wantsColor } from '../../reports/terminal.ts';
import type { Suite } from '../config/resolved.ts';
import type { RunResult } from '../plan/result.ts';
import { selects } from '../plan/selection.ts';
import { INTERRUPTED, onInterrupt } from '../run/interrupt.ts';
import { progressMode, startProgress } from '../run/progress.ts';
import { writeRunFolder } from '../run/run-folder.ts';
import { type Machine, runSession } from '../run/session.ts';
import { machineOf } from './machine.ts';
import type { RunOptions } from './options.ts';
import { suiteOf, termsOf } from './suite-options.ts';

/** What the verb runs on; tests put a fake engine in. */
export interface RunServices {
  machine(adapter: string | undefined): Machine;
  suite(file: string, options: RunOptions): Promise<Suite>;
  readonly stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  readonly stderr: NodeJS.WriteStream;
}

const services: RunServices = {
  machine: machineOf,
  suite: suiteOf,
  stdout: process.stdout,
  stderr: process.stderr,
};

/** Where results go unless --out says otherwise, below the working folder. */
export const DEFAULT_OUT = '.bench';

/** Returns the exit code: 0, 3 (a cell failed or was not reached) or 130. Throws BenchError for bad input. */
export async function runVerb(
  file: string,
  options: RunOptions,
  { machine, suite: load, stdout, stderr }: RunServices = services,
): Promise<number> {
  const suite = await load(file, options);
  const base = path.resolve(options.out ?? DEFAULT_OUT);
  const terms = termsOf(options);
  const progress = startProgress(progressMode(options.progress, options.quiet === true, stderr), stderr);
  const interrupt = onInterrupt((text) => {
    progress.stop();
    stderr.write(`${text}\n`);
  });
  try {
    const run = await runSession({
      suite,
      registry: METHODS,
      machine: machine(options.adapter),
      base,
      command: ['bench', ...process.argv.slice(2)],
      emit: progress.listen,
      signal: interrupt.signal,
      fresh: options.fresh === true,
      failFast: options.failFast === true,
      select: (cell) => selects(terms, cell),
    });
    progress.stop();
    if (run.interrupted) {
      const done = run.result.cells.filter(({ status }) => status !== 'errored').length;
      stderr.write(`interrupted: ${done} cells are stored; the same command goes on from them\n`);
      return INTERRUPTED;
    }
    const { result } = run;
    const folder = writeRunFolder(base, result, run.rows(), { 'report.md': markdownReport(result) });
    const shown = path.relative(process.cwd(), folder);
    if (options.json === true) stdout.write(jsonReport(result));
    else if (options.quiet !== true) {
      stdout.write(
        terminalReport(result, {
          color: wantsColor(stdout.isTTY, process.env),
          written: ['report.md', 'run.json', 'items.jsonl'].map((name) => path.join(shown, name)),
          next: nextCommand(file, suite, result),
        }),
      );
    }
    return result.exitCode;
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

/** What is worth typing next: the same again while cells are missing, else a look at a persona by eye. */
function nextCommand(file: string, suite: Suite, result: RunResult): string {
  if (result.exitCode !== 0) return `bench run ${file}`;
  const [model] = suite.models;
  const [persona] = suite.personas;
  return `bench try "What do you do on a free evening?" --model ${path.relative(process.cwd(), model?.path ?? '')} --persona ${persona?.id}`;
}
