// Jinja2's tests (`value is name`), as far as chat templates use them. One that is not here is refused by its name.

import {
  compare,
  defined,
  equal,
  Float,
  Func,
  isDict,
  iterate,
  kindOf,
  Lazy,
  type Meter,
  numeric,
  Tuple,
  Undefined,
  type Value,
} from './values.ts';
import { str } from './write.ts';

type Test = (value: Value, args: readonly Value[], meter: Meter) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  defined: (value) => !(value instanceof Undefined),
  undefined: (value) => value instanceof Undefined,
  none: (value) => value === null,
  true: (value) => value === true,
  false: (value) => value === false,
  boolean: (value) => typeof value === 'boolean',
  string: (value) => typeof value === 'string',
  number: (value) => numeric(value) !== null,
  integer: (value) => typeof value === 'number',
  float: (value) => value instanceof Float,
  mapping: (value) => isDict(value),
  // Undefined has __iter__ and __len__, but no items: iterable, and a sequence.
  iterable: (value) =>
    typeof value === 'string' ||
    Array.isArray(value) ||
    isDict(value) ||
    value instanceof Tuple ||
    value instanceof Lazy ||
    value instanceof Undefined,
  sequence: (value) =>
    typeof value === 'string' ||
    Array.isArray(value) ||
    isDict(value) ||
    value instanceof Tuple ||
    value instanceof Undefined,
  callable: (value) => value instanceof Func || value instanceof Undefined,
  odd: (value) => whole(value, 'odd') % 2 !== 0,
  even: (value) => whole(value, 'even') % 2 === 0,
  lower: (value, _, meter) => ((s) => s !== s.toUpperCase() && s === s.toLowerCase())(str(value, meter)),
  upper: (value, _, meter) => ((s) => s !== s.toLowerCase() && s === s.toUpperCase())(str(value, meter)),
  divisibleby: (value, [by = 0]) => whole(value, 'divisibleby') % whole(by, 'divisibleby') === 0,
  eq: (value, [other = null], meter) => equal(value, other, meter),
  ne: (value, [other = null], meter) => !equal(value, other, meter),
  lt: (value, [other = null], meter) => compare(value, other, meter) < 0,
  le: (value, [other = null], meter) => compare(value, other, meter) <= 0,
  gt: (value, [other = null], meter) => compare(value, other, meter) > 0,
  ge: (value, [other = null], meter) => compare(value, other, meter) >= 0,
  in: (value, [other = null], meter) => contains(other, value, meter),
};
const TEST_NAMES: Readonly<Record<string, string>> = {
  equalto: 'eq',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  lessthan: 'lt',
  '<=': 'le',
  '>': 'gt',
  greaterthan: 'gt',
  '>=': 'ge',
};

/** The value where it is an int; `name` says what needs one. */
export function whole(value: Value, name: string): number {
  if (typeof value !== 'number') throw new Error(`"${name}" needs a whole number, not ${kindOf(value)}`);
  return value;
}

/** Python's `needle in hay`. */
export function contains(hay: Value, needle: Value, meter: Meter): boolean {
  if (typeof hay === 'string') {
    if (typeof needle !== 'string') throw new Error(`'in <string>' requires a string, not ${kindOf(defined(needle))}`);
    meter.search(hay, needle);
    return hay.includes(needle);
  }
  if (isDict(hay)) {
    if (needle !== null && typeof needle === 'object') throw new Error(`a ${kindOf(needle)} is no key of a dict`);
    return hay.has(needle);
  }
  return iterate(hay, meter).some((item) => equal(item, needle, meter));
}

/** `value is name(args)`. Throws for a test that is not known. */
export function applyTest(name: string, value: Value, args: readonly Value[], meter: Meter): boolean {
  meter.spend(1);
  const known = TEST_NAMES[name] ?? name;
  const test = Object.hasOwn(TESTS, known) ? TESTS[known] : undefined;
  if (test === undefined) throw new Error(`the test "${name}" is not supported`);
  return test(value, args, meter);
}
