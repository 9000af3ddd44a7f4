// Downloads a model of the hub into the cache, file by file, and shows it there only when all of it is whole.

import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BenchError } from '../../gpu/index.ts';
import { hubAccess } from './access.ts';
import { cachedModel, hubFolders } from './cache.ts';
import { downloadFile, sizeOf, unwritable } from './download.ts';
import { listModel } from './listing.ts';
import { withLock } from './lock.ts';
import { type HubModel, parseHubName } from './name.ts';

/** What a pull tells while it runs. */
export type PullEvent =
  | { readonly kind: 'plan'; readonly name: string; readonly files: number; readonly bytes: number }
  | { readonly kind: 'bytes'; readonly bytes: number }
  | { readonly kind: 'waiting'; readonly name: string };

/**
 * Brings `name` (hf:owner/name@revision) up to date in the cache; returns its folder.
 * @throws BenchError `bad-model-name`, `offline`, and what `listModel` and `downloadFile` throw
 */
export async function pullModel(name: string, tell: (event: PullEvent) => void, access = hubAccess()): Promise<string> {
  const model = parseHubName(name);
  if (access.offline) return offline(model);
  const { commit, files } = await listModel(model, access);
  const folders = hubFolders(model);
  const snapshot = folders.snapshot(commit);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (!existsSync(snapshot)) {
    const partial = folders.partial(commit);
    makeFolder(partial);
    await withLock(
      `${partial}.lock`,
      () => tell({ kind: 'waiting', name }),
      async () => {
        if (existsSync(snapshot)) return;
        const have = files.reduce((sum, { path }) => sum + sizeOf(join(partial, path)), 0);
        await requireRoom(partial, bytes - have);
        tell({ kind: 'plan', name, files: files.length, bytes });
        for (const file of files) {
          const url = `${access.url}/${model.repo}/resolve/${commit}/${file.path}`;
          await downloadFile(file, url, join(partial, file.path), access, (more) =>
            tell({ kind: 'bytes', bytes: more }),
          );
        }
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

async function requireRoom(folder: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  const [needs, free] = [bytes, bavail * bsize].map((n) => `${Math.ceil(n / 1e6)} MB`);
  throw new BenchError('unwritable', `the model takes ${needs}, and ${free} are free`, {
    where: folder,
    hint: 'make room, or set XDG_CACHE_HOME to a folder on another disk',
  });
}
