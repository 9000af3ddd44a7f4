// Files of others are read through here: looked at before they are opened (a named pipe would never answer), bounded before
// memory is allocated, and read until they are whole. What cannot be read is said in one way; the caller adds its own code.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, statSync } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { BenchError } from './error.ts';
import { parseJson } from './json.ts';

/**
 * `link`: a symbolic link that leads to no file. `size`: too large. `pointer`: a Git LFS pointer in place of the file.
 * `text`: no UTF-8. `json`: no JSON, or none within bounds.
 */
export type ReadProblem = 'missing' | 'link' | 'kind' | 'access' | 'size' | 'short' | 'pointer' | 'text' | 'json';

/** Why a file could not be read. It never reaches a user as it is: `failure` makes a BenchError of it. */
export class ReadError extends Error {
  readonly problem: ReadProblem;

  constructor(problem: ReadProblem, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ReadError';
    this.problem = problem;
  }
}

const POINTER_HINT = 'run `git lfs pull` in the folder of the file, or download the file itself';

/** `error` as a BenchError with `code`; what is no ReadError stays as it is. `hint` gives way where a better one is known. */
export function failure(error: unknown, code: string, where: string, hint: string): unknown {
  if (!(error instanceof ReadError)) return error;
  return new BenchError(code, error.message, {
    where,
    hint: error.problem === 'pointer' ? POINTER_HINT : hint,
    cause: error,
  });
}

/** A pipe that takes the place of the file between the look and the opening does not block either. Absent on Windows. */
const NONBLOCK = constants.O_NONBLOCK ?? 0;
const POINTER = 'version https://git-lfs.github.com/spec/';
/** The pointers of Git LFS have some 130 bytes. */
const MAX_POINTER_BYTES = 1024;

/**
 * Opens a regular file, to be closed by the caller. `edit`: for writing in place too.
 * Throws ReadError `missing`, `link`, `kind` or `access`.
 */
export async function openFile(
  path: string,
  { edit = false }: { readonly edit?: boolean } = {},
): Promise<{ readonly file: FileHandle; readonly bytes: number }> {
  try {
    requireFile(await stat(path));
    const file = await open(path, (edit ? constants.O_RDWR : constants.O_RDONLY) | NONBLOCK);
    try {
      const info = await file.stat();
      requireFile(info);
      return { file, bytes: info.size };
    } catch (error) {
      await file.close();
      throw error;
    }
  } catch (error) {
    throw accessError(error, path);
  }
}

/** Fills `into` from byte `start` of the file. Throws ReadError `short` where the file ends before. */
export async function readFull(file: FileHandle, into: Uint8Array, start: number): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, start + filled);
    if (bytesRead === 0) throw ends(start + filled);
    filled += bytesRead;
  }
}

/** The whole file. Throws ReadError, `size` where it has more than `limit` bytes. */
export async function readBytes(path: string, limit: number): Promise<Buffer> {
  const { file, bytes } = await openFile(path);
  try {
    requireSize(bytes, limit);
    const into = Buffer.alloc(bytes);
    await readFull(file, into, 0);
    return requireNoPointer(into);
  } finally {
    await file.close();
  }
}

/** As `readBytes`, and nothing else of the program runs until it is done. */
export function readBytesSync(path: string, limit: number): Buffer {
  try {
    requireFile(statSync(path));
    const fd = openSync(path, constants.O_RDONLY | NONBLOCK);
    try {
      const info = fstatSync(fd);
      requireFile(info);
      requireSize(info.size, limit);
      const into = Buffer.alloc(info.size);
      for (let filled = 0; filled < into.length; ) {
        const bytesRead = readSync(fd, into, filled, into.length - filled, filled);
        if (bytesRead === 0) throw ends(filled);
        filled += bytesRead;
      }
      return requireNoPointer(into);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw accessError(error, path);
  }
}

/** The text of a whole file, without a byte order mark. Throws ReadError, `text` where it is not UTF-8. */
export async function readText(path: string, limit: number): Promise<string> {
  return textOf(await readBytes(path, limit));
}

/** As `readText`, and nothing else of the program runs until it is done. */
export function readTextSync(path: string, limit: number): string {
  return textOf(readBytesSync(path, limit));
}

/** UTF-8 as text, without a byte order mark. Throws ReadError `text`, which says where it stops being UTF-8. */
export function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    // Written again, the text differs from the first byte that is none of UTF-8.
    const again = Buffer.from(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    const at = bytes.findIndex((byte, k) => byte !== again[k]);
    const line = bytes.subarray(0, at).reduce((lines, byte) => lines + Number(byte === 0x0a), 1);
    throw new ReadError('text', `it is not UTF-8 (line ${line}, byte ${at} of the file)`, error);
  }
}

/** The value of a JSON text, within the bounds of `parseJson`. Throws ReadError `json`. */
export function jsonOf(text: string, maxValues?: number): unknown {
  try {
    return parseJson(text, maxValues);
  } catch (error) {
    throw new ReadError('json', `cannot be read as JSON: ${(error as Error).message}`, error);
  }
}

/** Whether these are the first bytes of a Git LFS pointer: what a clone without Git LFS holds in place of a large file. */
export function isPointer(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, POINTER.length)).toString() === POINTER;
}

/** The error of a pointer; its message says what it is. */
export function pointerError(): ReadError {
  return new ReadError('pointer', 'this is a Git LFS pointer, not the file itself');
}

function requireNoPointer(bytes: Buffer): Buffer {
  if (bytes.length <= MAX_POINTER_BYTES && isPointer(bytes)) throw pointerError();
  return bytes;
}

function requireFile(info: { isFile(): boolean }): void {
  if (!info.isFile()) throw new ReadError('kind', 'this is a folder or a device, not a file');
}

function requireSize(bytes: number, limit: number): void {
  if (bytes > limit) throw new ReadError('size', `is ${bytes} bytes long, and ${limit} are allowed`);
}

function ends(at: number): ReadError {
  return new ReadError('short', `the file ends at byte ${at}`);
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

function accessError(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof ReadError || typeof code !== 'string') return error;
  if (code === 'ELOOP') return new ReadError('link', 'this is a link that leads back to itself', error);
  // A file that may be absent is not absent here: in a cache of links its target was lost.
  if (code === 'ENOENT' && isLink(path)) {
    return new ReadError('link', 'this is a link to a file that is not there', error);
  }
  if (code === 'ENOENT' || code === 'ENOTDIR') return new ReadError('missing', 'there is no such file', error);
  return new ReadError('access', `cannot be read (${code})`, error);
}
