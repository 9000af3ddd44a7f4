// A checkpoint whose files are open: its tensors by name, whatever format they are stored in, and the digest of its files.

import { createHash } from 'node:crypto';
import { hashAll } from '../../base/digest.ts';
import type { TensorSource } from '../tensors/tensor.ts';

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

/** What the digest of a weight file takes. */
interface Digested {
  /** Bytes of the file, whatever they mean. Gives the number that was read, 0 at the end. */
  readRaw(into: Uint8Array, position: number): Promise<number>;
  mark(): Promise<string>;
}

/** Hex sha256 over the files in their order, or what is known of files in the same state. */
export async function digestOfFiles(files: readonly Digested[], known: KnownDigest | undefined): Promise<string> {
  if (known !== undefined) {
    const marks: string[] = [];
    for (const file of files) marks.push(await file.mark());
    if (marks.join(' ') === known.marks) return known.sha256;
  }
  const hash = createHash('sha256');
  for (const file of files) await hashAll(hash, file.readRaw);
  return hash.digest('hex');
}
