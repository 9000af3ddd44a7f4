// A suite from plan to written reports: what `bench run` does, as a function.

import type { Suite } from '../harness/config/resolved.ts';
import type { RunSuiteOptions, SuiteRun } from './run-options.ts';

/**
 * Runs what is not stored of a suite and writes the folder of the run. Cells that fail are in the result and throw nothing.
 * Loads the engine only when a cell is not stored. Throws BenchError: `no-device`, `unwritable`, `nothing-selected`, ...
 */
export async function runSuite(suite: Suite, options: RunSuiteOptions = {}): Promise<SuiteRun> {
  const [{ machineOf }, { runOn }] = await Promise.all([import('./machine.ts'), import('./run-on.ts')]);
  return runOn(machineOf(options.device), suite, options);
}
