// `bench plan SUITE`: the cells of a suite, which of them are stored, why the others would run, and what is asked.

import path from 'node:path';
import { jsonText } from '../base/printable.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { select } from '../harness/plan/selection.ts';
import type { Machine } from '../harness/run/ports.ts';
import { METHODS } from './methods.ts';
import type { PlanOptions } from './options.ts';
import { commandOf, configText, DEFAULT_OUT, suiteOf, termsOf } from './suite-options.ts';

/** What the verb runs on; tests put a fake engine in. */
export interface PlanServices {
  machine(device: string | undefined): Promise<Machine>;
  suite(file: string, options: PlanOptions): Promise<Suite>;
  config(file: string, options: PlanOptions): Promise<string>;
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr?: Pick<NodeJS.WriteStream, 'write'>;
}

// A suite with a mistake in it is answered before planner and tokenizers are loaded.
const services: PlanServices = {
  machine: async (device) => (await import('./machine.ts')).machineOf(device),
  suite: suiteOf,
  config: configText,
  stdout: process.stdout,
  stderr: process.stderr,
};

/** Prints the plan; runs nothing. Returns 0. Throws BenchError for bad input. */
export async function planVerb(file: string, options: PlanOptions, io: PlanServices = services): Promise<number> {
  if (options.printConfig === true) {
    io.stdout.write(await io.config(file, options));
    return 0;
  }
  const suite = await io.suite(file, options);
  const [{ planSession }, view] = await Promise.all([import('../harness/run/session.ts'), import('./plan-view.ts')]);
  const terms = termsOf(options);
  const machine = await io.machine(options.device);
  const planned = await planSession(
    {
      suite,
      registry: METHODS,
      machine,
      base: path.resolve(options.out ?? DEFAULT_OUT),
      select: (cells) => select(terms, cells),
    },
    { use: 'read', note: (text) => io.stderr?.write(`${text}\n`) },
  );
  if (options.showPrompt !== undefined) {
    const shown = await view.promptOf(options.showPrompt, suite, planned, machine);
    io.stdout.write(options.json === true ? jsonText(shown) : view.promptText(shown));
    return 0;
  }
  const cells = view.statusOf(planned, options.why === true);
  if (options.json === true) io.stdout.write(view.planJson(suite, planned, cells));
  else if (options.quiet !== true) {
    io.stdout.write(view.planText(suite, planned, cells, commandOf('run', file, options)));
  }
  return 0;
}
