// A suite file as data, with the controls that the harness adds: what `runSuite` runs.

import { loadSuite as readSuite } from '../harness/config/index.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { requireGateNames } from '../harness/gate/names.ts';
import { withControls } from '../harness/plan/controls.ts';
import { evaluationItems } from '../harness/plan/items.ts';
import { requireLookItems } from '../harness/plan/looks.ts';
import { requireWordingNames } from '../harness/plan/wordings.ts';
import { BUNDLED, type Registry } from './registry.ts';

export interface LoadSuiteOptions {
  /** What the suite may name; the bundled methods when absent. Give the same one to `runSuite`. */
  readonly registry?: Registry;
  /** Changes of single values, such as `latency.repeats=3`; as --set. */
  readonly set?: readonly string[];
  /** One model in place of the suite's: a bundled name, a folder, or hf:owner/name@revision. */
  readonly model?: string;
  /** Evaluation items per trait. */
  readonly limit?: number;
  /** One seed in place of the suite's. */
  readonly seed?: number;
  /** The folder of a model of the hub. When absent, a model that was not downloaded yet is refused. */
  readonly hub?: (name: string) => string | Promise<string>;
}

/**
 * Loads a suite file, or a bundled suite by its path in the package (`suites/smoke.yaml`), and all that it names: personas,
 * items, texts, the places of models. Weights are not read.
 * Throws `bad-suite`, `bad-personas`, `bad-items` and others of `docs/errors.md`, each with file, line and column.
 */
export async function loadSuite(file: string, options: LoadSuiteOptions = {}): Promise<Suite> {
  const { registry = BUNDLED, ...rest } = options;
  const { methods, evaluations } = registry;
  const read = await readSuite(file, { registry: methods, kinds: evaluations, ...rest });
  const suite = withControls(read, methods, evaluations);
  requireWordingNames(suite, methods);
  requireGateNames(suite, methods);
  requireLookItems(suite, (evaluation) => evaluationItems(suite, evaluation));
  return suite;
}
