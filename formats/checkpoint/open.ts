// A checkpoint on disk: model.safetensors, or the shards that model.safetensors.index.json names. Tensors are read by
// position, so no file is ever whole in memory.

import { createHash } from 'node:crypto';
import { hashAll } from '../../base/digest.ts';
import { failure, ReadError } from '../../base/read.ts';
import { openSafetensors, type SafetensorsFile } from '../safetensors/file.ts';
import { type HeaderEntry, HINT } from '../safetensors/header.ts';
import type { TensorSource } from '../safetensors/tensor.ts';
import { badIndex, weightFiles } from './shards.ts';

export interface CheckpointTensor extends TensorSource {
  readonly file: string;
}

/** A digest that was taken before, and the state that the weight files had then. */
export interface KnownDigest {
  readonly marks: string; // as `marksOf` gives them
  readonly sha256: string; // hex
}

export interface Checkpoint {
  readonly folder: string;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Tensors of a dtype that the engine does not compute with, such as I64 buffers: by name, their dtype and file. */
  readonly foreign: ReadonlyMap<string, { readonly dtype: string; readonly file: string }>;
  readonly bytes: number; // of all weight files together
  /**
   * Hex sha256 over the contents of the weight files, shards in the order of their names. All of it is read, unless the
   * files are in the state that `known` was taken in.
   */
  digest(known?: KnownDigest): Promise<string>;
  close(): Promise<void>;
}

/**
 * Opens the weights in `folder` and checks every header; the caller closes. Throws `bad-model` when the folder or its weights
 * are not there, and `bad-weights` with file and tensor when a file is damaged.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const { paths, agree } = await weightFiles(folder);
  const files: SafetensorsFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.splice(0).map((file) => file.close()));
  };
  try {
    const tensors = new Map<string, CheckpointTensor>();
    const foreign = new Map<string, { dtype: string; file: string }>();
    for (const path of paths) {
      const file = await openShard(path);
      files.push(file);
      for (const entry of file.entries) {
        const other = tensors.get(entry.name) ?? foreign.get(entry.name);
        if (other) throw badIndex(path, `is in ${other.file} too`, entry.name);
        if (entry.format === null) foreign.set(entry.name, { dtype: entry.dtype, file: path });
        else tensors.set(entry.name, source(file, entry, entry.format));
      }
    }
    agree(new Map<string, { readonly file: string }>([...tensors, ...foreign]));
    let digest: Promise<string> | undefined;
    return {
      folder,
      tensors,
      foreign,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      digest: (known) => {
        digest ??= digestOf(files, known);
        return digest;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function digestOf(files: readonly SafetensorsFile[], known: KnownDigest | undefined): Promise<string> {
  if (known !== undefined) {
    const marks: string[] = [];
    for (const file of files) marks.push(await file.mark());
    if (marks.join(' ') === known.marks) return known.sha256;
  }
  const hash = createHash('sha256');
  for (const file of files) await hashAll(hash, file.readRaw);
  return hash.digest('hex');
}

async function openShard(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(path);
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'kind') throw failure(error, 'bad-weights', path, HINT);
    throw failure(error, 'bad-model', path, 'download the model again; all of its shards must be in one folder');
  }
}

function source(file: SafetensorsFile, entry: HeaderEntry, format: TensorSource['format']): CheckpointTensor {
  const { name, shape } = entry;
  return { name, shape, format, file: file.path, read: (offset, into) => file.read(entry, offset, into) };
}
