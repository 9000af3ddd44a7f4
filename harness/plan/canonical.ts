// Canonical JSON (keys sorted by code unit, no undefined, NaN or infinity) and sha256 of it: equal content, equal text.

import { createHash } from 'node:crypto';

/** Anything that JSON can say. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Hex sha256 of text (UTF-8) or bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * One text per value, whatever the order of its keys. -0 is written as 0.
 * @throws TypeError with the path of a value that JSON cannot say: undefined, NaN, infinity, a function, a class.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

/** sha256 of the canonical JSON of `value`. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${path} is ${value}, which canonical JSON cannot hold`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((entry, i) => write(entry, `${path}[${i}]`)).join(',')}]`;
  if (typeof value === 'object') {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(`${path} is not plain data`);
    }
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${write(entry, `${path}.${key}`)}`).join(',')}}`;
  }
  throw new TypeError(`${path} is ${typeof value}, which canonical JSON cannot hold`);
}
