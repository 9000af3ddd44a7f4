// What methods leave beside a cell: masks, adapters, vectors, and what they say of them.

import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import type { Artefact } from '../method/method.ts';
import type { CellFile } from './records.ts';

/** Throws `bad-artefact` for a name that is no file name. */
export function writeArtefacts(folder: string, artefacts: readonly Artefact[]): CellFile['artefacts'] {
  if (artefacts.length > 0) mkdirSync(path.join(folder, 'artefacts'));
  return artefacts.map(({ name, bytes }) => {
    if (!/^\w[\w.-]{0,99}$/.test(name))
      throw new BenchError('bad-artefact', `artefact name "${name}" is not a file name`);
    writeFileSync(path.join(folder, 'artefacts', name), bytes, { flag: 'wx', flush: true });
    return { name, bytes: bytes.byteLength, sha256: sha256(bytes) };
  });
}

/** Its path, or null when the cell lists none of that name, or the file has another size. */
export function artefactFile(place: string, listed: CellFile['artefacts'], name: string): string | null {
  const found = listed.find((one) => one.name === name);
  if (found === undefined) return null;
  const file = path.join(place, 'artefacts', name);
  return statSync(file, { throwIfNoEntry: false })?.size === found.bytes ? file : null;
}
