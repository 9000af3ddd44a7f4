// Counts what is read through file handles: how often weights are read is part of what a run costs.

import { type FileHandle, open } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** Bytes that `work` reads through file handles of this process, whatever files they are of. */
export async function countingReads(work: () => Promise<void>): Promise<number> {
  const probe = await open(fileURLToPath(import.meta.url));
  const prototype = Object.getPrototypeOf(probe) as { read: FileHandle['read'] };
  await probe.close();
  const { read } = prototype;
  let bytes = 0;
  prototype.read = async function (this: FileHandle, ...given: Parameters<FileHandle['read']>) {
    const result = await read.apply(this, given);
    bytes += result.bytesRead;
    return result;
  } as FileHandle['read'];
  try {
    await work();
  } finally {
    prototype.read = read;
  }
  return bytes;
}
