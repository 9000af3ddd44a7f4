// `bench plan SUITE`: the cells of a suite, which of them are stored, why the others would run, and what is asked.

import path from 'node:path';
import type { Registry } from '../api/registry.ts';
import { DEFAULT_OUT } from '../api/run-options.ts';
import { jsonText } from '../base/printable.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { select } from '../harness/plan/selection.ts';
import type { Machine } from '../harness/run/ports.ts';
import type { PlanOptions } from './options.ts';
import { commandOf, configText, registryOf, suiteOf, termsOf } from './suite-options.ts';

/** What the verb runs on; tests put a fake engine in. */
export interface PlanServices {
  machine(device: string | undefined): Promise<Machine>;
  suite(file: string, options: PlanOptions, registry: Registry): Promise<Suite>;
  config(file: string, options: PlanOptions, registry: Registry): Promise<string>;
  readonly stdout: Pick<NodeJS.WriteStream, 'write'>;
  readonly stderr?: Pick<NodeJS.WriteStream, 'write'>;
}

// A suite with a mistake in it is answered before planner and tokenizers are loaded.
const services: PlanServices = {
  machine: async (device) => (await import('../api/machine.ts')).machineOf(device),
  suite: suiteOf,
  config: configText,
  stdout: process.stdout,
  stderr: process.stderr,
};

/** Prints the plan; runs nothing. Returns 0. Throws BenchError for bad input. */
export async function planVerb(file: string, options: PlanOptions, io: PlanServices = services): Promise<number> {
  const registry = await registryOf(options);
  if (options.printConfig === true) {
    io.stdout.write(await io.config(file, options, registry));
    return 0;
  }
  const suite = await io.suite(file, options, registry);
  const [{ planSession }, view] = await Promise.all([import('../harness/run/session.ts'), import('./plan-view.ts')]);
  const terms = termsOf(options);
  const machine = await io.machine(options.device);
  const planned = await planSession(
    {
      suite,
      registry: registry.methods,
      kinds: registry.evaluations,
      machine,
      base: path.resolve(options.out ?? DEFAULT_OUT),
      select: (cells) => select(terms, cells),
    },
    { use: 'read', note: (text) => io.stderr?.write(`${text}\n`) },
  );
  if (options.showPrompt !== undefined) {
    const shown = await view.promptOf(options.showPrompt, suite, planned, machine, registry.methods);
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
