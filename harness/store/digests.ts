// Digests of a model's files, remembered by (path, size, modification time, inode) so that a stored run reads no weights.

import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import path from 'node:path';
import { digestOf } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { readJson, writeAtomic } from '../../base/files.ts';
import { isRecord } from './records.ts';

const MAX_MEMO_BYTES = 16 * 1024 * 1024;
const MAX_INDEX_BYTES = 64 * 1024 * 1024;
/** A file written this shortly ago may be written again within one tick of the clock: its digest is not remembered. */
const RACY_MS = 2000;

/** sha256 of a file's bytes, streamed; remembered in `memo` (a JSON file) when the file has settled. */
export async function fileDigest(file: string, memo: DigestMemo): Promise<string> {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  if (!stat?.isFile()) {
    throw new BenchError('bad-model', 'the file is missing', {
      where: file,
      hint: 'check the path of the model folder',
    });
  }
  const mark = `${stat.size}:${stat.mtimeNs}:${stat.ctimeNs}:${stat.ino}`;
  const known = memo.get(file, mark);
  if (known !== null) return known;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const digest = hash.digest('hex');
  if (Date.now() - Number(stat.mtimeMs) > RACY_MS) memo.set(file, mark, digest);
  return digest;
}

/** `files.json` of the store; damaged content is forgotten, never an error. */
export class DigestMemo {
  private readonly file: string | null;
  private readonly entries = new Map<string, { mark: string; digest: string }>();
  private dirty = false;

  /** `file` null: nothing is remembered beyond this process. */
  constructor(file: string | null) {
    this.file = file;
    const content = file === null ? null : readJson(file, MAX_MEMO_BYTES);
    if (!isRecord(content)) return;
    for (const [name, entry] of Object.entries(content)) {
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
    if (this.file === null || !this.dirty) return;
    writeAtomic(this.file, `${JSON.stringify(Object.fromEntries(this.entries))}\n`);
    this.dirty = false;
  }
}

/**
 * Digests of `config.json` and of the weights: the sha256 of `model.safetensors`, or of the list of shards with theirs.
 * @throws BenchError `bad-model` when a file is missing.
 */
export async function weightDigests(
  folder: string,
  memo: DigestMemo,
): Promise<{ readonly config: string; readonly weights: string }> {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) {
    throw new BenchError('bad-model', stat ? 'the model is a file, not a folder' : 'the model folder is missing', {
      where: folder,
      hint: 'name a folder that holds config.json, model.safetensors and tokenizer.json',
    });
  }
  const config = await fileDigest(path.join(folder, 'config.json'), memo);
  const single = path.join(folder, 'model.safetensors');
  if (statSync(single, { throwIfNoEntry: false })) return { config, weights: await fileDigest(single, memo) };
  const index = readJson(path.join(folder, 'model.safetensors.index.json'), MAX_INDEX_BYTES);
  const map = isRecord(index) && isRecord(index.weight_map) ? Object.values(index.weight_map) : [];
  const shards = [...new Set(map)].filter((name) => typeof name === 'string' && /^[\w.-]+$/.test(name)).sort();
  if (shards.length === 0) {
    throw new BenchError('bad-model', 'neither model.safetensors nor a valid model.safetensors.index.json is there', {
      where: folder,
      hint: 'name a folder in the Hugging Face layout',
    });
  }
  const digests: [string, string][] = [];
  for (const name of shards as string[]) digests.push([name, await fileDigest(path.join(folder, name), memo)]);
  return { config, weights: digestOf(digests) };
}
