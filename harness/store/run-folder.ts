// The folder of one run, <base>/runs/<utc>-<suite>-<id7>/, made aside and renamed whole; `latest` names the newest.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { makeFolder, readBounded, syncFolder, writeAll, writeAtomic } from '../../base/files.ts';
import { jsonText } from '../../base/printable.ts';
import type { ItemRow, RunResult } from '../record/run-record.ts';
import { seal } from './records.ts';

/** items.jsonl is written in pieces of about this size, so that a large run never is one string. */
const CHUNK_CHARACTERS = 1 << 20;
/** A folder made aside this long ago was left by a killed run. */
const STALE_MS = 24 * 3600 * 1000;

/** What `run.json` says of itself and of the files that are read with it. */
export interface Seals {
  readonly answers: { readonly count: number; readonly sha256: string }; // lines of items.jsonl, and the digest of the file
  readonly prompts: string | null; // digest of prompts.json, where there is one
  readonly sha256: string; // of all else in run.json, as canonical JSON
}

/** Writes run.json, items.jsonl and `reports` (file name -> text); returns the folder's path. */
export function writeRunFolder(
  base: string,
  result: RunResult,
  items: Iterable<ItemRow>,
  reports: Readonly<Record<string, string>>,
): string {
  const runs = path.join(base, 'runs');
  mkdirSync(runs, { recursive: true });
  sweep(runs);
  const aside = makeFolder(runs, '.new-');
  try {
    const answers = writeLines(path.join(aside, 'items.jsonl'), items);
    const prompts = reports['prompts.json'];
    const seals: Omit<Seals, 'sha256'> = { answers, prompts: prompts === undefined ? null : sha256(prompts) };
    writeAtomic(path.join(aside, 'run.json'), jsonText(seal({ ...result, ...seals })));
    for (const [name, text] of Object.entries(reports)) writeAtomic(path.join(aside, name), text);
    const utc = result.startedAt.replace(/[-:]/g, '').replace(/\.\d+/, '');
    const suite = result.suite.replace(/[^\w.-]+/g, '-').slice(0, 60);
    const name = `${utc}-${suite}-${result.id.slice(0, 7)}`;
    renameSync(aside, path.join(runs, name));
    syncFolder(runs);
    writeAtomic(path.join(runs, 'latest'), `${name}\n`);
    return path.join(runs, name);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    throw error;
  }
}

/** The newest run's folder, or null. */
export function latestRun(base: string): string | null {
  const name = readBounded(path.join(base, 'runs', 'latest'), 1024)?.trim();
  return name && /^[\w.-]+$/.test(name) ? path.join(base, 'runs', name) : null;
}

function writeLines(file: string, items: Iterable<ItemRow>): Seals['answers'] {
  const hash = createHash('sha256');
  let count = 0;
  const fd = openSync(file, 'wx');
  const write = (text: string): void => {
    hash.update(text);
    writeAll(fd, text);
  };
  try {
    let waiting = '';
    for (const item of items) {
      waiting += `${JSON.stringify(item)}\n`;
      count++;
      if (waiting.length < CHUNK_CHARACTERS) continue;
      write(waiting);
      waiting = '';
    }
    if (waiting !== '') write(waiting);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return { count, sha256: hash.digest('hex') };
}

function sweep(runs: string): void {
  for (const name of readdirSync(runs).filter((entry) => entry.startsWith('.new-'))) {
    const folder = path.join(runs, name);
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > STALE_MS) rmSync(folder, { recursive: true, force: true });
  }
}
