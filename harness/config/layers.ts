// A suite as written: the files that it extends, laid upon each other, and --set on top. Every value keeps its origin.

import { stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { failOn, suggestion } from './diagnostics.ts';
import { childPath, isMapValue, type Located, merge, originOf, parseYaml, readYaml, type Value } from './yaml.ts';

const CODE = 'bad-suite';
const MAX_EXTENDS = 8;

/** The suite in `file` with everything it extends below it; paths inside are resolved later, against their own file. */
export async function readLayers(file: string, name: string, chain: readonly string[] = []): Promise<Located> {
  const located = await readYaml(file, name, CODE);
  if (!isMapValue(located.value)) {
    failOn(
      [{ place: originOf(located, '').value, message: 'a suite is a map of keys' }],
      CODE,
      '`bench init FOLDER` writes a suite to start from',
    );
  }
  const { extends: below, ...rest } = located.value as { readonly [key: string]: Value };
  if (below === undefined) return located;
  const { value: place } = originOf(located, 'extends');
  const refuse = (message: string): void => failOn([{ place, message }], CODE, 'name another suite file');
  if (typeof below !== 'string') refuse('extends must name a suite file');
  const base = resolve(dirname(file), String(below));
  if ([...chain, file].includes(base)) refuse('the suites extend each other in a circle');
  if (chain.length >= MAX_EXTENDS) refuse(`suites extend each other over more than ${MAX_EXTENDS} files`);
  if (!(await stat(base).catch(() => null))?.isFile()) refuse(`there is no file ${base}`);
  // Paths of the lower suite are resolved against its name.
  const lowerName = isAbsolute(String(below)) ? base : join(dirname(name), String(below));
  const lower = await readLayers(base, lowerName, [...chain, file]);
  return merge(lower, { value: rest, origins: located.origins });
}

/** Applies `--set path=value`: the path by dots, list indices as numbers, the value as YAML. */
export function applySet(
  located: Located,
  assignment: string,
  known: (path: readonly string[]) => readonly string[],
): Located {
  const equals = assignment.indexOf('=');
  const source = { name: `--set ${assignment}`, text: assignment };
  if (equals < 1) {
    throw new BenchError(CODE, `"${assignment}" is not path=value`, {
      where: '--set',
      hint: 'write --set latency.repeats=3',
    });
  }
  const keys = assignment.slice(0, equals).split('.');
  let at: Value | undefined = located.value;
  let offset = 0;
  for (const [depth, key] of keys.entries()) {
    const place = { source, start: offset, end: offset + key.length };
    offset += key.length + 1;
    const last = depth === keys.length - 1;
    if (Array.isArray(at)) {
      const index = /^\d+$/.test(key) ? Number(key) : Number.NaN;
      if (!(index < at.length)) {
        failOn(
          [{ place, message: `"${key}" is not an entry of this list, which has ${at.length}` }],
          CODE,
          'entries are named by their number, from 0',
        );
      }
      at = at[index];
      continue;
    }
    const names = isMapValue(at)
      ? [...new Set([...Object.keys(at), ...known(keys.slice(0, depth))])]
      : known(keys.slice(0, depth));
    if (!names.includes(key) && !(last && names.includes('*'))) {
      failOn(
        [{ place, message: `there is no "${key}"`, hint: suggestion(key, names) }],
        CODE,
        '`bench plan --print-config` shows the paths',
      );
    }
    at = isMapValue(at) ? at[key] : undefined;
  }
  const parsed = parseYaml({ name: source.name, text: assignment.slice(equals + 1) }, CODE, 'flag');
  // Places of the flag's own value are within the value's text.
  const path = keys.join('/');
  const origins = new Map(
    [...parsed.origins].map(([key, origin]) => [key === '' ? path : childPath(path, key), origin]),
  );
  const replace = (value: Value | undefined, depth: number): Value => {
    if (depth === keys.length) return parsed.value;
    const key = keys[depth]!;
    if (Array.isArray(value)) return value.map((one: Value, i) => (String(i) === key ? replace(one, depth + 1) : one));
    const map = isMapValue(value) ? value : {};
    return { ...map, [key]: replace(map[key], depth + 1) };
  };
  const kept = [...located.origins].filter(([key]) => key !== path && !key.startsWith(`${path}/`));
  return { value: replace(located.value, 0), origins: new Map([...kept, ...origins]) };
}
