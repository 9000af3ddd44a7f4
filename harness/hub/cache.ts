// Where downloaded models are: <cache>/hub/<owner>--<name>/{snapshots/<commit>/, partial/<commit>/, refs/<revision>}, and
// the same under <owner>--<name>/files/<file>/ for a GGUF. A
// snapshot is whole and checked, or it is not there.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../../base/cache-folder.ts';
import { BenchError } from '../../base/error.ts';
import { readBounded } from '../../base/files.ts';
import { type HubModel, parseHubName } from './name.ts';

const MAX_REF_BYTES = 1024;
export const COMMIT = /^[0-9a-f]{40}$/;

export interface HubFolders {
  readonly root: string;
  readonly ref: string; // holds the commit that the revision was, when it was last asked for
  snapshot(commit: string): string;
  partial(commit: string): string;
}

export function hubFolders({ repo, file, revision }: HubModel): HubFolders {
  const whole = join(cacheFolder(), 'hub', repo.replace('/', '--'));
  const root = file === null ? whole : join(whole, 'files', file);
  return {
    root,
    ref: join(root, 'refs', encodeURIComponent(revision)),
    snapshot: (commit) => join(root, 'snapshots', commit),
    partial: (commit) => join(root, 'partial', commit),
  };
}

/** The folder of a model that was downloaded before, or null. */
export function cachedModel(model: HubModel): string | null {
  const folders = hubFolders(model);
  // A commit is itself, whatever stands in the cache.
  const named = COMMIT.test(model.revision) || !existsSync(folders.ref);
  const known = named ? model.revision : (readBounded(folders.ref, MAX_REF_BYTES) ?? '').trim();
  if (!COMMIT.test(known)) return null;
  const folder = folders.snapshot(known);
  return existsSync(folder) ? folder : null;
}

/** The folder of the model `name`. Throws `not-downloaded` with the command that fetches it. */
export function requireCachedModel(name: string): string {
  const folder = cachedModel(parseHubName(name));
  if (folder !== null) return folder;
  throw new BenchError('not-downloaded', `${name} is not downloaded yet`, { hint: `bench pull ${name}` });
}
