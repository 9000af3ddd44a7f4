// Reads a model folder's small files with a bound on each: the folder may be anybody's.

import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';

/** The largest tokenizer.json in public use (a 256k vocabulary with merges as pairs) is about 33 MB. */
export const MAX_TOKENIZER_BYTES = 64 * 2 ** 20;
/** tokenizer_config.json lists every added token and may embed several templates. */
export const MAX_CONFIG_BYTES = 16 * 2 ** 20;
/** Published chat templates stay under 20 KB. */
export const MAX_TEMPLATE_BYTES = 256 * 2 ** 10;

/** What helps against a file that cannot be right. */
export const FETCH_AGAIN = 'this is not the file that the model was published with: download or export it again';

/** The bytes of `<folder>/<name>`, or null when there is no such file. Throws `bad-model` when it is too large. */
export async function readBounded(folder: string, name: string, limit: number): Promise<Buffer | null> {
  const path = join(folder, name);
  let file: Awaited<ReturnType<typeof open>>;
  try {
    file = await open(path, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return null;
    throw new BenchError('bad-model', `cannot be read (${code ?? 'unknown error'})`, {
      where: path,
      hint: 'check its rights and the disk',
      cause: error,
    });
  }
  try {
    const info = await file.stat();
    if (!info.isFile()) throw new BenchError('bad-model', 'is not a file', { where: path, hint: FETCH_AGAIN });
    if (info.size > limit) {
      throw new BenchError('bad-model', `is ${info.size} bytes long, and ${limit} are allowed`, {
        where: path,
        hint: FETCH_AGAIN,
      });
    }
    const bytes = Buffer.alloc(info.size);
    let filled = 0;
    while (filled < bytes.length) {
      const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return bytes.subarray(0, filled);
  } finally {
    await file.close();
  }
}

/** Throws `bad-model` unless `path` is a folder. */
export async function requireFolder(path: string): Promise<void> {
  const info = await stat(path).catch(() => null);
  if (info === null) {
    throw new BenchError('bad-model', 'there is no such model folder', {
      where: path,
      hint: 'name a folder that holds config.json, tokenizer.json and model.safetensors',
    });
  }
  if (!info.isDirectory()) {
    throw new BenchError('bad-model', 'a model is a folder, and this is a file', {
      where: path,
      hint: 'name the folder that holds config.json, tokenizer.json and model.safetensors',
    });
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** Parses a file's bytes as one JSON object. */
export function parseObject(bytes: Buffer, where: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    throw new BenchError('bad-model', `is not JSON: ${(error as Error).message}`, {
      where,
      hint: FETCH_AGAIN,
      cause: error,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new BenchError('bad-model', 'must hold a JSON object', { where, hint: FETCH_AGAIN });
  }
  return value as Json;
}

/** A JSON object from the folder, or an empty one when there is no such file. */
export async function readObject(folder: string, name: string): Promise<Json> {
  const bytes = await readBounded(folder, name, MAX_CONFIG_BYTES);
  return bytes === null ? {} : parseObject(bytes, join(folder, name));
}
