// Python's values as chat templates meet them: what is true, equal, less, and how each is written. Every loop over a
// value is paid for, so that a hostile template ends after a bounded amount of work, the same on every machine.

/** What one rendering may cost, in steps of the evaluator and pieces of text. */
const MOST_WORK = 1_000_000;
/** The longest text that a template may make, in UTF-16 units. */
export const MAX_TEXT = 2 ** 20;
const TEXT_PER_STEP = 8;

export class Meter {
  #left = MOST_WORK;
  spend(work: number): void {
    this.#left -= work;
    if (!(this.#left >= 0)) throw new Error('it takes too much work to render');
  }
  /** Pays for a text that is about to be made. */
  text(length: number): void {
    if (length > MAX_TEXT) throw new Error(`it makes a text longer than ${MAX_TEXT} characters`);
    this.spend(1 + length / TEXT_PER_STEP);
  }
  /** Pays for looking a text up in another: long needles can cost their length at every place. */
  search(hay: string, needle: string): void {
    this.spend(1 + hay.length / TEXT_PER_STEP + (hay.length * needle.length) / 512);
  }
}

export class Float {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}
export class Tuple {
  readonly items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.items = items;
  }
}
/** What Python gives piece by piece, once, and without a length: `map`, `select`, `items`, `reverse` ... */
export class Lazy {
  #items: readonly Value[];
  constructor(items: readonly Value[]) {
    this.#items = items;
  }
  take(): readonly Value[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }
}
export class Undefined {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}
/** `namespace()` (may be assigned to) and `loop` (may not). */
export class Fields {
  readonly kind: 'namespace' | 'loop';
  readonly fields: Map<string, Value>;
  constructor(kind: Fields['kind'], fields: Map<string, Value>) {
    this.kind = kind;
    this.fields = fields;
  }
}
export type Named = ReadonlyMap<string, Value>;
export class Func {
  readonly name: string;
  readonly call: (args: readonly Value[], named: Named) => Value;
  constructor(name: string, call: Func['call']) {
    this.name = name;
    this.call = call;
  }
}
export type Key = string | number | boolean | null;
export type Dict = Map<Key, Value>;
/** A number is Python's int; bool, str and None are JavaScript's own. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Float
  | Tuple
  | Lazy
  | Undefined
  | Fields
  | Func
  | Value[]
  | Dict;

/** Plain data (messages, settings) as values. */
export function fromData(data: unknown): Value {
  if (data === null || typeof data === 'string' || typeof data === 'boolean') return data;
  if (typeof data === 'number') return Number.isInteger(data) ? data : new Float(data);
  if (Array.isArray(data)) return data.map(fromData);
  if (typeof data === 'object') return new Map(Object.entries(data).map(([key, value]) => [key, fromData(value)]));
  throw new Error(`${typeof data} is no data`);
}

export function kindOf(value: Value): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'string') return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return 'int';
  if (Array.isArray(value)) return 'list';
  if (value instanceof Map) return 'dict';
  if (value instanceof Fields) return value.kind;
  if (value instanceof Func) return 'function';
  return value.constructor.name.toLowerCase();
}

export const isDict = (value: Value): value is Dict => value instanceof Map;

/** Throws when the value is undefined, as Jinja2 does wherever one is used. */
export function defined(value: Value): Value {
  if (value instanceof Undefined) throw new Error(value.message);
  return value;
}

export function truth(value: Value): boolean {
  if (value === null || value instanceof Undefined) return false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return value !== '';
  if (typeof value === 'number') return value !== 0;
  if (value instanceof Float) return value.value !== 0;
  if (Array.isArray(value)) return value.length > 0;
  if (value instanceof Tuple) return value.items.length > 0;
  if (value instanceof Map) return value.size > 0;
  return true;
}

/** The number that Python calculates with, or null. */
export function numeric(value: Value): number | null {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  return value instanceof Float ? value.value : null;
}

/** An int, which JavaScript holds up to 2^53. */
export function int(value: number): number {
  if (!Number.isSafeInteger(value)) throw new Error('it calculates with whole numbers beyond 2^53');
  return value === 0 ? 0 : value;
}

export function equal(a: Value, b: Value, meter: Meter): boolean {
  meter.spend(1);
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== null && y !== null) return x === y;
  if (typeof a === 'string' && typeof b === 'string') {
    meter.spend(Math.min(a.length, b.length) / 64);
    return a === b;
  }
  if (a instanceof Undefined) return b instanceof Undefined;
  const [p, q] = [Array.isArray(a) ? a : null, Array.isArray(b) ? b : null];
  const [m, n] = p && q ? [p, q] : a instanceof Tuple && b instanceof Tuple ? [a.items, b.items] : [null, null];
  if (m && n) return m.length === n.length && m.every((item, k) => equal(item, n[k] as Value, meter));
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && equal(item, b.get(key) as Value, meter));
  }
  return a === b;
}

const order = (a: string, b: string): number => {
  // Python compares code points, JavaScript UTF-16 units.
  const [x, y] = [[...a], [...b]];
  for (let k = 0; k < x.length && k < y.length; k++) {
    const difference = (x[k]?.codePointAt(0) ?? 0) - (y[k]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
};

/** Below 0 where a < b. Throws for what Python does not order. */
export function compare(a: Value, b: Value, meter: Meter): number {
  defined(a);
  defined(b);
  const [x, y] = [numeric(a), numeric(b)];
  if (x !== null && y !== null) return x - y;
  if (typeof a === 'string' && typeof b === 'string') {
    meter.spend(1 + (a.length + b.length) / TEXT_PER_STEP);
    return order(a, b);
  }
  const [m, n] =
    Array.isArray(a) && Array.isArray(b)
      ? [a, b]
      : a instanceof Tuple && b instanceof Tuple
        ? [a.items, b.items]
        : [null, null];
  if (m === null || n === null) throw new Error(`it compares ${kindOf(a)} with ${kindOf(b)}`);
  for (let k = 0; k < m.length && k < n.length; k++) {
    meter.spend(1);
    const [left, right] = [m[k] as Value, n[k] as Value];
    if (!equal(left, right, meter)) return compare(left, right, meter);
  }
  return m.length - n.length;
}

/** What a loop over the value meets. */
export function iterate(value: Value, meter: Meter): readonly Value[] {
  if (value instanceof Undefined) return [];
  let items: readonly Value[] | null = null;
  if (Array.isArray(value)) items = value;
  else if (value instanceof Tuple) items = value.items;
  else if (value instanceof Lazy) items = value.take();
  else if (value instanceof Map) items = [...value.keys()];
  else if (typeof value === 'string') {
    meter.text(value.length * 8);
    items = [...value];
  }
  if (items === null) throw new Error(`'${kindOf(value)}' object is not iterable`);
  meter.spend(items.length / 4);
  return items;
}

/** Python's len(). */
export function lengthOf(value: Value, meter: Meter): number {
  if (typeof value === 'string') {
    meter.spend(value.length / TEXT_PER_STEP);
    let length = 0;
    for (const _ of value) length += 1;
    return length;
  }
  if (value instanceof Undefined) return 0;
  if (Array.isArray(value)) return value.length;
  if (value instanceof Tuple) return value.items.length;
  if (value instanceof Map) return value.size;
  throw new Error(`object of type '${kindOf(value)}' has no len()`);
}
