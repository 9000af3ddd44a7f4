// Files and folders that are written whole or not at all (written aside, flushed, renamed into place), and bounded reads.

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { BenchError } from './error.ts';
import { parseJson } from './json.ts';
import { readTextSync } from './read.ts';

/** Writes all of `text` to an open file. Every write of results goes through here. */
export function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text, 'utf8');
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at);
}

/**
 * Writes to a temporary file in the same folder and renames it to `file`, so that a reader sees the old text or the new, never
 * a part.
 */
export function writeAtomic(file: string, text: string): void {
  const aside = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  const fd = openSync(aside, 'wx');
  try {
    writeAll(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  try {
    renameSync(aside, file);
  } catch (error) {
    rmSync(aside, { force: true });
    throw error;
  }
}

/** Flushes a folder's entries; a no-op where folders cannot be opened (Windows). */
export function syncFolder(folder: string): void {
  let fd: number;
  try {
    fd = openSync(folder, 'r');
  } catch {
    return;
  }
  try {
    fsyncSync(fd);
  } catch {
    // Some file systems refuse to flush a folder; the rename itself is still atomic.
  } finally {
    closeSync(fd);
  }
}

/** Makes a folder of its own in `parent`; unlike mkdtemp's, it may be read by whom the user's umask allows. */
export function makeFolder(parent: string, prefix: string): string {
  const folder = path.join(parent, `${prefix}${randomBytes(4).toString('hex')}`);
  mkdirSync(folder);
  return folder;
}

/** What is at a path, or null where nothing can be found: it is absent, below a file, or a broken link. */
export function statOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null;
  }
}

/** The file's text, or null when it is absent, not a file, larger than `maxBytes`, or no UTF-8. */
export function readBounded(file: string, maxBytes: number): string | null {
  try {
    return readTextSync(file, maxBytes);
  } catch {
    return null;
  }
}

/**
 * Makes `folder` and proves that files can be made in it.
 * Throws `unwritable`
 */
export function ensureWritable(folder: string): void {
  const probe = path.join(folder, `.probe-${process.pid}-${randomBytes(4).toString('hex')}`);
  try {
    makeFolders(folder);
    closeSync(openSync(probe, 'wx'));
    unlinkSync(probe);
  } catch (error) {
    throw new BenchError('unwritable', `cannot write to the output folder (${(error as NodeJS.ErrnoException).code})`, {
      where: folder,
      hint: 'name a folder that can be written with --out',
      cause: error,
    });
  }
}

/** mkdir -p, a folder at a time: Node's own never returns where a parent takes no folders, as in /proc. */
function makeFolders(folder: string): void {
  if (existsSync(folder)) return;
  makeFolders(path.dirname(folder));
  try {
    mkdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Parsed JSON, or null when the file is absent, too large, not JSON, or JSON beyond the bounds of `parseJson`. */
export function readJson(file: string, maxBytes: number): unknown {
  const text = readBounded(file, maxBytes);
  if (text === null) return null;
  try {
    return parseJson(text);
  } catch {
    return null;
  }
}

/** Lets `fill` write into a new folder that becomes `into`, which must not exist. Throws `unwritable`, and what `fill` throws. */
export async function writeFolder(into: string, what: string, fill: (folder: string) => Promise<void>): Promise<void> {
  if ((await stat(into).catch(() => null)) !== null) {
    throw new BenchError('unwritable', 'the path exists already', {
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
