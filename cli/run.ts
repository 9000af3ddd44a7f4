// `bench run SUITE`: runs what is not stored, writes the run folder, prints the report.

import path from 'node:path';
import { counted, shellWord } from '../base/words.ts';
import { packageRoot } from '../harness/config/paths.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { select } from '../harness/plan/selection.ts';
import { packPrompts } from '../harness/record/prompts.ts';
import type { RunResult } from '../harness/record/run-record.ts';
import type { Machine } from '../harness/run/ports.ts';
import { METHODS } from './methods.ts';
import type { RunOptions } from './options.ts';
import { DEFAULT_OUT, fetchedSuiteOf, termsOf } from './suite-options.ts';

/** What the verb runs on; tests put a fake engine in. */
export interface RunServices {
  machine(device: string | undefined): Promise<Machine>;
  suite(file: string, options: RunOptions): Promise<Suite>;
  readonly command: readonly string[]; // as it was typed
  readonly stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  readonly stderr: NodeJS.WriteStream;
}

// A suite with a mistake in it is answered before runner, tokenizers and reports are loaded.
const services: RunServices = {
  machine: async (device) => (await import('./machine.ts')).machineOf(device),
  suite: fetchedSuiteOf,
  command: ['bench', ...process.argv.slice(2)],
  stdout: process.stdout,
  stderr: process.stderr,
};

/** Returns the exit code: 0, 3 (a cell failed or was not reached), 130, or with --gate the gate's. Throws BenchError for bad input. */
export async function runVerb(
  file: string,
  options: RunOptions,
  { machine, suite: load, command, stdout, stderr }: RunServices = services,
): Promise<number> {
  const suite = await load(file, options);
  const held = options.gate === true ? (await import('./gate.ts')).blessed(suite, options) : null;
  const [{ runSession }, { INTERRUPTED, onInterrupt }, { progressMode, startProgress }, { StatisticsFolder }] =
    await Promise.all([
      import('../harness/run/session.ts'),
      import('../harness/run/interrupt.ts'),
      import('../harness/run/progress.ts'),
      import('../harness/subnetworks/statistics-file.ts'),
    ]);
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
      machine: await machine(options.device),
      base,
      statistics: new StatisticsFolder(path.join(base, 'statistics'), (text) => stderr.write(`${text}\n`)),
      command,
      emit: progress.listen,
      signal: interrupt.signal,
      fresh: options.fresh === true,
      failFast: options.failFast === true,
      profile: options.profile === true,
      select: (cells) => select(terms, cells),
    });
    progress.stop();
    if (run.interrupted) {
      const done = run.result.cells.filter(({ status }) => status !== 'errored').length;
      stderr.write(`interrupted: ${counted(done, 'cell')} stored; the same command goes on from them\n`);
      return INTERRUPTED;
    }
    const { result } = run;
    const [{ writeRunFolder }, { markdownReport }, { htmlReport }] = await Promise.all([
      import('../harness/store/run-folder.ts'),
      import('../reports/markdown.ts'),
      import('../reports/html/page.ts'),
    ]);
    const prompts = run.prompts();
    const turned =
      held === null ? [] : (await import('../harness/gate/recalled.ts')).recalled(held.reference, run.rows());
    const before = held !== null && turned.length > 0 ? { before: { name: held.name, items: turned } } : {};
    const reports = {
      'report.html': await htmlReport(result, { items: run.rows, prompts, ...before }),
      'report.md': markdownReport(result),
      ...(result.profile !== null && {
        'trace.json': (await import('../reports/trace.ts')).chromeTrace(run.tracks, result.device),
      }),
    };
    const folder = writeRunFolder(base, result, run.rows(), {
      ...reports,
      'prompts.json': JSON.stringify(packPrompts(prompts)),
    });
    const shown = shortPath(folder);
    if (options.json === true) stdout.write((await import('../reports/json.ts')).jsonReport(result));
    else if (options.quiet !== true) {
      const { terminalReport, wantsColor } = await import('../reports/terminal.ts');
      stdout.write(
        terminalReport(result, {
          color: wantsColor(stdout.isTTY, process.env),
          written: [...Object.keys(reports), 'run.json', 'items.jsonl'].map((name) => path.join(shown, name)),
          next: nextCommand(suite, result),
        }),
      );
    }
    if (options.gate === true) {
      const { gateVerb } = await import('./gate.ts');
      return gateVerb(folder, { ...options, suite: shortPath(suite.file) }, (text) => {
        (options.json === true ? stderr : stdout).write(text);
      });
    }
    return result.exitCode;
  } finally {
    progress.stop();
    interrupt.dispose();
  }
}

/** What is worth typing next: the same again while cells are missing, else a look at a persona by eye. */
function nextCommand(suite: Suite, result: RunResult): string {
  if (result.exitCode !== 0) return result.provenance.command.map(shellWord).join(' ');
  const [model] = suite.models;
  const [persona] = suite.personas;
  const [id, folder] = [model?.id ?? '', model?.path ?? ''];
  const bundled = folder === path.join(packageRoot(), 'models', id);
  const personas = suite.personasFile === path.join(packageRoot(), 'personas.yaml') ? [] : [suite.personasFile];
  return [
    'bench try "What do you do on a free evening?"',
    `--model ${bundled ? id : shellWord(shortPath(folder))}`,
    ...personas.map((one) => `--personas ${shellWord(shortPath(one))}`),
    `--persona ${shellWord(persona?.id ?? '')}`,
  ].join(' ');
}

/** Relative to the working folder when it lies in it. */
function shortPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative.startsWith('..') ? absolute : relative;
}
