// The options that every verb with a suite shares, carried into the loader and the plan.

import { jsonText } from '../base/printable.ts';
import { shellWord } from '../base/words.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { requireGateNames } from '../harness/gate/names.ts';
import { withControls } from '../harness/plan/controls.ts';
import type { FilterTerm } from '../harness/plan/selection.ts';
import { METHODS } from './methods.ts';
import type { RunOptions, SuiteOptions } from './options.ts';

/** Where results go unless --out says otherwise, below the working folder. */
export const DEFAULT_OUT = '.bench';

/** The suite with --set, --model, --limit and --seed applied. A model of the hub must have been downloaded. */
export async function suiteOf(file: string, options: SuiteOptions): Promise<Suite> {
  const { loadSuite } = await import('../harness/config/index.ts');
  return whole(await loadSuite(file, { registry: METHODS, ...loadOptions(options) }));
}

/** The same, and a model of the hub is downloaded where it is not there yet. */
export async function fetchedSuiteOf(file: string, options: RunOptions): Promise<Suite> {
  const { loadSuite } = await import('../harness/config/index.ts');
  const hub = async (name: string) => (await import('./pull.ts')).fetched(name, options);
  return whole(await loadSuite(file, { registry: METHODS, hub, ...loadOptions(options) }));
}

/** With the controls that the harness adds, which a gate may name too. */
function whole(given: Suite): Suite {
  const suite = withControls(given, METHODS);
  requireGateNames(suite, METHODS);
  return suite;
}

/** --print-config: the suite as it was understood, each value with its origin; with --json one document. */
export async function configText(file: string, options: SuiteOptions): Promise<string> {
  const { configValues, printConfig } = await import('../harness/config/index.ts');
  const load = { registry: METHODS, ...loadOptions(options) };
  if (options.json !== true) return printConfig(file, load);
  return jsonText(await configValues(file, load));
}

/** --filter as terms; none without it. */
export function termsOf(options: SuiteOptions): readonly FilterTerm[] {
  return options.filter ?? [];
}

/** The same suite by another verb, as it is typed. */
export function commandOf(verb: string, file: string, options: SuiteOptions): string {
  const { set = [], filter = [], model, limit, seed, device, out } = options;
  const flags = { model, limit, seed, device, out };
  return [
    ...['bench', verb, file],
    ...set.flatMap((one) => ['--set', one]),
    ...filter.flatMap(({ field, pattern }) => ['--filter', `${field}=${pattern}`]),
    ...Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
  ]
    .map(shellWord)
    .join(' ');
}

function loadOptions({
  set,
  model,
  limit,
  seed,
}: SuiteOptions): Pick<SuiteOptions, 'set' | 'model' | 'limit' | 'seed'> {
  return {
    ...(set === undefined ? {} : { set }),
    ...(model === undefined ? {} : { model }),
    ...(limit === undefined ? {} : { limit }),
    ...(seed === undefined ? {} : { seed }),
  };
}
