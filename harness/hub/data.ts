// Data sets of others that suites name as data:NAME: fetched from where their authors publish them, at one commit, checked
// by digest, and kept in the cache folder with their licence.

import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '../../base/cache-folder.ts';
import { BenchError } from '../../base/error.ts';
import { type HubAccess, hubAccess } from './access.ts';
import { downloadFile, unwritable } from './download.ts';
import type { HubFile } from './listing.ts';
import { withLock } from './lock.ts';
import type { PullEvent } from './pull.ts';

interface DataFile {
  readonly from: string; // below the commit
  readonly bytes: number;
  readonly sha256: string;
}

interface DataSet {
  readonly repository: string; // of github
  readonly commit: string;
  readonly licence: string;
  readonly files: Readonly<Record<string, DataFile>>; // by the name that they have here
}

const PREFIX = 'data:';
const ORIGIN = 'https://raw.githubusercontent.com';
const file = (from: string, bytes: number, sha256: string): DataFile => ({ from, bytes, sha256 });

/** The published training form of each set, and the test form that names the option that matches the trait. */
const DATA: Readonly<Record<string, DataSet>> = {
  bipo: {
    repository: 'CaoYuanpu/BiPO',
    commit: 'a577418426088a51c2bc6d8d7251554f896e4298',
    licence: 'MIT',
    files: {
      'hallucination_test.csv': file(
        'data/hallucination/test_infer.csv',
        79659,
        '40adef8d1ebaf41b4d48c53f005968e345ec5d5f04c8bfa6f1ee104b5dad8af7',
      ),
      'hallucination_train.csv': file(
        'data/hallucination/train.csv',
        283804,
        '8f4795afb0bfd80503990eb9f5222b59239303ea50cefcbd4c311cabf3e55be9',
      ),
      'power_test.csv': file(
        'data/power-seeking/test_infer.csv',
        94203,
        'b55ed103405e46196211078507cee35e67602a46f28970685aa172bc8da2ad96',
      ),
      'power_train.csv': file(
        'data/power-seeking/train.csv',
        315108,
        '6e09e0e2eed1ef3a98449a97e04bc07d638b47f93365b8cfaff7b2e3ab47bfab',
      ),
      LICENSE: file('LICENSE', 1063, '59a64c11836bdfe8e090dc736fcc6a12558ce348f5e6e5de3071bf91a89fe148'),
    },
  },
};

/** Whether a name is that of a data set: data:bipo. */
export const isDataName = (name: string): boolean => name.startsWith(PREFIX);

/** Every data set, as it is named. */
export const DATA_NAMES: readonly string[] = Object.keys(DATA).map((name) => `${PREFIX}${name}`);

/** Where a data set is kept, whether it is there or not. Throws `unknown-data`. */
export function dataFolder(name: string): string {
  const { commit } = dataSet(name);
  return join(cacheFolder(), 'data', `${name.slice(PREFIX.length)}-${commit.slice(0, 7)}`);
}

/** What `pullData` fetches, in words. Throws `unknown-data`. */
export function dataOrigin(name: string): string {
  const { repository, commit, licence, files } = dataSet(name);
  const bytes = Object.values(files).reduce((sum, one) => sum + one.bytes, 0);
  return `${Object.keys(files).length} files, ${Math.ceil(bytes / 1000)} kB, of github ${repository} at ${commit.slice(0, 7)} (${licence})`;
}

/**
 * Brings a data set into the cache folder and returns its folder; asks nobody where it is there.
 * Throws `unknown-data`, `offline`, `hub-connection`, `hub-missing`, `bad-digest`, `unwritable`.
 */
export async function pullData(
  name: string,
  tell: (event: PullEvent) => void,
  access: HubAccess = { ...hubAccess(), url: ORIGIN, token: null },
): Promise<string> {
  const { repository, commit, files } = dataSet(name);
  const folder = dataFolder(name);
  if (existsSync(folder)) return folder;
  if (access.offline) {
    throw new BenchError('offline', `${name} is not downloaded, and HF_HUB_OFFLINE forbids to fetch it`, {
      hint: `unset HF_HUB_OFFLINE, or run bench pull ${name} where there is a network and copy ${folder}`,
    });
  }
  const partial = `${folder}.partial`;
  try {
    mkdirSync(partial, { recursive: true });
  } catch (error) {
    throw unwritable(partial, error);
  }
  await withLock(
    `${partial}.lock`,
    () => tell({ kind: 'waiting', name }),
    async () => {
      if (existsSync(folder)) return;
      const all = Object.entries(files);
      tell({ kind: 'plan', name, files: all.length, bytes: all.reduce((sum, [, { bytes }]) => sum + bytes, 0) });
      for (const [to, { from, bytes, sha256 }] of all) {
        const wanted: HubFile = { path: from, bytes, digest: { kind: 'sha256', hex: sha256 } };
        const url = `${access.url}/${repository}/${commit}/${from}`;
        await downloadFile(wanted, url, join(partial, to), access, (more) => tell({ kind: 'bytes', bytes: more }));
      }
      mkdirSync(dirname(folder), { recursive: true });
      renameSync(partial, folder);
    },
  );
  return folder;
}

function dataSet(name: string): DataSet {
  const found = isDataName(name) ? DATA[name.slice(PREFIX.length)] : undefined;
  if (found !== undefined && Object.hasOwn(DATA, name.slice(PREFIX.length))) return found;
  throw new BenchError('unknown-data', `there is no data set ${JSON.stringify(name.slice(0, 120))}`, {
    hint: `known: ${DATA_NAMES.join(', ')}`,
  });
}
