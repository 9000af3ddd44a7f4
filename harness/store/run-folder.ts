// The folder of one run, <base>/runs/<utc>-<suite>-<id7>/, made aside and renamed whole; `latest` names the newest.

import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, readBounded, syncFolder, writeAll, writeAtomic } from '../../base/files.ts';
import { jsonText } from '../../base/printable.ts';
import type { ItemRow, RunResult } from '../record/run-record.ts';

/** items.jsonl is written in pieces of about this size, so that a large run never is one string. */
const CHUNK_CHARACTERS = 1 << 20;
/** A folder made aside this long ago was left by a killed run. */
const STALE_MS = 24 * 3600 * 1000;

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
    writeLines(path.join(aside, 'items.jsonl'), items);
    writeAtomic(path.join(aside, 'run.json'), jsonText(result));
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

function writeLines(file: string, items: Iterable<ItemRow>): void {
  const fd = openSync(file, 'wx');
  try {
    let waiting = '';
    for (const item of items) {
      waiting += `${JSON.stringify(item)}\n`;
      if (waiting.length < CHUNK_CHARACTERS) continue;
      writeAll(fd, waiting);
      waiting = '';
    }
    if (waiting !== '') writeAll(fd, waiting);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function sweep(runs: string): void {
  for (const name of readdirSync(runs).filter((entry) => entry.startsWith('.new-'))) {
    const folder = path.join(runs, name);
    const stat = statSync(folder, { throwIfNoEntry: false });
    if (stat && Date.now() - stat.mtimeMs > STALE_MS) rmSync(folder, { recursive: true, force: true });
  }
}
