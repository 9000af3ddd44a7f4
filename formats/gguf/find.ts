// Where a model is a GGUF: the path of the file, or the folder that has one.

import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { openFile, readFull } from '../../base/read.ts';

const NAME = /\.gguf$/i;
const FIRST_SHARD = /-00001-of-\d{5}\.gguf$/i;
const SHARD = /-\d{5}-of-\d{5}\.gguf$/i;
const MAGIC = 'GGUF';
/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 10_000;
/** Names of a list in a message. */
const MOST_NAMED = 5;

/**
 * The GGUF that `path` names: the file itself, or the only one of a folder that has no model in safetensors (of shards the
 * first). Null of anything else. Throws `bad-model` where a folder has several.
 */
export async function ggufAt(path: string): Promise<string | null> {
  const info = await stat(path).catch(() => null);
  if (info === null) return null;
  if (!info.isDirectory()) return NAME.test(path) || (await startsWithMagic(path)) ? path : null;
  const names = (await readdir(path).catch(() => [] as string[])).slice(0, MAX_ENTRIES).sort();
  if (names.some((name) => /^model\.safetensors(\.index\.json)?$/.test(name))) return null;
  const found = names.filter((name) => NAME.test(name) && (!SHARD.test(name) || FIRST_SHARD.test(name)));
  if (found.length < 2) return found[0] === undefined ? null : join(path, found[0]);
  const named = found.slice(0, MOST_NAMED).map((name) => JSON.stringify(name.slice(0, 120)));
  throw new BenchError(
    'bad-model',
    `the folder has ${found.length} GGUF files: ${named.join(', ')}${found.length > MOST_NAMED ? ', ...' : ''}`,
    {
      where: path,
      hint: `name one of them, such as ${join(path, found[0]!)}`,
    },
  );
}

async function startsWithMagic(path: string): Promise<boolean> {
  try {
    const { file } = await openFile(path);
    try {
      const bytes = Buffer.alloc(MAGIC.length);
      await readFull(file, bytes, 0);
      return bytes.toString('latin1') === MAGIC;
    } finally {
      await file.close();
    }
  } catch {
    return false; // whoever opens it says why
  }
}
