// `bench plan --print-config`: the suite as it was understood, each value with where it comes from.

import { whereIs } from './diagnostics.ts';
import { type LoadOptions, readSuiteFile } from './suite.ts';
import { childPath } from './yaml.ts';

export interface ConfigValue {
  readonly path: string; // by dots
  readonly value: unknown;
  readonly origin: string; // file:line:col, the flag, or "default"
}

/** Every value of the suite as it was understood. */
export async function configValues(file: string, options: LoadOptions): Promise<readonly ConfigValue[]> {
  const { located, value } = await readSuiteFile(file, options);
  const rows: ConfigValue[] = [];
  const visit = (part: unknown, path: string): void => {
    if (typeof part === 'object' && part !== null && Object.keys(part).length > 0) {
      for (const [key, child] of Object.entries(part)) visit(child, childPath(path, key));
      return;
    }
    const origin = located.origins.get(path);
    const from =
      origin === undefined ? 'default' : origin.from === 'flag' ? origin.value.source.name : whereIs(origin.value);
    rows.push({ path: path.replaceAll('/', '.'), value: part, origin: from });
  };
  visit(value, '');
  return withFlags(rows, options);
}

/** --model, --seed and --limit in place of what they override. */
function withFlags(rows: readonly ConfigValue[], { model, seed, limit }: LoadOptions): readonly ConfigValue[] {
  const lists = { models: ['--model', model], seeds: ['--seed', seed] } as const;
  const said = new Set<string>();
  return rows.flatMap((row): ConfigValue[] => {
    const [list = '', entry, key] = row.path.split('.');
    if (list === 'models' || list === 'seeds') {
      const [origin, value] = lists[list];
      if (value === undefined) return [row];
      if (said.has(list)) return [];
      said.add(list);
      return [{ path: `${list}.0`, value, origin }];
    }
    if (list !== 'evaluations' || limit === undefined) return [row];
    if (key === 'items-per-trait') return [];
    return key === 'id'
      ? [row, { path: `evaluations.${entry}.items-per-trait`, value: limit, origin: '--limit' }]
      : [row];
  });
}

/** One line per value: path, value, origin. */
export async function printConfig(file: string, options: LoadOptions): Promise<string> {
  const values = await configValues(file, options);
  const rows = values.map(({ path, value, origin }) => [path, JSON.stringify(value), origin] as const);
  const widths = [0, 1].map((column) => Math.min(60, Math.max(...rows.map((row) => row[column]!.length))));
  return rows.map(([path, text, from]) => `${path.padEnd(widths[0]!)}  ${text.padEnd(widths[1]!)}  ${from}\n`).join('');
}
