// Reads a model folder's small files with a bound on each: the folder may be anybody's.

import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { isRecord } from '../../base/json.ts';
import { failure, jsonOf, ReadError, readBytes, textOf } from '../../base/read.ts';
import { FETCH_AGAIN, MAX_CONFIG_BYTES } from '../../formats/checkpoint/folder.ts';
import { ggufFiles } from '../../formats/gguf/files.ts';

export { FETCH_AGAIN };

/** The largest tokenizer.json in public use (a 256k vocabulary with merges as pairs) is about 33 MB. */
export const MAX_TOKENIZER_BYTES = 64 * 2 ** 20;
/** That tokenizer.json holds 1.9 million values. */
const MAX_TOKENIZER_VALUES = 2 ** 23;
/** Published chat templates stay under 20 KB. */
export const MAX_TEMPLATE_BYTES = 256 * 2 ** 10;

/** The bytes of `<folder>/<name>`, or null when there is no such file. Throws `bad-model` when it cannot be read or is too large. */
export async function readBounded(folder: string, name: string, limit: number): Promise<Buffer | null> {
  const path = join(folder, name);
  const stored = await ggufFiles(folder);
  if (stored !== null) return stored.get(name) ?? null;
  try {
    return await readBytes(path, limit);
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'missing') return null;
    throw failure(error, 'bad-model', path, FETCH_AGAIN);
  }
}

/** The text of `<folder>/<name>`, or null when there is no such file. Throws as `readBounded`, and where it is no UTF-8. */
export async function readText(folder: string, name: string, limit: number): Promise<string | null> {
  const bytes = await readBounded(folder, name, limit);
  if (bytes === null) return null;
  try {
    return textOf(bytes);
  } catch (error) {
    throw failure(error, 'bad-model', join(folder, name), 'save it as UTF-8, or download it again');
  }
}

export type Json = Readonly<Record<string, unknown>>;

/** Parses a file's bytes as one JSON object, bounded in depth and size. Throws `bad-model`. */
export function parseObject(bytes: Buffer, where: string): Json {
  try {
    const value = jsonOf(textOf(bytes), MAX_TOKENIZER_VALUES);
    if (isRecord(value)) return value;
  } catch (error) {
    throw failure(error, 'bad-model', where, FETCH_AGAIN);
  }
  throw new BenchError('bad-model', 'must be a JSON object', { where, hint: FETCH_AGAIN });
}

/** A JSON object from the folder, or an empty one when there is no such file. */
export async function readObject(folder: string, name: string): Promise<Json> {
  const bytes = await readBounded(folder, name, MAX_CONFIG_BYTES);
  return bytes === null ? {} : parseObject(bytes, join(folder, name));
}
