// `bench list`: what a suite may name.

import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { wrap } from '../base/columns.ts';
import { BenchError } from '../base/error.ts';
import { inert, jsonText, printable } from '../base/printable.ts';
import { didYouMean } from '../harness/config/diagnostics.ts';
import { packageRoot } from '../harness/config/paths.ts';

type Entry = readonly [name: string, what: string];

const KINDS: Readonly<Record<string, (plugins: readonly string[]) => Promise<readonly Entry[]>>> = {
  models: async () => {
    const folder = join(packageRoot(), 'models');
    const entries: Entry[] = [];
    for (const { name } of await readdir(folder, { withFileTypes: true })) {
      const files = await readdir(join(folder, name)).catch((): string[] => []);
      if (files.includes('config.json')) entries.push([name, relative(process.cwd(), join(folder, name)) || '.']);
    }
    return entries;
  },
  personas: async () => {
    const { readPersonas } = await import('../harness/config/personas.ts');
    const { personas } = await readPersonas(join(packageRoot(), 'personas.yaml'), 'personas.yaml');
    return personas.map(({ id, description }) => [id, description]);
  },
  methods: async (plugins) => {
    const { registryFrom } = await import('../api/plugin.ts');
    return [...(await registryFrom(plugins)).methods.values()].map(({ name, title }) => [name, title]);
  },
  suites: async () => {
    const found = new Map<string, string>();
    for (const folder of [join(process.cwd(), 'suites'), join(packageRoot(), 'suites')]) {
      for (const name of await readdir(folder).catch(() => [])) {
        if (name.endsWith('.yaml') && !found.has(name)) found.set(name, relative(process.cwd(), join(folder, name)));
      }
    }
    return [...found].map(([name, path]) => [name.replace('.yaml', ''), path]);
  },
};

/** Lists that tell paths. */
const PATHS: ReadonlySet<string> = new Set(['models', 'suites']);

/** Prints the entries of `kind`, or of every kind. Returns 0; throws `usage` for an unknown kind. */
export async function listVerb(
  kind: string | undefined,
  options: { readonly json?: boolean; readonly plugin?: readonly string[] },
  stdout: { write(text: string): unknown } = process.stdout,
): Promise<number> {
  const kinds = Object.keys(KINDS);
  if (kind !== undefined && !kinds.includes(kind)) {
    throw new BenchError('usage', `nothing to list under the name "${kind}"`, {
      where: 'bench list',
      hint: didYouMean(kind, kinds) ?? `lists: ${kinds.join(', ')}`,
    });
  }
  const wanted = kind === undefined ? kinds : [kind];
  const lists: Record<string, readonly Entry[]> = {};
  for (const name of wanted) lists[name] = await KINDS[name]!(options.plugin ?? []);
  if (options.json === true) {
    const document = Object.fromEntries(
      Object.entries(lists).map(([name, entries]) => [name, entries.map(([id, what]) => ({ name: id, what }))]),
    );
    stdout.write(jsonText(document));
    return 0;
  }
  for (const [name, entries] of Object.entries(lists)) {
    if (wanted.length > 1) stdout.write(`${name}\n`);
    const width = Math.max(0, ...entries.map(([id]) => id.length));
    // A path is there to be copied.
    const shown = PATHS.has(name)
      ? (line: string) => [inert(printable(line))]
      : (line: string) => wrap(line, width + 4);
    const lines = entries.flatMap(([id, what]) => shown(`  ${id.padEnd(width)}  ${what}`));
    for (const line of lines) stdout.write(`${line}\n`);
  }
  return 0;
}
