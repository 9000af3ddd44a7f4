// A checkpoint on disk: model.safetensors, or the shards that model.safetensors.index.json names. Tensors are read by
// position, so no file is ever whole in memory.

import { failure, ReadError } from '../../base/read.ts';
import { openGgufCheckpoint } from '../gguf/checkpoint.ts';
import { ggufAt } from '../gguf/find.ts';
import { openSafetensors, type SafetensorsFile } from '../safetensors/file.ts';
import { type HeaderEntry, HINT } from '../safetensors/header.ts';
import type { Format } from '../tensors/tensor.ts';
import { type Checkpoint, type CheckpointTensor, digestOfFiles } from './checkpoint.ts';
import { badIndex, weightFiles } from './shards.ts';

/**
 * Opens the weights in `folder`, or a GGUF, and checks every header; the caller closes. Throws `bad-model` when the folder or its weights
 * are not there, and `bad-weights` with file and tensor when a file is damaged.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const gguf = await ggufAt(folder);
  if (gguf !== null) return openGgufCheckpoint(gguf);
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
        digest ??= digestOfFiles(files, known);
        return digest;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openShard(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(path);
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'kind') throw failure(error, 'bad-weights', path, HINT);
    throw failure(error, 'bad-model', path, 'download the model again; all of its shards must be in one folder');
  }
}

function source(file: SafetensorsFile, entry: HeaderEntry, format: Format): CheckpointTensor {
  const { name, shape } = entry;
  return { name, shape, format, file: file.path, read: (offset, into) => file.read(entry, offset, into) };
}
