// Jinja2's filters, as far as chat templates use them. One that is not here is refused by its name.

import { isSpace } from './layout.ts';
import { bind, capitalize, replace, strip } from './methods.ts';
import { applyTest, whole } from './tests.ts';
import {
  compare,
  defined,
  equal,
  Fields,
  Float,
  int,
  isDict,
  iterate,
  kindOf,
  Lazy,
  lengthOf,
  type Meter,
  type Named,
  numeric,
  Tuple,
  truth,
  Undefined,
  type Value,
} from './values.ts';
import { str, toJson } from './write.ts';

type Filter = (value: Value, args: readonly Value[], named: Named, meter: Meter) => Value;

const items = (value: Value, meter: Meter): Value[] => [...iterate(value, meter)];
const soft = (value: Value, meter: Meter): string => str(value, meter);

/** `value.name`, `value[0]`, or a path of them, as `attribute=` means it. */
function attribute(value: Value, path: Value, meter: Meter): Value {
  let found = value;
  for (const part of typeof path === 'number' ? [path] : str(path, meter).split('.')) {
    meter.spend(1);
    const key = typeof part === 'string' && /^\d+$/.test(part) ? Number(part) : part;
    let next: Value | undefined;
    if (isDict(found)) next = found.get(key);
    else if (found instanceof Fields) next = found.fields.get(String(key));
    else if (Array.isArray(found) && typeof key === 'number') next = found[key];
    else if (found instanceof Tuple && typeof key === 'number') next = found.items[key];
    else if (found instanceof Undefined) defined(found);
    found = next ?? new Undefined(`${kindOf(found)} has no attribute ${String(key)}`);
  }
  return found;
}

/** select, reject, selectattr and rejectattr: what passes a test (or is true), by itself or by an attribute. */
const choose =
  (wanted: boolean, byAttribute: boolean): Filter =>
  (value, args, _, meter) => {
    const [path, ...rest] = byAttribute ? args : [null, ...args];
    const [test, ...more] = rest;
    const passes = (item: Value): boolean => {
      const seen = byAttribute ? attribute(item, path ?? '', meter) : item;
      return test === undefined ? truth(seen) : applyTest(str(test, meter), seen, more, meter);
    };
    // Jinja2 asks `if seq` first: nothing, too, passes for an empty list.
    return new Lazy(truth(value) ? items(value, meter).filter((item) => passes(item) === wanted) : []);
  };

/** Python's sorted, which keeps what is equal in order; text is compared without case unless that is asked. */
function sorted(values: Value[], key: (item: Value) => Value, exact: boolean, reverse: boolean, meter: Meter): Value[] {
  const fold = (value: Value): Value => (typeof value === 'string' && !exact ? value.toLowerCase() : value);
  const keyed = values.map((item) => ({ item, by: fold(key(item)) }));
  keyed.sort((a, b) => (reverse ? compare(b.by, a.by, meter) : compare(a.by, b.by, meter)));
  return keyed.map(({ item }) => item);
}

/** The filter `title`, unlike str.title: words begin after white space, hyphens and opening brackets only. */
function titleWords(value: string, meter: Meter): string {
  meter.spend(value.length);
  let out = '';
  let inside = false;
  for (const char of value) {
    out += inside ? char.toLowerCase() : char.toUpperCase();
    inside = !isSpace(char) && !'-({[<'.includes(char);
  }
  return out;
}

const extreme =
  (sign: 1 | -1): Filter =>
  (value, args, named, meter) => {
    const [exact = false, path] = bind('min', ['case_sensitive', 'attribute'], 0, args, named);
    const by = (item: Value): Value => (path === undefined || path === null ? item : attribute(item, path, meter));
    const all = sorted(items(value, meter), by, truth(exact), sign < 0, meter);
    return all[0] ?? new Undefined('No aggregated item, sequence was empty.');
  };

const FILTERS: Readonly<Record<string, Filter>> = {
  abs: (value) => (value instanceof Float ? new Float(Math.abs(value.value)) : Math.abs(whole(value, 'abs'))),
  capitalize: (value, _, __, meter) => capitalize(soft(value, meter)),
  default: (value, args, named) => {
    const [otherwise = '', boolean = false] = bind('default', ['default_value', 'boolean'], 0, args, named);
    return value instanceof Undefined || (truth(boolean) && !truth(value)) ? otherwise : value;
  },
  dictsort: (value, args, named, meter) => {
    const names = ['case_sensitive', 'by', 'reverse'];
    const [exact = false, by = 'key', reverse = false] = bind('dictsort', names, 0, args, named);
    if (!isDict(value)) throw new Error(`dictsort needs a dict, not ${kindOf(value)}`);
    const pairs = [...value].map((pair) => new Tuple(pair));
    const at = by === 'value' ? 1 : 0;
    meter.spend(pairs.length);
    return sorted(pairs, (pair) => (pair as Tuple).items[at] ?? null, truth(exact), truth(reverse), meter);
  },
  first: (value, _, __, meter) => items(value, meter)[0] ?? new Undefined('No first item, sequence was empty.'),
  last: (value, _, __, meter) => {
    if (value instanceof Lazy) throw new Error('last needs a list');
    return items(value, meter).at(-1) ?? new Undefined('No last item, sequence was empty.');
  },
  float: (value, args, named) => {
    const [otherwise = new Float(0)] = bind('float', ['default'], 0, args, named);
    const number =
      numeric(defined(value)) ??
      (typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : null);
    return number === null ? otherwise : new Float(number);
  },
  indent: (value, args, named, meter) => {
    const [width = 4, first = false, blank = false] = bind('indent', ['width', 'first', 'blank'], 0, args, named);
    const pad = typeof width === 'string' ? width : ' '.repeat(Math.min(1000, Math.max(0, whole(width, 'indent'))));
    const lines = soft(value, meter).split('\n');
    meter.text(lines.length * (pad.length + 1) + soft(value, meter).length);
    return lines
      .map((line, k) => ((k > 0 && (line !== '' || truth(blank))) || (k === 0 && truth(first)) ? pad + line : line))
      .join('\n');
  },
  int: (value, args, named) => {
    const [otherwise = 0, base = 10] = bind('int', ['default', 'base'], 0, args, named);
    if (base !== 10) throw new Error('int with a base is not supported');
    const number =
      numeric(defined(value)) ??
      (typeof value === 'string' && /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(value) ? Number(value) : null);
    return number === null ? otherwise : int(Math.trunc(number));
  },
  items: (value, _, __, meter) => {
    if (value instanceof Undefined) return new Lazy([]);
    if (!isDict(value)) throw new Error('Can only get item pairs from a mapping.');
    meter.spend(value.size);
    return new Lazy([...value].map((pair) => new Tuple(pair)));
  },
  join: (value, args, named, meter) => {
    const [by = '', path] = bind('join', ['d', 'attribute'], 0, args, named);
    const between = str(by, meter);
    const parts = items(value, meter).map((item) =>
      str(path === undefined || path === null ? item : attribute(item, path, meter), meter),
    );
    meter.text(parts.reduce((sum, part) => sum + part.length + between.length, 0));
    return parts.join(between);
  },
  length: (value, _, __, meter) => lengthOf(value, meter),
  list: (value, _, __, meter) => items(value, meter),
  lower: (value, _, __, meter) => soft(value, meter).toLowerCase(),
  map: (value, args, named, meter) => {
    if (!truth(value)) return new Lazy([]);
    const path = named.get('attribute');
    if (args.length === 0 && path !== undefined) {
      const otherwise = named.get('default');
      return new Lazy(
        items(value, meter).map((item) => {
          const found = attribute(item, path, meter);
          return found instanceof Undefined && otherwise !== undefined ? otherwise : found;
        }),
      );
    }
    const [name = '', ...rest] = args;
    return new Lazy(items(value, meter).map((item) => applyFilter(str(name, meter), item, rest, named, meter)));
  },
  max: extreme(-1),
  min: extreme(1),
  reject: choose(false, false),
  rejectattr: choose(false, true),
  replace: (value, args, named, meter) => {
    const [old = null, fresh = null, count] = bind('replace', ['old', 'new', 'count'], 2, args, named);
    return replace(soft(value, meter), str(old, meter), str(fresh, meter), count, meter);
  },
  reverse: (value, _, __, meter) => {
    const reversed = items(value, meter).reverse();
    return typeof value === 'string' ? reversed.join('') : new Lazy(reversed);
  },
  round: (value, args, named) => {
    const [precision = 0, method = 'common'] = bind('round', ['precision', 'method'], 0, args, named);
    const number = numeric(value);
    if (number === null || precision !== 0) throw new Error('round is only known for numbers, to whole ones');
    const floor = Math.floor(number);
    const tie = number - floor === 0.5;
    const even = tie ? (floor % 2 === 0 ? floor : floor + 1) : Math.round(number);
    if (method === 'floor' || method === 'ceil') return new Float(method === 'floor' ? floor : Math.ceil(number));
    return value instanceof Float ? new Float(even) : int(number);
  },
  safe: (value) => value,
  select: choose(true, false),
  selectattr: choose(true, true),
  sort: (value, args, named, meter) => {
    const names = ['reverse', 'case_sensitive', 'attribute'];
    const [reverse = false, exact = false, path] = bind('sort', names, 0, args, named);
    const by = (item: Value): Value => (path === undefined || path === null ? item : attribute(item, path, meter));
    return sorted(items(value, meter), by, truth(exact), truth(reverse), meter);
  },
  string: (value, _, __, meter) => str(value, meter),
  sum: (value, args, _, meter) => {
    if (args.length > 0) throw new Error('sum by an attribute is not supported');
    const all = items(value, meter);
    const total = all.reduce((sum: number, item) => sum + (numeric(item) ?? Number.NaN), 0);
    if (Number.isNaN(total)) throw new Error('sum is only known for numbers');
    return all.some((item) => item instanceof Float) ? new Float(total) : int(total);
  },
  title: (value, _, __, meter) => titleWords(soft(value, meter), meter),
  tojson: (value, args, named, meter) => {
    const names = ['ensure_ascii', 'indent', 'separators', 'sort_keys'];
    const [ascii = false, indent = null, separators = null, sort = false] = bind('tojson', names, 0, args, named);
    const pair = separators === null ? null : items(separators, meter).map((part) => str(part, meter));
    const steps = indent === null ? null : Math.min(100, Math.max(0, whole(indent, 'tojson')));
    return toJson(
      value,
      { ascii: truth(ascii), indent: steps, separators: pair && [pair[0] ?? '', pair[1] ?? ''], sort: truth(sort) },
      meter,
    );
  },
  trim: (value, args, named, meter) =>
    strip(soft(value, meter), bind('trim', ['chars'], 0, args, named)[0], 'both', meter),
  unique: (value, args, named, meter) => {
    const [exact = false, path] = bind('unique', ['case_sensitive', 'attribute'], 0, args, named);
    const seen: Value[] = [];
    const fresh = (item: Value): boolean => {
      const plain = path === undefined || path === null ? item : attribute(item, path, meter);
      const by = typeof plain === 'string' && !truth(exact) ? plain.toLowerCase() : plain;
      if (seen.some((one) => equal(one, by, meter))) return false;
      seen.push(by);
      return true;
    };
    return new Lazy(items(value, meter).filter(fresh));
  },
  upper: (value, _, __, meter) => soft(value, meter).toUpperCase(),
  wordcount: (value, _, __, meter) => soft(value, meter).match(/[\p{L}\p{N}_]+/gu)?.length ?? 0,
};
const FILTER_NAMES: Readonly<Record<string, string>> = { d: 'default', count: 'length' };

/** `value | name(args)`. Throws for a filter that is not known. */
export function applyFilter(name: string, value: Value, args: readonly Value[], named: Named, meter: Meter): Value {
  meter.spend(1);
  const known = FILTER_NAMES[name] ?? name;
  const filter = Object.hasOwn(FILTERS, known) ? FILTERS[known] : undefined;
  if (filter === undefined) throw new Error(`the filter "${name}" is not supported`);
  if (typeof value === 'string') meter.text(value.length);
  return filter(value, args, named, meter);
}
