// Small safetensors files of our own: written whole or not at all, and read with every length checked before it is used.

import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { type HeaderEntry, headerLength, parseHeader, shown } from './header.ts';
import { fromBf16, fromF16 } from './numbers.ts';

/** Beyond it a file is no mask, no statistics and no adapter of a model that the engine runs. */
const MAX_FILE_BYTES = 16 * 2 ** 30;
/** Node reads no more at once; the bits of a matrix of 2^34 weights. */
const MAX_TENSOR_BYTES = 2 ** 31 - 1;

export interface Tensor {
  readonly dtype: 'U32' | 'F64' | 'F32';
  readonly shape: readonly number[];
  readonly data: Uint32Array | Float64Array | Float32Array;
}

export interface TensorFile {
  readonly metadata: Readonly<Record<string, string>>;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** The file's bytes in pieces: header, then tensors in their order. Little-endian, as all of ours are. */
function* pieces({ metadata, tensors }: TensorFile): Generator<Uint8Array> {
  const header: Record<string, unknown> = { __metadata__: metadata };
  let begin = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [begin, begin + data.byteLength] };
    begin += data.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = Buffer.from(text + ' '.repeat((8 - (Buffer.byteLength(text) % 8)) % 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  yield length;
  yield padded;
  for (const { data } of tensors.values()) yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** The bytes of a whole file. */
export function tensorBytes(content: TensorFile): Uint8Array {
  return Buffer.concat([...pieces(content)]);
}

/** Writes beside `file` and renames over it. Throws `unwritable` with the path. */
export async function writeTensors(file: string, content: TensorFile): Promise<void> {
  const aside = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    const handle = await open(aside, 'wx');
    try {
      for (const piece of pieces(content)) await handle.writeFile(piece);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true }).catch(() => undefined);
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new BenchError('unwritable', `the file cannot be written (${code || message})`, {
      where: file,
      hint: 'choose another path, or make room on the disk',
      cause: error,
    });
  }
}

interface Wanted {
  readonly dtype: Tensor['dtype']; // F32 takes F16 and BF16 too, widened
  readonly code: string;
  readonly hint: string;
  /** Sees every tensor's name and shape before memory is set aside for one; what it throws is thrown. */
  readonly check?: (entries: readonly HeaderEntry[], metadata: TensorFile['metadata']) => void;
}

/** Reads a file of one dtype whole. Throws `code` with the file, the tensor and the reason; `hint` says what to do. */
export async function readTensors(file: string, { dtype, code, hint, check }: Wanted): Promise<TensorFile> {
  const fail = (message: string, cause?: unknown): BenchError =>
    new BenchError(code, message, { where: file, hint, cause });
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw fail(error.code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${error.code})`, error);
  });
  try {
    const info = await handle.stat();
    if (!info.isFile()) throw fail('this is a folder or a device, and no file');
    if (info.size < 8 || info.size > MAX_FILE_BYTES) throw fail(`the file has ${info.size} bytes`);
    const read = async (at: number, bytes: number): Promise<Uint8Array> => {
      const into = new Uint8Array(bytes);
      for (let done = 0; done < bytes; ) {
        const { bytesRead } = await handle.read(into, done, bytes - done, at + done);
        if (bytesRead === 0) throw fail('the file ends before its last tensor');
        done += bytesRead;
      }
      return into;
    };
    try {
      const length = headerLength(await read(0, 8), info.size, file);
      const header = await read(8, length);
      const entries = parseHeader(header, info.size - 8 - length, file);
      const metadata = metadataOf(header, fail);
      check?.(entries, metadata);
      const tensors = new Map<string, Tensor>();
      for (const entry of entries) tensors.set(entry.name, await tensorOf(entry, dtype, read, 8 + length, fail));
      return { metadata, tensors };
    } catch (error) {
      if (error instanceof BenchError && error.code === 'bad-weights') throw fail(error.message, error);
      throw error;
    }
  } finally {
    await handle.close();
  }
}

async function tensorOf(
  { name, dtype: found, format, shape, begin, end }: HeaderEntry,
  dtype: Tensor['dtype'],
  read: (at: number, bytes: number) => Promise<Uint8Array>,
  start: number,
  fail: (message: string) => BenchError,
): Promise<Tensor> {
  if (dtype === 'F32' ? format === null : found !== dtype)
    throw fail(`tensor ${shown(name)} is ${found}, and ${dtype} is expected`);
  if (end - begin > MAX_TENSOR_BYTES) {
    throw fail(`tensor ${shown(name)} has ${end - begin} bytes, and ${MAX_TENSOR_BYTES} are allowed`);
  }
  const bytes = await read(start + begin, end - begin);
  return { dtype, shape, data: dataOf(bytes, format === null || format === 'f32' ? dtype : format) };
}

function dataOf({ buffer }: Uint8Array, dtype: Tensor['dtype'] | 'f16' | 'bf16'): Tensor['data'] {
  if (dtype === 'U32') return new Uint32Array(buffer);
  if (dtype === 'F64') return new Float64Array(buffer);
  if (dtype === 'F32') return new Float32Array(buffer);
  return Float32Array.from(new Uint16Array(buffer), dtype === 'f16' ? fromF16 : fromBf16);
}

function metadataOf(header: Uint8Array, fail: (message: string) => BenchError): Readonly<Record<string, string>> {
  const { __metadata__: metadata = {} } = JSON.parse(new TextDecoder().decode(header)) as { __metadata__?: unknown };
  const whole = typeof metadata === 'object' && metadata !== null && !Array.isArray(metadata);
  if (!whole || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw fail('its __metadata__ is no map of texts');
  }
  return metadata as Record<string, string>;
}
