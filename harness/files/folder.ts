// A folder that is written whole or not at all: beside its place first, then renamed.

import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { BenchError } from '../../gpu/index.ts';

/** Lets `fill` write into a new folder that becomes `into`, which must not exist. Throws `unwritable`, and what `fill` throws. */
export async function writeFolder(into: string, what: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if ((await stat(into).catch(() => null)) !== null) {
    throw new BenchError('unwritable', 'there is something of that name already', {
      where: into,
      hint: 'choose another folder',
    });
  }
  const aside = `${into}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(aside, { recursive: true });
    await fill(aside);
    await rename(aside, into);
  } catch (error) {
    await rm(aside, { recursive: true, force: true }).catch(() => undefined);
    if (error instanceof BenchError) throw error;
    throw new BenchError('unwritable', `${what} cannot be written (${(error as Error).message})`, {
      where: into,
      hint: 'choose another folder, or make room on the disk',
      cause: error,
    });
  }
}
