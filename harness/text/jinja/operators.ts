// Operators, attributes, items and slices of Python's values.

import { dictKeyOf, joinTexts, methodOf } from './methods.ts';
import { contains } from './tests.ts';
import {
  compare,
  defined,
  equal,
  Fields,
  Float,
  Func,
  int,
  isDict,
  kindOf,
  lengthOf,
  type Meter,
  numeric,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';
import { floorDivide } from './write.ts';

/** `left op right`, without `and` and `or`. Throws where Python does, and for what is not known here. */
export function operate(op: string, left: Value, right: Value, meter: Meter): Value {
  switch (op) {
    case '==':
      return equal(left, right, meter);
    case '!=':
      return !equal(left, right, meter);
    case 'in':
      return contains(right, left, meter);
    case 'not in':
      return !contains(right, left, meter);
    case '~':
      return joinTexts([left, right], meter);
    case '<':
      return compare(left, right, meter) < 0;
    case '<=':
      return compare(left, right, meter) <= 0;
    case '>':
      return compare(left, right, meter) > 0;
    case '>=':
      return compare(left, right, meter) >= 0;
  }
  defined(left);
  defined(right);
  if (op === '+') {
    if (typeof left === 'string' && typeof right === 'string') return joinTexts([left, right], meter);
    if (Array.isArray(left) && Array.isArray(right)) {
      meter.spend(left.length + right.length);
      return [...left, ...right];
    }
    if (left instanceof Tuple && right instanceof Tuple) {
      meter.spend(left.items.length + right.items.length);
      return new Tuple([...left.items, ...right.items]);
    }
  }
  if (op === '*') {
    const [text, times] = typeof left === 'string' ? [left, right] : [right, left];
    if (typeof text === 'string' && typeof times === 'number') {
      const count = Math.max(0, times);
      meter.text(text.length * count);
      return text.repeat(count);
    }
  }
  const [x, y] = [numeric(left), numeric(right)];
  if (x === null || y === null) throw new Error(`"${op}" is not known between ${kindOf(left)} and ${kindOf(right)}`);
  if (op === '%' || op === '//') return floorDivide(left, right, op);
  if (op === '/' && y === 0) throw new Error('it divides by zero');
  const results: Readonly<Record<string, number>> = { '+': x + y, '-': x - y, '*': x * y, '/': x / y, '**': x ** y };
  const result = results[op];
  if (result === undefined || !Number.isFinite(result)) throw new Error(`"${op}" of ${x} and ${y} is not supported`);
  return left instanceof Float || right instanceof Float || op === '/' || (op === '**' && y < 0)
    ? new Float(result)
    : int(result);
}

/** `-value`, `+value`. */
export function signed(op: string, value: Value): Value {
  const number = numeric(defined(value));
  if (number === null) throw new Error(`"${op}" is not known before ${kindOf(value)}`);
  const result = op === '-' ? -number : number;
  return value instanceof Float ? new Float(result) : int(result);
}

function itemOf(value: Value, key: Value): Value | undefined {
  if (isDict(value)) return key !== null && typeof key === 'object' ? undefined : value.get(dictKeyOf(key));
  if (typeof key !== 'number') return undefined;
  if (Array.isArray(value)) return value.at(key);
  if (value instanceof Tuple) return value.items.at(key);
  return typeof value === 'string' ? [...value].at(key) : undefined;
}

/** `value.key` (a method goes before an item) or `value[key]` (an item goes before a method). */
export function member(value: Value, key: Value, dotted: boolean, meter: Meter): Value {
  defined(value);
  defined(key);
  if (typeof value === 'string' && typeof key === 'number') meter.text(value.length * 8);
  const name = typeof key === 'string' ? key : null;
  const missing = (): Value => new Undefined(`${kindOf(value)} has no ${JSON.stringify(name ?? String(key))}`);
  if (name?.startsWith('__')) {
    throw new Error(`${name} is unsafe: the sandbox forbids it`);
  }
  if (value instanceof Func) {
    throw new Error(`${JSON.stringify(name ?? String(key))} of the macro or function "${value.name}" is not followed`);
  }
  if (value instanceof Fields) {
    const found = name === null ? undefined : value.fields.get(name);
    return found === undefined ? missing() : found;
  }
  const method = (): Value | undefined => (name === null ? undefined : methodOf(value, name, meter));
  const item = (): Value | undefined => {
    const found = itemOf(value, key);
    return found === undefined && isDict(value) && value.has(dictKeyOf(key)) ? null : found;
  };
  const first = dotted ? method() : item();
  if (first !== undefined) return first;
  return (dotted ? item() : method()) ?? missing();
}

/** `value[start:stop:step]` of a text, a list or a tuple. */
export function slice(value: Value, bounds: readonly (Value | undefined)[], meter: Meter): Value {
  const [start, stop, step = 1] = bounds.map((bound) => {
    if (bound === undefined || bound === null) return undefined;
    if (typeof bound !== 'number') throw new Error(`a slice needs whole numbers, not ${kindOf(bound)}`);
    return bound;
  });
  if (step === 0) throw new Error('slice step cannot be zero');
  if (!(typeof value === 'string' || Array.isArray(value) || value instanceof Tuple)) {
    // Jinja2 gives undefined where an item cannot be had.
    return new Undefined(`${kindOf(defined(value))} cannot be sliced`);
  }
  const size = lengthOf(value, meter);
  meter.spend(size / 4);
  if (typeof value === 'string') meter.text(value.length * 8);
  const all: readonly Value[] = typeof value === 'string' ? [...value] : value instanceof Tuple ? value.items : value;
  const clamp = (bound: number, low: number, high: number): number =>
    Math.min(high, Math.max(low, bound < 0 ? bound + size : bound));
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const from = start === undefined ? (step > 0 ? 0 : size - 1) : clamp(start, low, high);
  const to = stop === undefined ? (step > 0 ? size : -1) : clamp(stop, low, high);
  const picked: Value[] = [];
  for (let k = from; step > 0 ? k < to : k > to; k += step) picked.push(all[k] as Value);
  if (typeof value === 'string') return picked.join('');
  return value instanceof Tuple ? new Tuple(picked) : picked;
}
