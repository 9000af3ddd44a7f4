// Downloads a model of the hub into the cache, file by file, and shows it there only when all of it is whole.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { readBounded } from '../../base/files.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { hubAccess } from './access.ts';
import { cachedModel, hubFolders } from './cache.ts';
import { downloadFile, sizeOf, unwritable } from './download.ts';
import { type HubFile, INDEX, listModel, weightFiles } from './listing.ts';
import { withLock } from './lock.ts';
import { type HubModel, parseHubName } from './name.ts';

/** What the hub may say of an index's size is bounded lower. */
const MAX_INDEX_BYTES = 64 * 2 ** 20;

/** What a pull tells while it runs. */
export type PullEvent =
  | { readonly kind: 'plan'; readonly name: string; readonly files: number; readonly bytes: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'waiting'; readonly name: string };

/**
 * Brings `name` (hf:owner/name@revision) up to date in the cache; returns its folder.
 * Throws `bad-model-name`, `offline`, and what `listModel` and `downloadFile` throw
 */
export async function pullModel(name: string, tell: (event: PullEvent) => void, access = hubAccess()): Promise<string> {
  const model = parseHubName(name);
  if (access.offline) return offline(model);
  const listing = await listModel(model, access);
  const { commit, beside } = listing;
  const folders = hubFolders(model);
  const snapshot = folders.snapshot(commit);
  if (!existsSync(snapshot)) {
    const partial = folders.partial(commit);
    makeFolder(partial);
    await withLock(
      `${partial}.lock`,
      () => tell({ kind: 'waiting', name }),
      async () => {
        if (existsSync(snapshot)) return;
        const fetch = (file: HubFile, took: (bytes: number) => void): Promise<void> => {
          const url = `${access.url}/${model.repo}/resolve/${commit}/${file.path}`;
          return downloadFile(file, url, join(partial, file.path), access, took);
        };
        // These two say what else to fetch, and whether it is worth it.
        const first = beside.filter(({ path }) => path === 'config.json' || path === INDEX);
        await requireRoom(partial, first);
        for (const file of first) await fetch(file, () => {});
        if (model.file === null) await requireRunnable(model, partial);
        const split = first.some(({ path }) => path === INDEX);
        const index = split ? readBounded(join(partial, INDEX), MAX_INDEX_BYTES) : null;
        const files = [...beside, ...weightFiles(model, listing, index)];
        await requireRoom(partial, files);
        const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
        tell({ kind: 'plan', name, files: files.length, bytes });
        for (const file of files) await fetch(file, (more) => tell({ kind: 'bytes', bytes: more }));
        if (model.file !== null) await requireRunnable(model, partial);
        makeFolder(dirname(snapshot));
        renameSync(partial, snapshot);
      },
    );
  }
  makeFolder(dirname(folders.ref));
  try {
    writeFileSync(`${folders.ref}.${process.pid}`, commit);
    renameSync(`${folders.ref}.${process.pid}`, folders.ref);
  } catch (error) {
    throw unwritable(folders.ref, error);
  }
  return snapshot;
}

/** The folder of `name`: from the cache where it is there, else downloaded. `bench pull` asks the hub again. */
export async function fetchModel(name: string, tell: (event: PullEvent) => void): Promise<string> {
  return cachedModel(parseHubName(name)) ?? (await pullModel(name, tell));
}

function offline(model: HubModel): string {
  const folder = cachedModel(model);
  if (folder !== null) return folder;
  throw new BenchError('offline', `${model.name} is not downloaded, and HF_HUB_OFFLINE forbids to fetch it`, {
    hint: `unset HF_HUB_OFFLINE, or run bench pull ${model.name} where there is a network and copy the cache folder`,
  });
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw unwritable(folder, error);
  }
}

/** What the engine cannot run is refused before its weights come; of a GGUF when they are there, since the file says it. */
async function requireRunnable({ name, file }: HubModel, folder: string): Promise<void> {
  try {
    await loadSpec(folder);
  } catch (error) {
    if (!(error instanceof BenchError)) throw error;
    const { code, message, hint } = error;
    throw new BenchError(code, message, {
      where: file === null ? `${name}: config.json` : name,
      ...(hint === undefined ? {} : { hint }),
    });
  }
}

async function requireRoom(folder: string, files: readonly HubFile[]): Promise<void> {
  const bytes = files.reduce((sum, { path, bytes: all }) => sum + all - sizeOf(join(folder, path)), 0);
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const [needs, free] = [bytes, bavail * bsize].map((n) => `${Math.ceil(n / 1e6)} MB`);
  throw new BenchError('unwritable', `the model takes ${needs}, and ${free} are free`, {
    where: folder,
    hint: 'make room, or set XDG_CACHE_HOME to a folder on another disk',
  });
}
