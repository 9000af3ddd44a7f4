// Writes a GGUF (version 3, little-endian): metadata, then tensors one by one, whole or not at all.

import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { BenchError } from '../../base/error.ts';
import { numberOf } from './types.ts';

const ALIGNMENT = 32;
const MAGIC = Buffer.from('GGUF');
const VERSION = 3;

/** A value with its type in the file. */
export type Typed =
  | { readonly type: 'u32' | 'i32' | 'f32'; readonly value: number }
  | { readonly type: 'bool'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'i32s' | 'f32s'; readonly value: readonly number[] };

/** A tensor to be written; `type` as ggml names it. */
export interface OutTensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[]; // [rows, columns]
  readonly bytes: number; // of all its data
  pieces(): AsyncIterable<Uint8Array>; // the data in its order
}

/**
 * Writes to a temporary file in the same folder and renames it to `path`. Throws `unwritable` with the path, and what
 * `pieces` throws.
 */
export async function writeGguf(
  path: string,
  metadata: ReadonlyMap<string, Typed>,
  tensors: readonly OutTensor[],
): Promise<void> {
  const aside = `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(aside, 'wx').catch(unwritable(path));
    try {
      await put(file, headerBytes(metadata, tensors), path);
      for (const { bytes, pieces } of tensors) {
        for await (const piece of pieces()) await put(file, piece, path);
        await put(file, new Uint8Array(padding(bytes)), path);
      }
      await file.sync().catch(unwritable(path));
    } finally {
      await file.close();
    }
    await rename(aside, path).catch(unwritable(path));
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The bytes before the data, padded. */
export function headerBytes(metadata: ReadonlyMap<string, Typed>, tensors: readonly OutTensor[]): Uint8Array {
  const parts: Uint8Array[] = [MAGIC, u32(VERSION), u64(tensors.length), u64(metadata.size)];
  for (const [key, value] of metadata) parts.push(text(key), ...encoded(value));
  let offset = 0;
  for (const { name, type, shape, bytes } of tensors) {
    const sizes = [...shape].reverse();
    parts.push(text(name), u32(sizes.length), ...sizes.map(u64), u32(numberOf(type)), u64(offset));
    offset += bytes + padding(bytes);
  }
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([...parts, new Uint8Array(padding(length))]);
}

function encoded(one: Typed): readonly Uint8Array[] {
  switch (one.type) {
    case 'u32':
      return [u32(4), u32(one.value)];
    case 'i32':
      return [u32(5), i32(one.value)];
    case 'f32':
      return [u32(6), f32(one.value)];
    case 'bool':
      return [u32(7), Uint8Array.of(one.value ? 1 : 0)];
    case 'string':
      return [u32(8), text(one.value)];
    case 'strings':
      return [u32(9), u32(8), u64(one.value.length), ...one.value.map(text)];
    case 'i32s':
      return [u32(9), u32(5), u64(one.value.length), new Uint8Array(Int32Array.from(one.value).buffer)];
    case 'f32s':
      return [u32(9), u32(6), u64(one.value.length), new Uint8Array(Float32Array.from(one.value).buffer)];
  }
}

const padding = (bytes: number): number => (ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT;

function number(bytes: number, write: (view: DataView) => void): Uint8Array {
  const out = new Uint8Array(bytes);
  write(new DataView(out.buffer));
  return out;
}
const u32 = (value: number): Uint8Array => number(4, (view) => view.setUint32(0, value, true));
const i32 = (value: number): Uint8Array => number(4, (view) => view.setInt32(0, value, true));
const f32 = (value: number): Uint8Array => number(4, (view) => view.setFloat32(0, value, true));
const u64 = (value: number): Uint8Array => number(8, (view) => view.setBigUint64(0, BigInt(value), true));

function text(value: string): Uint8Array {
  const bytes = Buffer.from(value);
  return Buffer.concat([u64(bytes.length), bytes]);
}

async function put(file: FileHandle, bytes: Uint8Array, path: string): Promise<void> {
  if (bytes.length > 0) await file.writeFile(bytes).catch(unwritable(path));
}

function unwritable(path: string): (error: unknown) => never {
  return (error) => {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new BenchError('unwritable', `the file cannot be written (${code || message})`, {
      where: path,
      hint: 'choose another path, or make room on the disk',
    });
  };
}
