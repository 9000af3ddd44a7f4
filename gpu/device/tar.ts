// A bounded reader of plain tar archives (POSIX ustar): regular files by name, nothing is written to disk.

import { BenchError } from '../../base/error.ts';

const BLOCK = 512;

/** The archive's regular files, as views of `archive`. Throws `bad-archive` on a truncated or damaged one. */
export function readTar(archive: Uint8Array, source: string): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const text = (start: number, length: number) =>
    Buffer.from(archive.buffer, archive.byteOffset + start, length)
      .toString('latin1')
      .split('\0', 1)[0] ?? '';
  for (let at = 0; at + BLOCK <= archive.length; ) {
    if (archive[at] === 0) return files;
    const header = archive.subarray(at, at + BLOCK);
    // The checksum field itself counts as eight spaces.
    const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 32 : byte), 0);
    const size = Number.parseInt(text(at + 124, 12), 8);
    if (sum !== Number.parseInt(text(at + 148, 8), 8) || !(size >= 0) || at + BLOCK + size > archive.length) {
      throw new BenchError('bad-archive', `damaged tar archive at byte ${at}`, { where: source });
    }
    const type = text(at + 156, 1);
    if (type === '0' || type === '') files.set(text(at, 100), archive.subarray(at + BLOCK, at + BLOCK + size));
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
  }
  throw new BenchError('bad-archive', 'truncated tar archive', { where: source });
}
