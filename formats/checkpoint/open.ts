// A checkpoint on disk: model.safetensors, or the shards that model.safetensors.index.json names. Tensors are read by
// position, so no file is ever whole in memory.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { digestFiles } from '../../base/digest.ts';
import { BenchError } from '../../base/error.ts';
import { duplicateKey } from '../../base/json.ts';
import {
  badWeights,
  type HeaderEntry,
  headerLength,
  MAX_HEADER_BYTES,
  parseHeader,
  shown,
} from '../safetensors/header.ts';
import type { TensorSource } from '../safetensors/tensor.ts';
import { fileSize, parseJson, readText, requireModelFolder } from './folder.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** Every shard stays open while the checkpoint is: the usual limit of a process is 1024 files. */
const MAX_SHARDS = 512;

export interface CheckpointTensor extends TensorSource {
  readonly file: string;
}

export interface Checkpoint {
  readonly folder: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Tensors of a dtype that the engine does not compute with, such as I64 buffers: by name, their dtype and file. */
  readonly foreign: ReadonlyMap<string, { readonly dtype: string; readonly file: string }>;
  readonly bytes: number; // of all weight files together
  /** Hex sha256 over the contents of the weight files, shards in the order of their names. */
  digest(): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the weights in `folder` and checks every header. Throws `bad-model` when the folder or its weights are not
 * there, and `bad-weights` with file and tensor when a file is damaged.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  await requireModelFolder(folder);
  const index = (await fileSize(join(folder, SINGLE))) === null ? await readIndex(folder) : null;
  const names = index === null ? [SINGLE] : [...new Set(index.values())].sort();
  const files: FileHandle[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.splice(0).map((file) => file.close()));
  };
  try {
    const tensors = new Map<string, CheckpointTensor>();
    const foreign = new Map<string, { dtype: string; file: string }>();
    let bytes = 0;
    for (const name of names) {
      const path = join(folder, name);
      const file = await openFile(path);
      files.push(file);
      const { entries, dataStart, fileBytes } = await readHeader(file, path);
      bytes += fileBytes;
      for (const entry of entries) {
        const other = tensors.get(entry.name) ?? foreign.get(entry.name);
        if (other) throw badIndex(path, `is in ${other.file} too`, entry.name);
        if (entry.format === null) foreign.set(entry.name, { dtype: entry.dtype, file: path });
        else tensors.set(entry.name, source(file, path, dataStart, entry, entry.format));
      }
    }
    if (index !== null) agree(folder, index, new Map<string, { readonly file: string }>([...tensors, ...foreign]));
    let digest: Promise<string> | undefined;
    return {
      folder,
      tensors,
      foreign,
      bytes,
      digest: () => {
        digest ??= digestFiles(files);
        return digest;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws unless the index names every tensor of its shards, each in its place. */
function agree(
  folder: string,
  index: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, { readonly file: string }>,
): void {
  for (const [name, shard] of index) {
    if (tensors.get(name)?.file !== join(folder, shard)) {
      throw badIndex(join(folder, INDEX), `the index places it in ${shown(shard)}, which does not hold it`, name);
    }
  }
  for (const [name, { file }] of tensors) {
    if (!index.has(name)) throw badIndex(file, `the shard holds it, and ${INDEX} does not name it`, name);
  }
}

/** The files are sound one by one, and do not belong together. */
function badIndex(file: string, message: string, tensor?: string): BenchError {
  const about = tensor === undefined ? '' : `tensor ${shown(tensor)}: `;
  return new BenchError('bad-weights', about + message, {
    where: file,
    hint: 'the index and the shards come from different models or versions: download all of them again from one place',
  });
}

async function openFile(path: string): Promise<FileHandle> {
  // Before it is opened: a pipe would never answer.
  const info = await stat(path).catch(() => null);
  if (info !== null && !info.isFile()) throw badWeights(path, 'this is a folder or a device, and no file');
  try {
    return await open(path, 'r');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new BenchError('bad-model', code === 'ENOENT' ? 'the file is missing' : `cannot be opened (${code})`, {
      where: path,
      hint: 'download the model again; all of its shards must lie in one folder',
      cause: error,
    });
  }
}

async function readHeader(
  file: FileHandle,
  path: string,
): Promise<{ entries: readonly HeaderEntry[]; dataStart: number; fileBytes: number }> {
  const info = await file.stat();
  if (!info.isFile()) throw badWeights(path, 'this is a folder or a device, and no file');
  const fileBytes = info.size;
  if (fileBytes < 8) throw badWeights(path, `the file has ${fileBytes} bytes, and the header's length alone takes 8`);
  const first = new Uint8Array(8);
  await readFully(file, first, 0, path);
  const length = headerLength(first, fileBytes, path);
  const header = new Uint8Array(length);
  await readFully(file, header, 8, path);
  const dataStart = 8 + length;
  return { entries: parseHeader(header, fileBytes - dataStart, path), dataStart, fileBytes };
}

function source(
  file: FileHandle,
  path: string,
  dataStart: number,
  { name, shape, begin, end }: HeaderEntry,
  format: TensorSource['format'],
): CheckpointTensor {
  return {
    name,
    shape,
    format,
    file: path,
    async read(offset, into) {
      if (offset < 0 || offset + into.length > end - begin) {
        throw badWeights(path, `bytes ${offset} to ${offset + into.length} of its ${end - begin} were asked for`, name);
      }
      await readFully(file, into, dataStart + begin + offset, path, name);
    },
  };
}

async function readFully(
  file: FileHandle,
  into: Uint8Array,
  start: number,
  path: string,
  name?: string,
): Promise<void> {
  for (let filled = 0; filled < into.length; ) {
    const { bytesRead } = await file.read(into, filled, into.length - filled, start + filled);
    if (bytesRead === 0) throw badWeights(path, `the file ends at byte ${start + filled}`, name);
    filled += bytesRead;
  }
}

/** Tensor name -> shard, from the index. A shard is a plain file name: an index cannot lead out of the folder. */
async function readIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, INDEX);
  if ((await fileSize(path)) === null) {
    throw new BenchError('bad-model', `the folder has neither ${SINGLE} nor ${INDEX}`, {
      where: folder,
      hint: 'only safetensors weights are read: save the model with safe_serialization=True',
    });
  }
  const text = await readText(path, MAX_HEADER_BYTES);
  const parsed = parseJson(text, path);
  const twice = duplicateKey(text);
  if (twice !== null) throw badIndex(path, `the index names ${shown(twice)} twice`);
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw badWeights(path, 'weight_map is no object');
  const shards = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\:\0]+\.safetensors$/.test(file)) {
      throw badWeights(path, `its shard ${shown(String(file))} is no name of a .safetensors file in this folder`, name);
    }
    shards.set(name, file);
  }
  const files = new Set(shards.values()).size;
  if (files === 0 || files > MAX_SHARDS) {
    throw badWeights(path, `the index names ${files} shards, and 1 to ${MAX_SHARDS} are allowed`);
  }
  return shards;
}
