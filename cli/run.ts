// `bench run SUITE`: runs what is not stored, writes the run folder, prints the report.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Registry } from '../api/registry.ts';
import type { SuiteRun } from '../api/run-options.ts';
import { wantsColor } from '../base/columns.ts';
import { jsonText } from '../base/printable.ts';
import { counted, shellWord } from '../base/words.ts';
import { packageRoot } from '../harness/config/paths.ts';
import type { Suite } from '../harness/config/resolved.ts';
import type { RunResult } from '../harness/record/run-record.ts';
import type { Machine } from '../harness/run/ports.ts';
import type { ErrorDocument } from './error-messages.ts';
import { EXIT } from './exit-codes.ts';
import type { RunOptions } from './options.ts';
import { fetchedSuiteOf, registryOf, termsOf } from './suite-options.ts';
import { typed } from './typed.ts';

/** What the verb runs on; tests put a fake engine in. */
export interface RunServices {
  machine(device: string | undefined): Promise<Machine>;
  suite(file: string, options: RunOptions, registry: Registry): Promise<Suite>;
  readonly command: readonly string[]; // as it was typed
  readonly stdout: Pick<NodeJS.WriteStream, 'isTTY' | 'write'>;
  readonly stderr: NodeJS.WriteStream;
}

// A suite with a mistake in it is answered before runner, tokenizers and reports are loaded.
const services: RunServices = {
  machine: async (device) => (await import('../api/machine.ts')).machineOf(device),
  suite: fetchedSuiteOf,
  command: ['bench', ...process.argv.slice(2)],
  stdout: process.stdout,
  stderr: process.stderr,
};

/**
 * Returns the exit code: 0, 3 (a cell failed or was not reached), 130, or with --gate the gate's. Throws BenchError for bad
 * input.
 */
export async function runVerb(
  file: string,
  options: RunOptions,
  { machine, suite: load, command, stdout, stderr }: RunServices = services,
): Promise<number> {
  const registry = await registryOf(options);
  const suite = await load(file, options, registry);
  const against = options.gate === true ? (await import('../api/gate.ts')).blessedOf(suite, options.reference) : null;
  const [{ runOn }, { INTERRUPTED, onInterrupt }, { progressMode, startProgress }] = await Promise.all([
    import('../api/run-on.ts'),
    import('../harness/run/interrupt.ts'),
    import('../harness/run/progress.ts'),
  ]);
  const progress = startProgress(progressMode(options.progress, options.quiet === true, stderr), stderr);
  const interrupt = onInterrupt((text) => {
    progress.stop();
    stderr.write(`${text}\n`);
  });
  try {
    const run = await runOn(await machine(options.device), suite, {
      registry,
      ...(options.out !== undefined && { out: options.out }),
      ...(against !== null && { against }),
      command,
      listener: progress.listen,
      signal: interrupt.signal,
      fresh: options.fresh === true,
      failFast: options.failFast === true,
      profile: options.profile === true,
      filter: termsOf(options),
      warn: (text) => stderr.write(`${text}\n`),
    });
    progress.stop();
    const { folder, result, interrupted } = run;
    if (interrupted) stderr.write(`${stoppedText(run)}\n`);
    if (folder === null) {
      if (options.json === true) stdout.write(jsonText(stoppedDocument(run)));
      return INTERRUPTED;
    }
    const shown = shortPath(folder);
    if (options.json === true) stdout.write(readFileSync(path.join(folder, 'run.json'), 'utf8'));
    else if (options.quiet !== true) {
      const { terminalReport } = await import('../reports/terminal.ts');
      stdout.write(
        terminalReport(result, {
          color: wantsColor(stdout.isTTY, process.env),
          written: run.files.map((name) => path.join(shown, name)),
          next: typed(nextCommand(suite, result)),
          ...(options.gate === true && run.gate !== undefined && { gate: run.gate }),
        }),
      );
    }
    if (interrupted) return INTERRUPTED;
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

/** What of a run that was stopped is kept. */
function stoppedText({ folder, result: { partial } }: SuiteRun): string {
  const left = folder === null ? ' No method is finished, so that there is nothing to report yet.' : '';
  const reached = `interrupted after ${partial?.reached ?? 0} of ${counted(partial?.cells ?? 0, 'cell')}`;
  return `${reached}; the same command continues from what is stored.${left}`;
}

function stoppedDocument(run: SuiteRun): ErrorDocument {
  const error = { code: 'interrupted', message: stoppedText(run), where: null, hint: null, mistakes: [] };
  return { ok: false, exitCode: EXIT.interrupted, error };
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

/** Relative to the working folder when it is inside it. */
function shortPath(absolute: string): string {
  const relative = path.relative(process.cwd(), absolute);
  return relative.startsWith('..') ? absolute : relative;
}
