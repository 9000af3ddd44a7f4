// What the store remembers to be quick: a sealed JSON file of named entries. What is damaged is forgotten and said, never
// believed; what cannot be written is only not remembered.

import path from 'node:path';
import { readJson, statOf, writeAtomic } from '../../base/files.ts';
import { isRecord } from '../../base/json.ts';
import { seal, unseal } from './records.ts';

/** Hears that a memory was damaged, in words. */
export type Note = (text: string) => void;

export class Memo {
  readonly #file: string | null;
  readonly #maxBytes: number;

  /** `file` null: nothing is read or written. */
  constructor(file: string | null, maxBytes: number) {
    this.#file = file;
    this.#maxBytes = maxBytes;
  }

  /** The entries; none where the file is absent or damaged. `note` hears of damage. */
  read(note: Note = () => {}): Readonly<Record<string, unknown>> {
    if (this.#file === null || !statOf(this.#file)) return {};
    const entries = unseal(readJson(this.#file, this.#maxBytes))?.entries;
    if (isRecord(entries)) return entries;
    note(`${path.basename(this.#file)} of the store is not what was written: it is computed again`);
    return {};
  }

  /** Throws what the file system throws, but where it may not be written at all. */
  write(entries: Readonly<Record<string, unknown>>): void {
    if (this.#file === null) return;
    try {
      writeAtomic(this.#file, `${JSON.stringify(seal({ entries }))}\n`);
    } catch (error) {
      if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }
}
