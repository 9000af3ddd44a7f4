// `bench plan --print-config`: the suite as it was understood, each value with where it comes from.

import { whereIs } from './diagnostics.ts';
import { type LoadOptions, readSuiteFile } from './suite.ts';
import { childPath } from './yaml.ts';

/** One line per value: path, value, and file:line:col, the flag, or "default". */
export async function printConfig(file: string, options: LoadOptions): Promise<string> {
  const { located, value } = await readSuiteFile(file, options);
  const rows: (readonly [path: string, value: string, origin: string])[] = [];
  const visit = (part: unknown, path: string): void => {
    if (typeof part === 'object' && part !== null && Object.keys(part).length > 0) {
      for (const [key, child] of Object.entries(part)) visit(child, childPath(path, key));
      return;
    }
    const origin = located.origins.get(path);
    const from =
      origin === undefined ? 'default' : origin.from === 'flag' ? origin.value.source.name : whereIs(origin.value);
    rows.push([path.replaceAll('/', '.'), JSON.stringify(part), from]);
  };
  visit(value, '');
  const widths = [0, 1].map((column) => Math.min(60, Math.max(...rows.map((row) => row[column]!.length))));
  return rows.map(([path, text, from]) => `${path.padEnd(widths[0]!)}  ${text.padEnd(widths[1]!)}  ${from}\n`).join('');
}
