// The content-addressed store, and the only writer of results: <key[0:2]>/<key>/{cell.json, items.jsonl, prompts.json,
// timing.json}.
// A cell is written into a private folder under tmp/ and renamed into place, so a folder with a key's name is whole
// or damaged from outside, never half-written; two runs at once may compute a cell twice, and the first rename wins.

import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import {
  ensureWritable,
  makeFolder,
  readBounded,
  readJson,
  syncFolder,
  writeAll,
  writeAtomic,
} from '../../base/files.ts';
import type { Artefact } from '../method/method.ts';
import type { Outcome } from '../method/outcome.ts';
import type { Cell, StoredCell } from '../plan/cell.ts';
import { itemDigest } from '../plan/items.ts';
import { namesOf, type StoredIndex } from '../plan/why.ts';
import type { CellRecord } from '../record/cell-record.ts';
import { type PromptTexts, packPrompts, unpackPrompts } from '../record/prompts.ts';
import { artefactFile, writeArtefacts } from './artefacts.ts';
import {
  CELL_VERSION,
  type CellFile,
  cellFileFault,
  checkCellFile,
  endLine,
  isRecord,
  outcomeFault,
  outcomeLine,
  seal,
  unseal,
} from './records.ts';

/** An outcome of two orders and two options takes about 600 bytes; far longer lines are not ours. */
const MAX_LINE_BYTES = 64 * 1024;
/** Names, inputs and item digests of a cell; 100,000 items take 10 MB. */
const MAX_CELL_BYTES = 64 * 1024 * 1024;
/** Prompts of a cell, each line once; 1,000 passages of a page take 4 MB. */
const MAX_PROMPTS_BYTES = 64 * 1024 * 1024;
const MAX_TIMING_BYTES = 4 * 1024 * 1024;
/** A temporary folder of another host, or of a process id used again, is dead after a week. */
const STALE_MS = 7 * 24 * 3600 * 1000;

type Lookup =
  | { readonly status: 'stored'; readonly cell: StoredCell }
  | { readonly status: 'missing' }
  | { readonly status: 'damaged'; readonly reason: string };

export interface Finished {
  readonly record: CellRecord;
  readonly outcomes: readonly Outcome[];
  readonly artefacts: readonly Artefact[];
  readonly prompts: PromptTexts;
  readonly deviceClass: string;
  readonly kernels: string;
}

export interface Store {
  readonly folder: string;
  /** The cell's outcomes when they are there, whole and of this very cell; no content is believed unchecked. */
  get(key: string, cell: Cell): Lookup;
  /**
   * Stores a finished cell. With `replace`, a stored cell is overwritten; otherwise the first writer wins.
   * @throws BenchError `not-finite` when an outcome holds a NaN, an infinity or a wrong shape.
   */
  put(cell: Cell, finished: Finished, replace?: boolean): StoredCell;
  /** The prompts that a cell was put with, or null when they are absent (it was stored before prompts were) or damaged. */
  prompts(key: string): PromptTexts | null;
  /** The path of an artefact that a cell was put with, or null when it is absent or of another size. */
  artefact(key: string, name: string): string | null;
  /** What was put, or null when it is absent or damaged. */
  timing(key: string): unknown;
  putTiming(key: string, timing: object): void;
  /** Names and inputs of every stored cell, for `--why`. */
  index(): readonly StoredIndex[];
}

/**
 * Opens (makes) the store in `folder` and removes what killed runs left in tmp/.
 * @throws BenchError `unwritable`
 */
export function openStore(folder: string): Store {
  const temporary = path.join(folder, 'tmp');
  ensureWritable(folder);
  mkdirSync(temporary, { recursive: true });
  sweep(temporary);
  const place = (key: string) => path.join(folder, key.slice(0, 2), key);
  const get = (key: string, cell: Cell) => readCell(place(key), key, cell);
  return {
    folder,
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
      const packed = unseal(readJson(path.join(place(key), 'prompts.json'), MAX_PROMPTS_BYTES));
      return packed === null ? null : unpackPrompts(packed);
    },
    artefact: (key, name) => {
      const cell = checkCellFile(readJson(path.join(place(key), 'cell.json'), MAX_CELL_BYTES));
      return cell === null ? null : artefactFile(place(key), cell.artefacts, name);
    },
    timing: (key) => unseal(readJson(path.join(place(key), 'timing.json'), MAX_TIMING_BYTES)),
    putTiming: (key, timing) => {
      try {
        writeAtomic(path.join(place(key), 'timing.json'), `${JSON.stringify(seal(timing))}\n`);
      } catch (error) {
        // Another run is just replacing the cell; the timing is then measured again by whoever needs it.
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      }
    },
    index: () => {
      const found: CellFile[] = [];
      for (const shard of list(folder).filter((name) => /^[0-9a-f]{2}$/.test(name))) {
        for (const key of list(path.join(folder, shard))) {
          const file = checkCellFile(readJson(path.join(folder, shard, key, 'cell.json'), MAX_CELL_BYTES));
          if (file !== null) found.push(file);
        }
      }
      return found.sort((a, b) => (a.computedAt < b.computedAt ? -1 : 1));
    },
  };
}

function readCell(place: string, key: string, cell: Cell): Lookup {
  if (!statSync(place, { throwIfNoEntry: false })) return { status: 'missing' };
  const damaged = (reason: string): Lookup => ({ status: 'damaged', reason });
  const found = readJson(path.join(place, 'cell.json'), MAX_CELL_BYTES);
  const file = checkCellFile(found);
  if (file === null) return damaged(cellFileFault(found));
  if (file.key !== key || file.id !== cell.id) return damaged('cell.json is of another cell');
  const text = readBounded(path.join(place, 'items.jsonl'), (cell.items.length + 1) * MAX_LINE_BYTES);
  if (text === null) return damaged('items.jsonl is missing or too large');
  const lines = text.split('\n');
  if (lines.pop() !== '' || lines.length !== cell.items.length + 1) return damaged('items.jsonl is incomplete');
  const body = text.slice(0, text.length - (lines.at(-1)?.length ?? 0) - 1);
  const digest = sha256(body);
  if (`${lines.at(-1)}\n` !== endLine(cell.items.length, digest))
    return damaged('items.jsonl has no valid last record');
  if (file.outcomes.count !== cell.items.length || file.outcomes.sha256 !== digest) {
    return damaged('cell.json and items.jsonl do not belong together');
  }
  const byDigest = new Map<string, Record<string, unknown>>();
  for (const line of lines.slice(0, -1)) {
    const value = parse(line);
    if (!isRecord(value) || typeof value.item !== 'string') return damaged('items.jsonl holds a malformed line');
    byDigest.set(value.item, value);
  }
  const outcomes: Outcome[] = [];
  for (const item of cell.items) {
    const value = byDigest.get(itemDigest(item));
    const fault = value === undefined ? 'its outcome is missing' : outcomeFault(value, item);
    if (fault !== null) return damaged(`item "${item.id}": ${fault}`);
    outcomes.push({ ...(value as unknown as Outcome), item: item.id });
  }
  return { status: 'stored', cell: { record: file.record, outcomes, computedAt: file.computedAt } };
}

function writeCell(folder: string, cell: Cell, finished: Finished): StoredCell {
  const { record, outcomes, deviceClass, kernels } = finished;
  checkOutcomes(cell, outcomes);
  const digests = cell.items.map(itemDigest);
  const hash = createHash('sha256');
  const fd = openSync(path.join(folder, 'items.jsonl'), 'wx');
  let digest: string;
  try {
    for (const [i, outcome] of outcomes.entries()) {
      const line = outcomeLine(outcome, digests[i] ?? '');
      hash.update(line);
      writeAll(fd, line);
    }
    digest = hash.digest('hex');
    writeAll(fd, endLine(outcomes.length, digest));
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  writeFileSync(path.join(folder, 'prompts.json'), JSON.stringify(seal(packPrompts(finished.prompts))), {
    flush: true,
  });
  const file: CellFile = {
    version: CELL_VERSION,
    id: cell.id,
    key: record.key,
    names: namesOf(cell),
    deviceClass,
    kernels,
    inputs: cell.inputs,
    items: cell.items.map((item, i) => [item.id, digests[i] ?? ''] as const),
    record,
    outcomes: { count: outcomes.length, sha256: digest },
    artefacts: writeArtefacts(folder, finished.artefacts),
    computedAt: new Date().toISOString(),
  };
  writeAtomic(path.join(folder, 'cell.json'), `${JSON.stringify(seal(file))}\n`);
  syncFolder(folder);
  return { record, outcomes, computedAt: file.computedAt };
}

function checkOutcomes(cell: Cell, outcomes: readonly Outcome[]): void {
  for (const [i, item] of cell.items.entries()) {
    const outcome = outcomes[i];
    const fault = outcome?.item === item.id ? outcomeFault(outcome, item) : 'its outcome is missing';
    if (fault !== null) {
      throw new BenchError('not-finite', `item "${item.id}": ${fault}`, {
        hint: 'a model that yields NaN is broken, or its number format overflows; nothing of this cell is stored',
      });
    }
  }
  if (outcomes.length !== cell.items.length) throw new BenchError('not-finite', 'more outcomes than items');
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
    const age = Date.now() - (statSync(folder, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
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

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
