// Digests of a model's files, remembered by (path, size, modification time, inode) so that a stored run reads no weights.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hashAll, markOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { isRecord } from '../../base/json.ts';
import { failure, openFile } from '../../base/read.ts';
import { weightFiles } from '../../formats/checkpoint/shards.ts';
import { ggufAt } from '../../formats/gguf/find.ts';
import { Memo, type Note } from './memo.ts';

const MAX_MEMO_BYTES = 16 * 1024 * 1024;
/** A file written this shortly ago may be written again within one tick of the clock: its digest is not remembered. */
const RACY_MS = 2000;

/** A digest of one file or several, and the state that they had when it was taken. */
export interface FileDigest {
  readonly sha256: string; // hex, over the contents of all files in their order
  readonly marks: string;
}

/**
 * sha256 over the contents of `files` in their order: of one file it is what `sha256sum` prints. Remembered in `memo` under
 * `name` when the files have settled. Throws `bad-model` when one is missing.
 */
export async function filesDigest(files: readonly string[], name: string, memo: DigestMemo): Promise<FileDigest> {
  const states = files.map((file) => {
    const info = statSync(file, { bigint: true, throwIfNoEntry: false });
    if (info?.isFile()) return info;
    throw new BenchError('bad-model', 'there is no such file', {
      where: file,
      hint: 'download the model again; all of its shards must be in one folder',
    });
  });
  const marks = states.map(markOf).join(' ');
  const known = memo.get(name, marks);
  if (known !== null) return { sha256: known, marks };
  const hash = createHash('sha256');
  for (const path of files) {
    const { file } = await openFile(path).catch((error: unknown) => {
      throw failure(error, 'bad-model', path, 'check the rights of the file and the disk');
    });
    try {
      await hashAll(hash, async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead);
    } finally {
      await file.close();
    }
  }
  const sha256 = hash.digest('hex');
  if (states.every(({ mtimeMs }) => Date.now() - Number(mtimeMs) > RACY_MS)) memo.set(name, marks, sha256);
  return { sha256, marks };
}

/** `files.json` of the store; damaged content is forgotten and said, never an error. */
export class DigestMemo {
  private readonly memo: Memo;
  private readonly entries = new Map<string, { mark: string; digest: string }>();
  private dirty = false;

  /** `file` null: nothing is remembered beyond this process. `note` hears of damage. */
  constructor(file: string | null, note?: Note) {
    this.memo = new Memo(file, MAX_MEMO_BYTES);
    for (const [name, entry] of Object.entries(this.memo.read(note))) {
      if (!isRecord(entry) || typeof entry.mark !== 'string' || typeof entry.digest !== 'string') continue;
      if (/^[0-9a-f]{64}$/.test(entry.digest)) this.entries.set(name, { mark: entry.mark, digest: entry.digest });
    }
  }

  get(file: string, mark: string): string | null {
    const entry = this.entries.get(file);
    return entry?.mark === mark ? entry.digest : null;
  }

  set(file: string, mark: string, digest: string): void {
    this.entries.set(file, { mark, digest });
    this.dirty = true;
  }

  save(): void {
    if (!this.dirty) return;
    this.memo.write(Object.fromEntries(this.entries));
    this.dirty = false;
  }
}

/**
 * Digests of `config.json` and of the weights; the latter is what masks and adapters name as their model.
 * Throws `bad-model`, `bad-weights` when a file is missing or the index is damaged.
 */
export async function weightDigests(
  folder: string,
  memo: DigestMemo,
): Promise<{ readonly config: string; readonly weights: FileDigest }> {
  const { paths } = await weightFiles(folder);
  const config = join(folder, 'config.json');
  const weights = await filesDigest(paths, paths.length === 1 ? paths[0]! : join(folder, 'weights'), memo);
  // The metadata of a GGUF is in the file of its weights.
  const isGguf = (await ggufAt(folder)) !== null;
  return { config: isGguf ? weights.sha256 : (await filesDigest([config], config, memo)).sha256, weights };
}
