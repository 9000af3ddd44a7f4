// sha256 over the contents of files, one after the other, through a bounded buffer.

import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

const CHUNK_BYTES = 2 ** 20;

/** Hex sha256 over the whole of `files` in their order; of one file it is what `sha256sum` prints. */
export async function digestFiles(files: readonly FileHandle[]): Promise<string> {
  const hash = createHash('sha256');
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (const file of files) {
    for (let position = 0; ; ) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length, position);
      if (bytesRead === 0) break;
      hash.update(chunk.subarray(0, bytesRead));
      position += bytesRead;
    }
  }
  return hash.digest('hex');
}
