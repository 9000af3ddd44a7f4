// What methods store with a cell: masks, adapters, vectors, and what they say of them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { sha256 } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { statOf } from '../../base/files.ts';
import type { Artefact } from '../method/method.ts';
import { type CellFile, isFileName } from './records.ts';

/** Throws `bad-artefact` for a name that is no file name. */
export function writeArtefacts(folder: string, artefacts: readonly Artefact[]): CellFile['artefacts'] {
  if (artefacts.length > 0) mkdirSync(path.join(folder, 'artefacts'));
  return artefacts.map(({ name, bytes }) => {
    if (!isFileName(name)) throw new BenchError('bad-artefact', `artefact name "${name}" is not a file name`);
    writeFileSync(path.join(folder, 'artefacts', name), bytes, { flag: 'wx', flush: true });
    return { name, bytes: bytes.byteLength, sha256: sha256(bytes) };
  });
}

/** Why an artefact is not the one that the cell in `place` lists, or null. `whole`: its content is read, not its size alone. */
export function artefactFault(
  place: string,
  { name, bytes, sha256: digest }: CellFile['artefacts'][number],
  whole: boolean,
): string | null {
  const file = path.join(place, 'artefacts', name);
  const stat = statOf(file);
  if (!stat?.isFile() || stat.size !== bytes) return `artefact ${name} is missing, or of another size`;
  return whole && sha256(readFileSync(file)) !== digest ? `artefact ${name} is not what was stored` : null;
}
