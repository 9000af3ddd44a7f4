// sha256 of text, of files, and of values as canonical JSON (keys sorted by code unit, no undefined, NaN or infinity).

import { createHash, type Hash } from 'node:crypto';
import type { BigIntStats } from 'node:fs';

/** Hex sha256 of text (UTF-8) or bytes. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/**
 * One text per value, whatever the order of its keys. -0 is written as 0.
 * Throws TypeError with the path of a value that JSON cannot say: undefined, NaN, infinity, a function, a class.
 */
export function canonicalJson(value: unknown): string {
  return write(value, '$');
}

/** Canonical JSON of values that are frozen and asked for again and again. */
const known = new WeakMap<object, string>();

/** `value`, frozen at its first level, whose canonical JSON is kept: for lists that many digests are of. Its parts must not change. */
export function fixed<T extends readonly unknown[]>(value: T): T {
  known.set(value, write(value, '$'));
  return Object.freeze(value);
}

/** sha256 of the canonical JSON of `value`. */
export function digestOf(value: unknown): string {
  return sha256(canonicalJson(value));
}

function write(value: unknown, path: string): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${path} is ${value}, which canonical JSON cannot represent`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value))
    return known.get(value) ?? `[${value.map((entry, i) => write(entry, `${path}[${i}]`)).join(',')}]`;
  if (typeof value === 'object') {
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) {
      throw new TypeError(`${path} is not plain data`);
    }
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${write(entry, `${path}.${key}`)}`).join(',')}}`;
  }
  throw new TypeError(`${path} is ${typeof value}, which canonical JSON cannot represent`);
}

const CHUNK_BYTES = 2 ** 20;

/** Adds all bytes of a file to `hash`. `read` gives the number of bytes that it read from a position, 0 at the end. */
export async function hashAll(
  hash: Hash,
  read: (into: Uint8Array, position: number) => Promise<number>,
): Promise<void> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let position = 0; ; ) {
    const bytes = await read(chunk, position);
    if (bytes === 0) return;
    hash.update(chunk.subarray(0, bytes));
    position += bytes;
  }
}

/** The state of a file as its file system tells it: who changes the file changes this. */
export function markOf({ size, mtimeNs, ctimeNs, ino }: BigIntStats): string {
  return `${size}:${mtimeNs}:${ctimeNs}:${ino}`;
}
