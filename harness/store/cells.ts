// One cell's folder in the store: cell.json, items.jsonl, prompts.json and artefacts. Everything in it is sealed: cell.json by
// its own digest, the others by digests in it. Nothing is believed unchecked.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { readBounded, readJson, statOf, syncFolder, writeAll, writeAtomic } from '../../base/files.ts';
import { isRecord } from '../../base/json.ts';
import type { Artefact } from '../method/method.ts';
import type { Outcome } from '../method/outcome.ts';
import type { Cell, StoredCell } from '../plan/cell.ts';
import { itemDigest } from '../plan/items.ts';
import { namesOf } from '../plan/why.ts';
import type { CellRecord } from '../record/cell-record.ts';
import { type PromptTexts, packPrompts, unpackPrompts } from '../record/prompts.ts';
import { artefactFault, writeArtefacts } from './artefacts.ts';
import {
  CELL_VERSION,
  type CellFile,
  cellFileFault,
  checkCellFile,
  endLine,
  outcomeFault,
  outcomeLine,
  parse,
  seal,
} from './records.ts';

/** An outcome of two orders and two options takes about 600 bytes; far longer lines are not ours. */
const MAX_LINE_BYTES = 64 * 1024;
/** Names, inputs and item digests of a cell; 100,000 items take 10 MB. */
const MAX_CELL_BYTES = 64 * 1024 * 1024;
/** Prompts of a cell, each line once; 1,000 passages of a page take 4 MB. */
const MAX_PROMPTS_BYTES = 64 * 1024 * 1024;
/** An artefact up to this size is read whenever its cell is: sketches, which reports read. A larger one when it is used. */
const MAX_CHECKED_BYTES = 2 * 1024 * 1024;

export type Lookup =
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

/** The `cell.json` of a folder, or null when it is none. */
export function cellFileOf(place: string): CellFile | null {
  return checkCellFile(readJson(path.join(place, 'cell.json'), MAX_CELL_BYTES));
}

/** The prompts that a cell was put with, or null when its folder is damaged. */
export function promptsOf(place: string, file: CellFile): PromptTexts | null {
  const text = promptsText(place, file);
  return text === null ? null : unpackPrompts(parse(text));
}

/** The text of prompts.json as it was written, or null. */
function promptsText(place: string, { prompts }: CellFile): string | null {
  const text = readBounded(path.join(place, 'prompts.json'), MAX_PROMPTS_BYTES);
  return text !== null && sha256(text) === prompts.sha256 ? text : null;
}

/** The cell's outcomes when its folder is whole and of this very cell. */
export function readCell(place: string, key: string, cell: Cell): Lookup {
  if (!statOf(place)) return { status: 'missing' };
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
    if (!isRecord(value) || typeof value.item !== 'string') return damaged('items.jsonl has a malformed line');
    byDigest.set(value.item, value);
  }
  const outcomes: Outcome[] = [];
  for (const item of cell.items) {
    const value = byDigest.get(itemDigest(item));
    const fault = value === undefined ? 'its outcome is missing' : outcomeFault(value, item);
    if (fault !== null) return damaged(`item "${item.id}": ${fault}`);
    outcomes.push({ ...(value as unknown as Outcome), item: item.id });
  }
  if (promptsText(place, file) === null) return damaged('prompts.json is not what was stored');
  for (const listed of file.artefacts) {
    const fault = artefactFault(place, listed, listed.bytes <= MAX_CHECKED_BYTES);
    if (fault !== null) return damaged(fault);
  }
  return { status: 'stored', cell: { record: file.record, outcomes, computedAt: file.computedAt } };
}

/** Writes a cell into an empty folder. Throws `not-finite`, `bad-artefact`. */
export function writeCell(folder: string, cell: Cell, finished: Finished): StoredCell {
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
  const prompts = JSON.stringify(packPrompts(finished.prompts));
  writeFileSync(path.join(folder, 'prompts.json'), prompts, { flush: true });
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
    prompts: { sha256: sha256(prompts) },
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
