// A model folder on disk, hostile until read: every file is looked at, and bounded before memory is allocated for it.

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { failure, jsonOf, openFile, ReadError, readText as read } from '../../base/read.ts';
import { ggufAt } from '../gguf/find.ts';
import { FOLDER_HINT, otherFile, otherFormat } from './other-formats.ts';

/** config.json of published models stays under 100 KB; tokenizer_config.json lists every added token, and has up to 2 MB. */
export const MAX_CONFIG_BYTES = 16 * 2 ** 20;

/** What helps against a file that cannot be right. */
export const FETCH_AGAIN = 'this is not the file that the model was published with: download or export it again';

/** Throws `bad-model` unless `folder` is a folder or a GGUF; a file of another format is named as one. */
export async function requireFolder(folder: string): Promise<void> {
  const info = await stat(folder).catch(() => null);
  if (info?.isDirectory() || (info !== null && (await ggufAt(folder)) !== null)) return;
  if (info === null) {
    throw new BenchError('bad-model', 'there is no such model folder', { where: folder, hint: FOLDER_HINT });
  }
  throw otherFile(folder);
}

/** Throws `bad-model` unless `folder` is a folder with a config.json in it. */
export async function requireModelFolder(folder: string): Promise<void> {
  await requireFolder(folder);
  if ((await fileSize(join(folder, 'config.json'))) === null) {
    throw (
      (await otherFormat(folder)) ??
      new BenchError('bad-model', 'the folder has no config.json', { where: folder, hint: FOLDER_HINT })
    );
  }
}

/** Size in bytes of the file at `path`, or null when nothing is there. Throws `bad-model` when it is no file to be read. */
export async function fileSize(path: string): Promise<number | null> {
  try {
    const { file, bytes } = await openFile(path);
    await file.close();
    return bytes;
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'missing') return null;
    throw failure(error, 'bad-model', path, FETCH_AGAIN);
  }
}

/** The JSON value in the file at `path`. Throws `bad-model` when it cannot be read, exceeds `limit` bytes or is no JSON. */
export async function readJson(path: string, limit: number): Promise<unknown> {
  return parseJson(await readText(path, limit), path);
}

/** The text of the file at `path`. Throws `bad-model` when it cannot be read, exceeds `limit` bytes or is no UTF-8. */
export async function readText(path: string, limit: number): Promise<string> {
  try {
    return await read(path, limit);
  } catch (error) {
    throw failure(error, 'bad-model', path, FETCH_AGAIN);
  }
}

/** `text` of the file at `path` as JSON, bounded as `base/json.ts` says. Throws `bad-model`. */
export function parseJson(text: string, path: string, maxValues?: number): unknown {
  try {
    return jsonOf(text, maxValues);
  } catch (error) {
    throw failure(error, 'bad-model', path, FETCH_AGAIN);
  }
}
