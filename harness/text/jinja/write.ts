// How values are written: Python's str() and repr(), json.dumps, and strftime for one fixed day.

import {
  Fields,
  Float,
  Func,
  int,
  isDict,
  Lazy,
  type Meter,
  type Named,
  numeric,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  const [mantissa = '', exponent] = String(value).split('e');
  const size = Math.abs(value);
  if (exponent === undefined && size !== 0 && (size >= 1e16 || size < 1e-4)) {
    return floatText10(value);
  }
  if (exponent !== undefined) return floatText10(value);
  return /[.]/.test(mantissa) ? mantissa : `${Object.is(value, -0) ? '-0' : mantissa}.0`;
}

/** Python writes an exponent from 1e16 on and below 1e-4, in two digits at least. */
function floatText10(value: number): string {
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const size = Math.abs(Number(exponent));
  return `${mantissa}e${Number(exponent) < 0 ? '-' : '+'}${String(size).padStart(2, '0')}`;
}

function reprText(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  let out = quote;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (char === quote || char === '\\') out += `\\${char}`;
    else if (char === '\n') out += '\\n';
    else if (char === '\r') out += '\\r';
    else if (char === '\t') out += '\\t';
    else if (code < 0x20 || (code >= 0x7f && code <= 0xa0) || code === 0xad) out += `\\x${hex(code, 2)}`;
    else if (/[\p{C}\p{Z}]/u.test(char) && char !== ' ')
      out += code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
    else out += char;
  }
  return out + quote;
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');

/** Python's repr(): how a value is written inside a list, and anything but a text by itself. */
function repr(value: Value, meter: Meter): string {
  meter.spend(1);
  if (typeof value === 'string') {
    meter.text(value.length);
    return reprText(value);
  }
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return String(value);
  if (value instanceof Float) return floatText(value.value);
  if (value instanceof Undefined) return 'Undefined';
  let out: string;
  if (Array.isArray(value)) out = `[${value.map((item) => repr(item, meter)).join(', ')}]`;
  else if (value instanceof Tuple) {
    const inside = value.items.map((item) => repr(item, meter)).join(', ');
    out = `(${inside}${value.items.length === 1 ? ',' : ''})`;
  } else if (isDict(value)) {
    out = `{${[...value].map(([key, item]) => `${repr(key, meter)}: ${repr(item, meter)}`).join(', ')}}`;
  } else if (value instanceof Lazy || value instanceof Func || value instanceof Fields) {
    throw new Error('it writes out an object that has no text of its own');
  } else throw new Error('it writes out an unknown object');
  meter.text(out.length);
  return out;
}

/** What `{{ value }}` writes. */
export function str(value: Value, meter: Meter): string {
  if (typeof value === 'string') return value;
  return value instanceof Undefined ? '' : repr(value, meter);
}

export interface JsonOptions {
  readonly ascii: boolean;
  readonly indent: number | null;
  readonly separators: readonly [string, string] | null;
  readonly sort: boolean;
}

/** Python's json.dumps, as transformers' `tojson` calls it. */
export function toJson(value: Value, options: JsonOptions, meter: Meter, depth = 0): string {
  meter.spend(1);
  const text = (plain: string): string => {
    meter.text(plain.length);
    const written = JSON.stringify(plain);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: json.dumps writes all but printable ASCII as \u
    return options.ascii ? written.replace(/[^\x00-\x7e]/g, (unit) => `\\u${hex(unit.charCodeAt(0), 4)}`) : written;
  };
  if (typeof value === 'string') return text(value);
  if (value === null) return 'null';
  if (typeof value === 'boolean' || typeof value === 'number') return String(value);
  if (value instanceof Float) {
    const { value: number } = value;
    return Number.isNaN(number)
      ? 'NaN'
      : Number.isFinite(number)
        ? floatText(number)
        : number > 0
          ? 'Infinity'
          : '-Infinity';
  }
  const items = Array.isArray(value) ? value : value instanceof Tuple ? value.items : null;
  if (items === null && !isDict(value)) throw new Error('it writes something as JSON that is no data');
  const [comma, colon] = options.separators ?? [options.indent === null ? ', ' : ',', ': '];
  const nested = (item: Value): string => toJson(item, options, meter, depth + 1);
  let parts: string[];
  if (items !== null) parts = items.map(nested);
  else {
    const entries = [...(value as ReadonlyMap<string, Value>)].map(
      ([key, item]) => [jsonKey(key, meter), item] as const,
    );
    if (options.sort) entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    parts = entries.map(([key, item]) => `${text(key)}${colon}${nested(item)}`);
  }
  const [open, close] = items !== null ? ['[', ']'] : ['{', '}'];
  if (parts.length === 0) return `${open}${close}`;
  const pad = options.indent === null ? '' : `\n${' '.repeat(options.indent * (depth + 1))}`;
  const end = options.indent === null ? '' : `\n${' '.repeat(options.indent * depth)}`;
  meter.text(parts.reduce((sum, part) => sum + part.length + pad.length + comma.length, 2));
  return `${open}${pad}${parts.join(`${comma}${pad}`)}${end}${close}`;
}

function jsonKey(key: Value, meter: Meter): string {
  if (typeof key === 'string') return key;
  if (key === null || typeof key === 'boolean') return String(key);
  return repr(key, meter);
}

const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** `date` (YYYY-MM-DD), at midnight, by a strftime format. Throws for a code that is not known. */
export function strftime(date: string, format: string): string {
  const day = new Date(`${date}T00:00:00Z`);
  const [month, weekday] = [MONTHS[day.getUTCMonth()] ?? '', DAYS[day.getUTCDay()] ?? ''];
  const two = (value: number): string => String(value).padStart(2, '0');
  const year = day.getUTCFullYear();
  const codes: Readonly<Record<string, string>> = {
    Y: String(year),
    y: two(year % 100),
    m: two(day.getUTCMonth() + 1),
    d: two(day.getUTCDate()),
    '-m': String(day.getUTCMonth() + 1),
    '-d': String(day.getUTCDate()),
    e: String(day.getUTCDate()).padStart(2, ' '),
    B: month,
    b: month.slice(0, 3),
    A: weekday,
    a: weekday.slice(0, 3),
    j: String(1 + (Date.UTC(year, day.getUTCMonth(), day.getUTCDate()) - Date.UTC(year, 0, 1)) / 86_400_000).padStart(
      3,
      '0',
    ),
    H: '00',
    I: '12',
    M: '00',
    S: '00',
    p: 'AM',
    F: date,
    T: '00:00:00',
    '%': '%',
  };
  return format.replace(/%(-?.?)/gsu, (whole, code: string) => {
    const written = codes[code];
    if (written === undefined) throw new Error(`strftime_now does not know ${whole}`);
    return written;
  });
}

/** Python's str.format with plain fields: {}, {0} and {name}. */
export function formatText(value: string, args: readonly Value[], named: Named, meter: Meter): string {
  let next = 0;
  let [out, length] = ['', 0];
  for (const [piece] of value.matchAll(/\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g)) {
    let fresh = piece;
    if (piece === '{{' || piece === '}}') fresh = piece.slice(1);
    else if (piece.startsWith('{') && piece.length > 1) {
      const field = piece.slice(1, -1);
      if (!/^\w*$/.test(field)) throw new Error(`format() of ${piece} is not supported`);
      const found = field === '' ? args[next++] : /^\d+$/.test(field) ? args[Number(field)] : named.get(field);
      if (found === undefined) throw new Error(`format() is not given ${piece}`);
      fresh = str(found, meter);
    } else if (piece === '{' || piece === '}') throw new Error('format() finds a single brace');
    length += fresh.length;
    meter.text(length / 16);
    out += fresh;
  }
  meter.text(length);
  return out;
}

/** Python's `%` and `//` round towards minus infinity. */
export function floorDivide(a: Value, b: Value, op: '%' | '//'): Value {
  const [x, y] = [numeric(a), numeric(b)];
  if (x === null || y === null) throw new Error(`"${op}" is only known between numbers`);
  if (y === 0) throw new Error('it divides by zero');
  const quotient = Math.floor(x / y);
  const result = op === '//' ? quotient : x - y * quotient;
  return a instanceof Float || b instanceof Float ? new Float(result) : int(result);
}
