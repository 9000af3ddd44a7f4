// The content-addressed store, and the only writer of results: <key[0:2]>/<key>/{cell.json, items.jsonl, prompts.json,
// timing.json}.
// A cell is written into a private folder under tmp/ and renamed into place, so a folder with a key's name is whole
// or damaged from outside, never half-written; two runs at once may compute a cell twice, and the first rename wins.

import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ensureWritable, makeFolder, readBounded, statOf, syncFolder, writeAtomic } from '../../base/files.ts';
import { isRecord } from '../../base/json.ts';
import type { Cell, StoredCell } from '../plan/cell.ts';
import type { StoredIndex } from '../plan/why.ts';
import type { PromptTexts } from '../record/prompts.ts';
import { artefactFault } from './artefacts.ts';
import { cellFileOf, type Finished, type Lookup, promptsOf, readCell, writeCell } from './cells.ts';
import { type CellFile, parse, seal, unseal } from './records.ts';

export type { Finished } from './cells.ts';

const MAX_TIMING_BYTES = 4 * 1024 * 1024;
/** A temporary folder of another host, or of a process id used again, is dead after a week. */
const STALE_MS = 7 * 24 * 3600 * 1000;

/** `timing` is what was put. */
type TimingLookup =
  | { readonly status: 'stored'; readonly timing: Readonly<Record<string, unknown>> }
  | { readonly status: 'missing' }
  | { readonly status: 'damaged'; readonly reason: string };

export interface Store {
  readonly folder: string;
  readonly writable: boolean;
  /** The cell's outcomes when they are there, whole and of this very cell; no content is believed unchecked. */
  get(key: string, cell: Cell): Lookup;
  /**
   * Stores a finished cell. With `replace`, a stored cell is overwritten; otherwise the first writer wins.
   * Throws `not-finite` when an outcome holds a NaN, an infinity or a wrong shape.
   */
  put(cell: Cell, finished: Finished, replace?: boolean): StoredCell;
  /** The prompts that a cell was put with, or null when they are absent or damaged. */
  prompts(key: string): PromptTexts | null;
  /** The path of an artefact that a cell was put with, or null when it is absent or not what was put. */
  artefact(key: string, name: string): string | null;
  /** The times that were put with this very cell. */
  timing(key: string): TimingLookup;
  putTiming(key: string, timing: object): void;
  /** Names and inputs of every stored cell, for `--why`. */
  index(): readonly StoredIndex[];
}

/**
 * Opens (makes) the store in `folder` and removes what killed runs left in tmp/. `use` read: one that cannot be written is
 * opened as it is, or is empty where there is none.
 * Throws `unwritable`
 */
export function openStore(folder: string, use: 'write' | 'read' = 'write'): Store {
  const temporary = path.join(folder, 'tmp');
  let writable = true;
  try {
    ensureWritable(folder);
    mkdirSync(temporary, { recursive: true });
    sweep(temporary);
  } catch (error) {
    if (use === 'write') throw error;
    writable = false;
  }
  const place = (key: string) => path.join(folder, key.slice(0, 2), key);
  const get = (key: string, cell: Cell) => readCell(place(key), key, cell);
  return {
    folder,
    writable,
    get,
    put: (cell, finished, replace = false) => {
      const { key } = finished.record;
      const aside = makeFolder(temporary, `${os.hostname()}-${process.pid}-`);
      try {
        const stored = writeCell(aside, cell, finished);
        publish(aside, place(key), temporary, () => !replace && get(key, cell).status === 'stored');
        return stored;
      } finally {
        rmSync(aside, { recursive: true, force: true });
      }
    },
    prompts: (key) => {
      const file = cellFileOf(place(key));
      return file === null ? null : promptsOf(place(key), file);
    },
    artefact: (key, name) => {
      const listed = cellFileOf(place(key))?.artefacts.find((one) => one.name === name);
      if (listed === undefined || artefactFault(place(key), listed, true) !== null) return null;
      return path.join(place(key), 'artefacts', name);
    },
    timing: (key) => readTiming(path.join(place(key), 'timing.json'), key),
    putTiming: (key, timing) => {
      const file = path.join(place(key), 'timing.json');
      try {
        if (statOf(file)?.isDirectory()) rmSync(file, { recursive: true, force: true });
        writeAtomic(file, `${JSON.stringify(seal({ key, timing }))}\n`);
      } catch (error) {
        // Another run is just replacing the cell; the timing is then measured again by whoever needs it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    },
    index: () => {
      const found: CellFile[] = [];
      for (const shard of list(folder).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
        for (const key of list(path.join(folder, shard))) {
          const file = cellFileOf(path.join(folder, shard, key));
          if (file !== null) found.push(file);
        }
      }
      return found.sort((a, b) => (a.computedAt < b.computedAt ? -1 : 1));
    },
  };
}

/** The times of the cell of `key`: those of another are damage too. */
function readTiming(file: string, key: string): TimingLookup {
  if (!statOf(file)) return { status: 'missing' };
  const damaged = (reason: string): TimingLookup => ({ status: 'damaged', reason });
  const record = unseal(parse(readBounded(file, MAX_TIMING_BYTES) ?? ''));
  if (record === null || !isRecord(record.timing)) return damaged('timing.json is not what was stored');
  if (record.key !== key) return damaged('timing.json is of another cell');
  return { status: 'stored', timing: record.timing };
}

/** Renames `aside` to `place`; what is there already is kept when `keep()` says so, and moved away otherwise. */
function publish(aside: string, place: string, temporary: string, keep: () => boolean): void {
  mkdirSync(path.dirname(place), { recursive: true });
  for (let attempt = 0; ; attempt++) {
    try {
      renameSync(aside, place);
      syncFolder(path.dirname(place));
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const occupied = code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'EPERM' || code === 'ENOTDIR';
      if (!occupied || attempt >= 8) throw error;
      if (keep()) return;
    }
    const old = makeFolder(temporary, `${os.hostname()}-${process.pid}-`);
    try {
      renameSync(place, path.join(old, 'replaced'));
    } catch (error) {
      // Another run moved it first: the next attempt finds the place free, or the other run's cell in it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    } finally {
      rmSync(old, { recursive: true, force: true });
    }
  }
}

/** Removes temporary folders whose process is gone. */
function sweep(temporary: string): void {
  for (const name of list(temporary)) {
    const owner = /^(.*)-(\d+)-[^-]+$/.exec(name);
    const folder = path.join(temporary, name);
    const age = Date.now() - (statOf(folder)?.mtimeMs ?? Date.now());
    const dead = owner?.[1] === os.hostname() && !isRunning(Number(owner[2]));
    if (dead || age > STALE_MS) rmSync(folder, { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
