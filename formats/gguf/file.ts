// One GGUF file on disk, opened for reading: its header, and the bytes of its tensors by position.

import { markOf } from '../../base/digest.ts';
import { failure, isPointer, openFile, pointerError, ReadError, readFull } from '../../base/read.ts';
import { badGguf, type GgufHeader, type GgufTensor, HINT, MAX_HEADER_BYTES, NeedMore, parseHeader } from './header.ts';

/** Bytes that are read at first; the header of most models takes 1 to 16 MB. */
const FIRST_BYTES = 2 ** 21;

/** An open file: whoever opened it closes it. */
export interface GgufFile extends GgufHeader {
  readonly path: string;
  readonly bytes: number; // of the whole file
  /** Fills `into` with the bytes from `offset` of the tensor's data. Throws `bad-weights` outside of it, or where the file ends. */
  read(tensor: GgufTensor, offset: number, into: Uint8Array): Promise<void>;
  /** Bytes of the file, whatever they mean: for its digest. Gives the number that was read, 0 at the end. */
  readRaw(into: Uint8Array, position: number): Promise<number>;
  /** The file's state: as `markOf` gives it. */
  mark(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the file and checks its header. Throws ReadError where there is no such file or it cannot be opened, `bad-weights`
 * where it is damaged, and `unsupported-model` where it is of a version or byte order that is not read.
 */
export async function openGguf(path: string): Promise<GgufFile> {
  const { file, bytes } = await openFile(path);
  const fill = async (into: Uint8Array, start: number, about?: string): Promise<void> => {
    try {
      await readFull(file, into, start);
    } catch (error) {
      throw error instanceof ReadError ? badGguf(path, error.message, about) : error;
    }
  };
  const header = async (): Promise<GgufHeader> => {
    for (let wanted = FIRST_BYTES; ; ) {
      const head = new Uint8Array(Math.min(wanted, bytes));
      await fill(head, 0);
      if (isPointer(head)) throw failure(pointerError(), 'bad-weights', path, HINT);
      try {
        return parseHeader(head, bytes, path);
      } catch (error) {
        if (!(error instanceof NeedMore)) throw error;
        // At least twice as much each time, so that a long header is not read over and over.
        wanted = Math.min(MAX_HEADER_BYTES, Math.max(error.bytes, 4 * wanted));
      }
    }
  };
  try {
    return {
      ...(await header()),
      path,
      bytes,
      async read(tensor, offset, into) {
        const { name, begin, end } = tensor;
        if (offset < 0 || offset + into.length > end - begin) {
          const asked = `bytes ${offset} to ${offset + into.length} of its ${end - begin} were asked for`;
          throw badGguf(path, asked, `tensor ${name}`);
        }
        await fill(into, begin + offset, `tensor ${name}`);
      },
      readRaw: async (into, position) => (await file.read(into, 0, into.length, position)).bytesRead,
      mark: async () => markOf(await file.stat({ bigint: true })),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}
