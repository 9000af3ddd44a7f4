// Methods of Python's str, dict and list that chat templates call. What changes a value in place is refused, as
// transformers' sandbox refuses it; what is not known here is undefined, and calling it an error with its name.

import { stripSpace } from './layout.ts';
import {
  type Dict,
  Func,
  isDict,
  iterate,
  type Key,
  kindOf,
  lengthOf,
  type Meter,
  type Named,
  Tuple,
  truth,
  type Value,
} from './values.ts';
import { formatText, str } from './write.ts';

type Method = (args: readonly Value[], meter: Meter) => Value;

/** Arguments in the order of `names`, of which the first `least` must be given. */
export function bind(name: string, names: readonly string[], least: number, args: readonly Value[], named: Named) {
  if (args.length > names.length) throw new Error(`${name}() takes ${names.length} arguments, not ${args.length}`);
  for (const key of named.keys()) {
    if (!names.slice(args.length).includes(key)) throw new Error(`${name}() takes no argument "${key}" here`);
  }
  const given = names.map((key, k) => (k < args.length ? args[k] : named.get(key)));
  if (given.slice(0, least).includes(undefined)) throw new Error(`${name}() needs ${least} arguments`);
  return given;
}

function text(value: Value | undefined, name: string): string {
  if (typeof value !== 'string') throw new Error(`${name}() needs a text, not ${kindOf(value ?? null)}`);
  return value;
}

function whole(value: Value | undefined, name: string, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value !== 'number') throw new Error(`${name}() needs a whole number, not ${kindOf(value)}`);
  return value;
}

/** Python's str.strip and its halves: the characters of `set`, or white space. */
export function strip(value: string, set: Value | undefined, side: 'left' | 'right' | 'both', meter: Meter): string {
  meter.text(value.length);
  if (set === undefined || set === null) return stripSpace(value, side);
  const chars = new Set(text(set, 'strip'));
  const units = [...value];
  let [from, to] = [0, units.length];
  if (side !== 'right') while (from < to && chars.has(units[from] ?? '')) from++;
  if (side !== 'left') while (to > from && chars.has(units[to - 1] ?? '')) to--;
  return units.slice(from, to).join('');
}

function split(value: string, args: readonly (Value | undefined)[], fromRight: boolean, meter: Meter): Value[] {
  const most = whole(args[1], 'split', -1);
  const limit = most < 0 ? Number.POSITIVE_INFINITY : most;
  if (args[0] === undefined || args[0] === null) {
    meter.text(value.length);
    const words: string[] = [];
    let rest = stripSpace(value, fromRight ? 'right' : 'left');
    while (rest !== '' && words.length < limit) {
      let cut = fromRight ? rest.length : 0;
      if (fromRight) while (cut > 0 && stripSpace(rest[cut - 1] ?? '', 'both') !== '') cut--;
      else while (cut < rest.length && stripSpace(rest[cut] ?? '', 'both') !== '') cut++;
      meter.text(rest.length);
      words.push(fromRight ? rest.slice(cut) : rest.slice(0, cut));
      rest = fromRight ? stripSpace(rest.slice(0, cut), 'right') : stripSpace(rest.slice(cut), 'left');
    }
    if (rest !== '') words.push(rest);
    return fromRight ? words.reverse() : words;
  }
  const separator = text(args[0], 'split');
  if (separator === '') throw new Error('split() needs a separator that is not empty');
  meter.search(value, separator);
  const parts = value.split(separator);
  meter.spend(parts.length);
  if (parts.length - 1 <= limit) return parts;
  return fromRight
    ? [parts.slice(0, parts.length - limit).join(separator), ...parts.slice(parts.length - limit)]
    : [...parts.slice(0, limit), parts.slice(limit).join(separator)];
}

export function replace(value: string, old: Value, fresh: Value, count: Value | undefined, meter: Meter): string {
  const [from, to] = [text(old, 'replace'), text(fresh, 'replace')];
  const most = whole(count, 'replace', -1);
  if (from === '') throw new Error('replace() of an empty text is not supported');
  meter.search(value, from);
  const parts = value.split(from);
  const times = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  meter.text(value.length + times * to.length);
  return (
    parts.slice(0, times + 1).join(to) +
    parts
      .slice(times + 1)
      .map((part) => from + part)
      .join('')
  );
}

function affix(value: string, args: readonly Value[], end: boolean, name: string, meter: Meter): boolean {
  if (args.length !== 1) throw new Error(`${name}() is only known with one argument`);
  const wanted = args[0] instanceof Tuple ? args[0].items : [args[0] ?? null];
  return wanted.some((one) => {
    const fix = text(one, name);
    meter.text(fix.length);
    return end ? value.endsWith(fix) : value.startsWith(fix);
  });
}

/** What Python's str.splitlines takes for the end of a line, besides \r\n. */
const LINE_ENDS = new Set('\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029');

function splitLines(value: string, keep: boolean, meter: Meter): string[] {
  const lines: string[] = [];
  for (let at = 0; at < value.length; ) {
    let end = at;
    while (end < value.length && !LINE_ENDS.has(value[end] ?? '')) end += 1;
    const next = Math.min(value.length, end + (value.startsWith('\r\n', end) ? 2 : 1));
    lines.push(value.slice(at, keep ? next : end));
    at = next;
  }
  meter.spend(lines.length);
  return lines;
}

/** Where `needle` is, in code points. */
function find(value: string, needle: string, last: boolean, meter: Meter): number {
  meter.search(value, needle);
  const at = last ? value.lastIndexOf(needle) : value.indexOf(needle);
  return at < 0 ? -1 : lengthOf(value.slice(0, at), meter);
}

/** Python's str.title: a letter after anything but a letter is large, all others are small. */
function title(value: string, meter: Meter): string {
  meter.spend(value.length);
  let out = '';
  let inside = false;
  for (const char of value) {
    const [low, high] = [char.toLowerCase(), char.toUpperCase()];
    out += inside ? low : high;
    inside = low !== high;
  }
  return out;
}

export function capitalize(value: string): string {
  const [first = '', ...rest] = [...value];
  return first.toUpperCase() + rest.join('').toLowerCase();
}

const STRING: Readonly<Record<string, (value: string, ...rest: Parameters<Method>) => Value>> = {
  strip: (value, [set], meter) => strip(value, set, 'both', meter),
  lstrip: (value, [set], meter) => strip(value, set, 'left', meter),
  rstrip: (value, [set], meter) => strip(value, set, 'right', meter),
  split: (value, args, meter) => split(value, args, false, meter),
  rsplit: (value, args, meter) => split(value, args, true, meter),
  startswith: (value, args, meter) => affix(value, args, false, 'startswith', meter),
  endswith: (value, args, meter) => affix(value, args, true, 'endswith', meter),
  replace: (value, [old = null, fresh = null, count], meter) => replace(value, old, fresh, count, meter),
  find: (value, [needle], meter) => find(value, text(needle, 'find'), false, meter),
  rfind: (value, [needle], meter) => find(value, text(needle, 'rfind'), true, meter),
  index: (value, [needle], meter) => {
    const at = find(value, text(needle, 'index'), false, meter);
    if (at < 0) throw new Error('index(): substring not found');
    return at;
  },
  count: (value, [needle], meter) => {
    const wanted = text(needle, 'count');
    meter.search(value, wanted);
    return wanted === '' ? lengthOf(value, meter) + 1 : value.split(wanted).length - 1;
  },
  upper: (value) => value.toUpperCase(),
  lower: (value) => value.toLowerCase(),
  title: (value, _, meter) => title(value, meter),
  capitalize: (value) => capitalize(value),
  splitlines: (value, [keep = false], meter) => splitLines(value, truth(keep), meter),
  join: (value, [items = null], meter) => {
    const parts = iterate(items, meter).map((item) => text(item, 'join'));
    meter.text(parts.reduce((sum, part) => sum + part.length + value.length, 0));
    return parts.join(value);
  },
  partition: (value, [separator], meter) => {
    const by = text(separator, 'partition');
    meter.search(value, by);
    const at = value.indexOf(by);
    return new Tuple(at < 0 ? [value, '', ''] : [value.slice(0, at), by, value.slice(at + by.length)]);
  },
  removeprefix: (value, [fix]) =>
    value.startsWith(text(fix, 'removeprefix')) ? value.slice(String(fix).length) : value,
  removesuffix: (value, [fix]) =>
    value.endsWith(text(fix, 'removesuffix')) ? value.slice(0, value.length - String(fix).length) : value,
  isdigit: (value) => /^\p{Nd}+$/u.test(value),
  isalpha: (value) => /^\p{L}+$/u.test(value),
  isalnum: (value) => /^[\p{L}\p{Nd}]+$/u.test(value),
  isspace: (value) => value !== '' && stripSpace(value, 'both') === '',
  isupper: (value) => value !== value.toLowerCase() && value === value.toUpperCase(),
  islower: (value) => value !== value.toUpperCase() && value === value.toLowerCase(),
  zfill: (value, [width]) => {
    const size = whole(width, 'zfill', 0);
    if (size > 1000) throw new Error('zfill() beyond 1000 is not supported');
    const sign = /^[+-]/.exec(value)?.[0] ?? '';
    return sign + value.slice(sign.length).padStart(size - sign.length, '0');
  },
};

/** Methods whose arguments may be given by name. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  split: ['sep', 'maxsplit'],
  rsplit: ['sep', 'maxsplit'],
  splitlines: ['keepends'],
  replace: ['old', 'new', 'count'],
};

const DICT: Readonly<Record<string, (value: Dict, ...rest: Parameters<Method>) => Value>> = {
  get: (value, [key = null, otherwise = null]) =>
    value.get(dictKeyOf(key)) ?? (value.has(dictKeyOf(key)) ? null : otherwise),
  items: (value, _, meter) => {
    meter.spend(value.size);
    return [...value].map(([key, item]) => new Tuple([key, item]));
  },
  keys: (value, _, meter) => [...iterate(value, meter)],
  values: (value, _, meter) => {
    meter.spend(value.size);
    return [...value.values()];
  },
  copy: (value, _, meter) => {
    meter.spend(value.size);
    return new Map(value);
  },
};

const CHANGES: Readonly<Record<string, readonly string[]>> = {
  list: ['append', 'clear', 'extend', 'insert', 'pop', 'remove', 'reverse', 'sort'],
  dict: ['clear', 'pop', 'popitem', 'setdefault', 'update'],
};

/** What may be a key of a dict here. */
export function dictKeyOf(value: Value): Key {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  throw new Error(`a ${kindOf(value)} is not supported as the key of a dict`);
}

/** The method `name` of a value, or undefined. */
export function methodOf(value: Value, name: string, meter: Meter): Func | undefined {
  if (CHANGES[kindOf(value)]?.includes(name)) {
    return new Func(name, () => {
      throw new Error(`${name}() would change a ${kindOf(value)} in place, which the sandbox forbids`);
    });
  }
  const own = <T>(table: Readonly<Record<string, (value: T, ...rest: Parameters<Method>) => Value>>, of: T) => {
    if (!Object.hasOwn(table, name)) return undefined;
    const method = table[name];
    return new Func(name, (args, named) => {
      const names = NAMES[name];
      if (named.size > 0 && names === undefined) throw new Error(`${name}() takes no named arguments`);
      // A named argument after one that is left out: the gap is None, which means the default in each of them.
      const all =
        names === undefined || named.size === 0 ? args : bind(name, names, 0, args, named).map((v) => v ?? null);
      if (typeof of === 'string') meter.text(of.length);
      return method?.(of, all, meter) ?? null;
    });
  };
  if (typeof value === 'string' && name === 'format') {
    return new Func(name, (args, named) => formatText(value, args, named, meter));
  }
  if (typeof value === 'string') return own(STRING, value);
  if (isDict(value)) return own(DICT, value);
  if (Array.isArray(value) && (name === 'index' || name === 'count')) {
    return new Func(name, () => {
      throw new Error(`${name}() of a list is not supported`);
    });
  }
  return undefined;
}

/** Python's `+` of a text and another, checked for length. */
export function joinTexts(parts: readonly Value[], meter: Meter): string {
  const texts = parts.map((part) => str(part, meter));
  meter.text(texts.reduce((sum, one) => sum + one.length, 0));
  return texts.join('');
}
