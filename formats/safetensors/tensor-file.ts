// Small safetensors files of our own: written whole or not at all, and read with every length checked before it is used.

import { randomBytes } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { isRecord } from '../../base/json.ts';
import { failure } from '../../base/read.ts';
import { openSafetensors, readNumbers, type SafetensorsFile } from './file.ts';
import { type HeaderEntry, HINT, shown } from './header.ts';

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

/** Writes to a temporary file in the same folder and renames it to `file`. Throws `unwritable` with the path. */
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
  /** Sees every tensor's name and shape before memory is allocated for one; what it throws is thrown. */
  readonly check?: (entries: readonly HeaderEntry[], metadata: TensorFile['metadata']) => void;
}

/** Reads a file of one dtype whole. Throws `code` with the file, the tensor and the reason; `hint` says what to do. */
export async function readTensors(file: string, { dtype, code, hint, check }: Wanted): Promise<TensorFile> {
  const fail = (message: string, cause?: unknown): BenchError =>
    new BenchError(code, message, { where: file, hint, cause });
  try {
    const opened = await openSafetensors(file);
    try {
      if (opened.bytes > MAX_FILE_BYTES) throw fail(`the file has ${opened.bytes} bytes`);
      const metadata = metadataOf(opened.metadata, fail);
      check?.(opened.entries, metadata);
      const tensors = new Map<string, Tensor>();
      for (const entry of opened.entries) tensors.set(entry.name, await tensorOf(opened, entry, dtype, fail));
      return { metadata, tensors };
    } finally {
      await opened.close();
    }
  } catch (error) {
    if (error instanceof BenchError && error.code === 'bad-weights') {
      throw new BenchError(code, error.message, {
        where: file,
        hint: error.hint === HINT ? hint : (error.hint ?? hint),
        cause: error,
      });
    }
    throw failure(error, code, file, hint);
  }
}

async function tensorOf(
  file: SafetensorsFile,
  entry: HeaderEntry,
  dtype: Tensor['dtype'],
  fail: (message: string) => BenchError,
): Promise<Tensor> {
  const { name, dtype: found, format, shape, begin, end } = entry;
  if (dtype === 'F32' ? format === null : found !== dtype)
    throw fail(`tensor ${shown(name)} is ${found}, and ${dtype} is expected`);
  if (end - begin > MAX_TENSOR_BYTES) {
    throw fail(`tensor ${shown(name)} has ${end - begin} bytes, and ${MAX_TENSOR_BYTES} are allowed`);
  }
  return { dtype, shape, data: (await readNumbers(file, entry)) as Tensor['data'] };
}

function metadataOf(metadata: unknown, fail: (message: string) => BenchError): Readonly<Record<string, string>> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw fail('its __metadata__ is not a map of strings');
  }
  return metadata as Record<string, string>;
}
