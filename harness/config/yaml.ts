// YAML 1.2 -> plain values, each with the place it was written at. Nothing is executed or interpolated; duplicate keys
// are errors; aliases are followed, but the number of values that a file may unfold to is bounded.

import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument } from 'yaml';
import { failure, ReadError, type ReadProblem, readText } from '../../base/read.ts';
import { failOn, type Issue, type Source, type TextPosition } from './diagnostics.ts';

export type Value = null | boolean | number | string | readonly Value[] | { readonly [key: string]: Value };

/** Where a value and its key stand. A value without a key (a list's element, the whole file) is its own key. */
export interface Origin {
  readonly value: TextPosition;
  readonly key: TextPosition;
  readonly from: 'file' | 'flag';
}

/** A value and the origin of everything in it, by path; a path is its keys and indices joined by `/`, '' the whole. */
export interface Located {
  readonly value: Value;
  readonly origins: ReadonlyMap<string, Origin>;
}

const MAX_BYTES = 2 ** 20;
const PATH_HINT = 'check the path; `bench list suites` names the suites of this folder and of the package';
const HINTS: Readonly<Partial<Record<ReadProblem, string>>> = {
  size: 'move long texts to a .jsonl file',
  text: 'save it as UTF-8',
};
/** Nothing was read: the path is wrong. */
const UNREACHED: readonly ReadProblem[] = ['missing', 'link', 'kind', 'access'];
const MERGE_HINT =
  'write the keys out; `extends: other.yaml` takes over a whole suite, and an alias (*name) repeats a value as it is';
/** What the parser's codes mean, without its own words. */
const SYNTAX: Readonly<Record<string, readonly [message: string, hint?: string]>> = {
  DUPLICATE_KEY: ['this key is here twice'],
  BAD_INDENT: ['this line is not indented as the lines around it', 'keys of one map begin in one column'],
  MULTILINE_IMPLICIT_KEY: ['a line here is indented too far, or a quote or bracket above is not closed'],
  TAB_AS_INDENT: ['a tab indents this line', 'indent with spaces'],
  BLOCK_AS_IMPLICIT_KEY: [
    'two keys are on one line',
    'put each key on a line of its own, or quote the text after the first colon',
  ],
  UNEXPECTED_TOKEN: ['this does not belong here', 'quote a text that has : # [ ] { } in it'],
  BAD_ALIAS: ['an anchor or alias has no name'],
};
const MAX_VALUES = 20_000;
const MAX_DEPTH = 64;

export function childPath(path: string, key: string | number): string {
  return path === '' ? String(key) : `${path}/${key}`;
}

/**
 * Reads and parses a file. `name` is how the user knows it. `named` is where another file names it: a path that
 * leads to no file is shown there. `hint` is the next step then. Throws BenchError with `code`.
 */
export async function readYaml(
  file: string,
  name: string,
  code: string,
  { named, hint = PATH_HINT }: { readonly named?: TextPosition; readonly hint?: string } = {},
): Promise<Located> {
  let text: string;
  try {
    text = await readText(file, MAX_BYTES);
  } catch (error) {
    // A file whose text is at fault is the place itself; one that is not there, or no file, is wrong where it is named.
    if (named !== undefined && error instanceof ReadError && UNREACHED.includes(error.problem))
      failOn([{ place: named, message: `${file}: ${error.message}` }], code, hint);
    throw failure(error, code, name, error instanceof ReadError ? (HINTS[error.problem] ?? hint) : hint);
  }
  return parseYaml({ name, text }, code);
}

/** Parses `source`. Throws BenchError with `code` that lists the first syntax errors. */
export function parseYaml(source: Source, code: string, from: Origin['from'] = 'file'): Located {
  const document = parseDocument(source.text, { version: '1.2', prettyErrors: false, strict: true });
  failOn(
    document.errors.map(
      (error): Issue => ({
        place: { source, start: error.pos[0], end: error.pos[1] },
        ...inWords(error.code, error.message),
      }),
    ),
    code,
    'correct the YAML; an editor with YAML support marks the same places',
  );
  const origins = new Map<string, Origin>();
  const whole: TextPosition = { source, start: 0, end: source.text.length };
  let count = 0;
  const fail = (place: TextPosition, message: string, hint: string): never => {
    failOn([{ place, message }], code, hint);
    throw new Error('unreachable');
  };
  const place = (node: Node | null | undefined, otherwise: TextPosition): TextPosition =>
    node?.range ? { source, start: node.range[0], end: node.range[1] } : otherwise;

  const visit = (node: Node | null | undefined, path: string, key: TextPosition | null, depth: number): Value => {
    const value = place(node, key ?? whole);
    origins.set(path, { value, key: key ?? value, from });
    if (++count > MAX_VALUES || depth > MAX_DEPTH) {
      fail(
        value,
        `the file unfolds to more than ${MAX_VALUES} values or ${MAX_DEPTH} levels`,
        'write it without so many aliases',
      );
    }
    if (isAlias(node)) {
      const target = node.resolve(document);
      if (target === undefined)
        fail(value, `the anchor ${node.source} is not defined`, 'define it with & before it is used');
      return visit(target, path, key ?? value, depth + 1);
    }
    if (isSeq(node)) return node.items.map((item, i) => visit(item as Node, childPath(path, i), null, depth + 1));
    if (isMap(node)) {
      const map: Record<string, Value> = {};
      for (const pair of node.items) {
        const keyNode = pair.key as Node;
        const at = place(keyNode, value);
        if (!isScalar(keyNode) || typeof keyNode.value === 'object') fail(at, 'a key must be plain text', 'quote it');
        const name = String((keyNode as { value?: unknown }).value);
        if (name === '<<') fail(at, 'merge keys (<<) are not read', MERGE_HINT);
        if (name === '__proto__') fail(at, 'this key is not allowed', 'choose another name');
        map[name] = visit(pair.value as Node | null, childPath(path, name), at, depth + 1);
      }
      return map;
    }
    const scalar = isScalar(node) ? node.value : null;
    if (typeof scalar === 'bigint') return Number(scalar);
    return scalar as Value;
  };
  const value = visit(document.contents as Node | null, '', null, 0);
  return { value, origins };
}

/** A syntax error in plain words; the parser's own where there are none. */
function inWords(code: string, message: string): Pick<Issue, 'message' | 'hint'> {
  const said = message.split('\n', 1)[0]!;
  if (/must be sufficiently indented and end with a \]|must be sufficiently indented and end with a \}/.test(said)) {
    return { message: 'a bracket that is opened above is not closed', hint: 'close it with ] or } before this line' };
  }
  if (/call stack/.test(said))
    return { message: 'the brackets or lists here nest too deeply', hint: 'write fewer levels' };
  const [plain, hint] = SYNTAX[code] ?? [said];
  return { message: plain, ...(hint !== undefined && { hint }) };
}

export function isMapValue(value: Value | undefined): value is { readonly [key: string]: Value } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `over` laid upon `base`: maps merge deeply, lists and single values replace. */
export function merge(base: Located, over: Located): Located {
  const origins = new Map(base.origins);
  const drop = (path: string): void => {
    for (const key of origins.keys()) if (key === path || key.startsWith(`${path}/`)) origins.delete(key);
  };
  const lay = (below: Value | undefined, above: Value, path: string): Value => {
    if (!isMapValue(above) || !isMapValue(below)) {
      drop(path);
      for (const [key, origin] of over.origins) {
        if (path === '' || key === path || key.startsWith(`${path}/`)) origins.set(key, origin);
      }
      return above;
    }
    const out: Record<string, Value> = { ...below };
    for (const [key, value] of Object.entries(above)) out[key] = lay(below[key], value, childPath(path, key));
    return out;
  };
  return { value: lay(base.value, over.value, ''), origins };
}

/** The nearest origin at or above `path`: a missing value is pointed at where it should have been. */
export function originOf(located: Located, path: string): Origin {
  for (let at = path; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/')))) {
    const origin = located.origins.get(at);
    if (origin !== undefined) return origin;
    if (at === '') throw new Error(`no origin for ${path}`);
  }
}
