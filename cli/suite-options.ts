// The options that every verb with a suite shares, carried into the loader and the plan.

import { registryFrom } from '../api/plugin.ts';
import { BUNDLED, type Registry } from '../api/registry.ts';
import { loadSuite } from '../api/suite.ts';
import { jsonText } from '../base/printable.ts';
import { shellWord } from '../base/words.ts';
import type { Suite } from '../harness/config/resolved.ts';
import type { FilterTerm } from '../harness/plan/selection.ts';
import type { RunOptions, SuiteOptions } from './options.ts';
import { typed } from './typed.ts';

/** The bundled methods, and those of --plugin. Throws `bad-plugin`. */
export function registryOf({ plugin }: Pick<SuiteOptions, 'plugin'>): Promise<Registry> {
  return registryFrom(plugin);
}

/** The suite with --set, --model, --limit and --seed applied. A model of the hub must have been downloaded. */
export async function suiteOf(file: string, options: SuiteOptions, registry: Registry = BUNDLED): Promise<Suite> {
  return loadSuite(file, { registry, ...loadOptions(options) });
}

/** The same, and a model of the hub is downloaded where it is not there yet. */
export async function fetchedSuiteOf(file: string, options: RunOptions, registry: Registry = BUNDLED): Promise<Suite> {
  const hub = async (name: string) => (await import('./pull.ts')).fetched(name, options);
  return loadSuite(file, { registry, hub, ...loadOptions(options) });
}

/** --print-config: the suite as it was understood, each value with its origin; with --json one document. */
export async function configText(file: string, options: SuiteOptions, registry: Registry = BUNDLED): Promise<string> {
  const { configValues, printConfig } = await import('../harness/config/index.ts');
  const load = { registry: registry.methods, kinds: registry.evaluations, ...loadOptions(options) };
  if (options.json !== true) return printConfig(file, load);
  return jsonText(await configValues(file, load));
}

/** --filter as terms; none without it. */
export function termsOf(options: SuiteOptions): readonly FilterTerm[] {
  return options.filter ?? [];
}

/** The same suite by another verb, as it is typed. */
export function commandOf(verb: string, file: string, options: SuiteOptions): string {
  const { set = [], filter = [], plugin = [], model, limit, seed, device, out } = options;
  const flags = { model, limit, seed, device, out };
  const words = [
    ...['bench', verb, file],
    ...plugin.flatMap((one) => ['--plugin', one]),
    ...set.flatMap((one) => ['--set', one]),
    ...filter.flatMap(({ field, pattern }) => ['--filter', `${field}=${pattern}`]),
    ...Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, String(value)])),
  ];
  return typed(words.map(shellWord).join(' '));
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
