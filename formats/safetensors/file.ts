// One safetensors file on disk, opened for reading or for changing in place: every reader of the format goes through here.

import { markOf } from '../../base/digest.ts';
import { failure, isPointer, openFile, pointerError, ReadError, readFull } from '../../base/read.ts';
import { fromBf16, fromF16 } from '../tensors/numbers.ts';
import { badWeights, type HeaderEntry, HINT, headerLength, parseHeader } from './header.ts';

/** An open file: whoever opened it closes it. */
export interface SafetensorsFile {
  readonly path: string;
  readonly bytes: number; // of the whole file
  readonly entries: readonly HeaderEntry[]; // by offset
  readonly metadata: unknown; // what `__metadata__` says, unchecked; undefined where there is none
  /** Fills `into` with the bytes from `offset` of the tensor's data. Throws `bad-weights` outside of it, or where the file ends. */
  read(entry: HeaderEntry, offset: number, into: Uint8Array): Promise<void>;
  /** Replaces the bytes from `offset` of the tensor's data; only in a file that was opened with `edit`. */
  write(entry: HeaderEntry, offset: number, bytes: Uint8Array): Promise<void>;
  /** Bytes of the file, whatever they mean: for its digest. Gives the number that was read, 0 at the end. */
  readRaw(into: Uint8Array, position: number): Promise<number>;
  /** The file's state: as `markOf` gives it. */
  mark(): Promise<string>;
  /** Brings what was written to the disk. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the file and checks its header. `edit`: tensors can be written in place.
 * Throws ReadError where there is no such file or it cannot be opened, and `bad-weights` where it is damaged.
 */
export async function openSafetensors(
  path: string,
  options: { readonly edit?: boolean } = {},
): Promise<SafetensorsFile> {
  const { file, bytes } = await openFile(path, options);
  const fill = async (into: Uint8Array, start: number, tensor?: string): Promise<void> => {
    try {
      await readFull(file, into, start);
    } catch (error) {
      throw error instanceof ReadError ? badWeights(path, error.message, tensor) : error;
    }
  };
  try {
    if (bytes < 8) throw badWeights(path, `the file has ${bytes} bytes, and the header's length alone takes 8`);
    const first = new Uint8Array(Math.min(bytes, 64));
    await fill(first, 0);
    if (isPointer(first)) throw failure(pointerError(), 'bad-weights', path, HINT);
    const header = new Uint8Array(headerLength(first, bytes, path));
    await fill(header, 8);
    const dataStart = 8 + header.length;
    const { entries, metadata } = parseHeader(header, bytes - dataStart, path);
    const requireInside = ({ name, begin, end }: HeaderEntry, offset: number, length: number): void => {
      if (offset < 0 || offset + length > end - begin) {
        throw badWeights(path, `bytes ${offset} to ${offset + length} of its ${end - begin} were asked for`, name);
      }
    };
    return {
      path,
      bytes,
      entries,
      metadata,
      async read(entry, offset, into) {
        requireInside(entry, offset, into.length);
        await fill(into, dataStart + entry.begin + offset, entry.name);
      },
      async write(entry, offset, piece) {
        requireInside(entry, offset, piece.length);
        const start = dataStart + entry.begin + offset;
        for (let done = 0; done < piece.length; ) {
          done += (await file.write(piece, done, piece.length - done, start + done)).bytesWritten;
        }
      },
      readRaw: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
      mark: async () => markOf(await file.stat({ bigint: true })),
      sync: () => file.sync(),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A whole tensor as numbers: half floats as f32, 64-bit integers as f64 (exact up to 2^53). */
export type Numbers = Float32Array | Float64Array | Int32Array | Uint32Array;

/** All numbers of a tensor. Throws `bad-weights` where the file ends, or for a dtype that is not read. */
export async function readNumbers(file: SafetensorsFile, entry: HeaderEntry): Promise<Numbers> {
  const convert = Object.hasOwn(NUMBERS, entry.dtype) ? NUMBERS[entry.dtype] : undefined;
  if (convert === undefined) throw badWeights(file.path, `is of ${entry.dtype}, which is not read here`, entry.name);
  const bytes = new Uint8Array(entry.end - entry.begin);
  await file.read(entry, 0, bytes);
  return convert(bytes.buffer);
}

const NUMBERS: Readonly<Record<string, (stored: ArrayBuffer) => Numbers>> = {
  F64: (stored) => new Float64Array(stored),
  F32: (stored) => new Float32Array(stored),
  F16: (stored) => Float32Array.from(new Uint16Array(stored), fromF16),
  BF16: (stored) => Float32Array.from(new Uint16Array(stored), fromBf16),
  I32: (stored) => new Int32Array(stored),
  U32: (stored) => new Uint32Array(stored),
  I64: (stored) => Float64Array.from(new BigInt64Array(stored), Number),
};
