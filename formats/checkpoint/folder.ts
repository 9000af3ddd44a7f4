// A model folder on disk, hostile until read: every file is bounded before memory is set aside for it.

import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { isTooDeep, MAX_NESTING } from '../../base/json.ts';

/** config.json of published models stays under 100 KB. */
export const MAX_CONFIG_BYTES = 2 ** 20;

const FOLDER_HINT = 'name the folder that holds config.json and model.safetensors';

/** Throws `bad-model` unless `folder` is a folder with a config.json in it. */
export async function requireModelFolder(folder: string): Promise<void> {
  const info = await stat(folder).catch(() => null);
  if (info === null) {
    throw new BenchError('bad-model', 'there is no such model folder', { where: folder, hint: FOLDER_HINT });
  }
  if (!info.isDirectory()) {
    throw new BenchError('bad-model', 'a model is a folder, and this is a file', { where: folder, hint: FOLDER_HINT });
  }
  if ((await fileSize(join(folder, 'config.json'))) === null) {
    throw new BenchError('bad-model', 'the folder has no config.json', { where: folder, hint: FOLDER_HINT });
  }
}

/** Size in bytes of the file at `path`, or null when there is no file. */
export async function fileSize(path: string): Promise<number | null> {
  const info = await stat(path).catch(() => null);
  return info?.isFile() ? info.size : null;
}

/** The JSON value in the file at `path`. Throws `bad-model` when it cannot be read, exceeds `limit` bytes or is no JSON. */
export async function readJson(path: string, limit: number): Promise<unknown> {
  return parseJson(await readText(path, limit), path);
}

/** The text of the file at `path`. Throws `bad-model` when it cannot be read, exceeds `limit` bytes or is no UTF-8. */
export async function readText(path: string, limit: number): Promise<string> {
  try {
    // Before it is opened: a pipe would never answer.
    if (!(await stat(path)).isFile()) throw new Error('it is no file');
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      if (size > limit) {
        throw new BenchError('bad-model', `is ${size} bytes long, and ${limit} are allowed`, {
          where: path,
          hint: 'this is not the file that the model was published with: download it again',
        });
      }
      const bytes = new Uint8Array(size);
      for (let filled = 0; filled < size; ) {
        const { bytesRead } = await file.read(bytes, filled, size - filled, filled);
        if (bytesRead === 0) throw new Error('the file ends early');
        filled += bytesRead;
      }
      return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw error instanceof BenchError ? error : unreadable(path, error);
  }
}

/** `text` of the file at `path` as JSON. Throws `bad-model`. */
export function parseJson(text: string, path: string): unknown {
  try {
    if (isTooDeep(text)) throw new Error(`it is nested deeper than ${MAX_NESTING} levels`);
    return JSON.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): BenchError {
  return new BenchError('bad-model', `cannot be read as JSON: ${(error as Error).message}`, {
    where: path,
    hint: 'download or export the file again',
    cause: error,
  });
}
