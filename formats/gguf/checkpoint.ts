// A GGUF as the checkpoint that it was made from: tensors under their Hugging Face names, rows of queries and keys in the
// order of a RoPE that rotates halves, and a config.json of its metadata.

import { failure, ReadError } from '../../base/read.ts';
import { type Checkpoint, type CheckpointTensor, digestOfFiles } from '../checkpoint/checkpoint.ts';
import { shown } from '../safetensors/header.ts';
import { BYTES } from '../tensors/numbers.ts';
import { BLOCK_FORMATS, type Format } from '../tensors/tensor.ts';
import { architectureOf, configOf } from './config.ts';
import { type GgufFile, openGguf } from './file.ts';
import { badGguf, type GgufTensor, HINT } from './header.ts';
import { checkpointName, headRows } from './names.ts';
import { shardPaths } from './shards.ts';

/** Inverse frequencies of a RoPE that is stretched: one for each pair of dimensions. */
const FACTORS = 'rope_freqs.weight';
const MAX_FACTORS = 1024;

const FORMATS: Readonly<Record<string, Format>> = {
  ...{ F32: 'f32', F16: 'f16', BF16: 'bf16' },
  ...Object.fromEntries(BLOCK_FORMATS.map((format) => [format.toUpperCase(), format])),
};

/** A checkpoint with what a model folder has beside it in files. */
export interface GgufCheckpoint extends Checkpoint {
  readonly config: Readonly<Record<string, unknown>>; // as config.json has it
  readonly header: GgufFile; // of the first shard: with the tokenizer
}

/**
 * Opens the file, and the shards that its name belongs to; the caller closes. Throws `bad-model` where one is not there,
 * `bad-weights` where one is damaged, and `unsupported-model` for an architecture or a setting that the engine does not have.
 */
export async function openGgufCheckpoint(path: string): Promise<GgufCheckpoint> {
  const files: GgufFile[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.splice(0).map((file) => file.close()));
  };
  try {
    for (const shard of shardPaths(path)) files.push(await openShard(shard));
    const [first] = files as [GgufFile, ...GgufFile[]];
    requireShards(files);
    const all = new Map<string, { readonly file: GgufFile; readonly tensor: GgufTensor }>();
    for (const file of files) {
      for (const tensor of file.tensors) {
        const other = all.get(tensor.name);
        if (other) throw badGguf(file.path, `is in ${other.file.path} too`, `tensor ${shown(tensor.name)}`);
        all.set(tensor.name, { file, tensor });
      }
    }
    const { pairedRows } = architectureOf(first, first.path);
    const whole = { ...first, tensors: [...all.values()].map(({ tensor }) => tensor) };
    const config = configOf(whole, await factorsOf(all.get(FACTORS)), first.path);
    const headSize = typeof config.head_dim === 'number' ? config.head_dim : 0;
    const tensors = new Map<string, CheckpointTensor>();
    const foreign = new Map<string, { dtype: string; file: string }>();
    for (const { file, tensor } of all.values()) {
      if (tensor.name === FACTORS) continue;
      const name = checkpointName(tensor.name);
      const format = FORMATS[tensor.type.name];
      if (format === undefined) foreign.set(name, { dtype: tensor.type.name, file: file.path });
      else {
        const paired = pairedRows && headRows(tensor.name) !== null;
        tensors.set(name, source(file, tensor, { name, format, headSize: paired ? headSize : 0 }));
      }
    }
    let digest: Promise<string> | undefined;
    return {
      folder: path,
      tensors,
      foreign,
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      digest: (known) => {
        digest ??= digestOfFiles(files, known);
        return digest;
      },
      close,
      config,
      header: first,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openShard(path: string): Promise<GgufFile> {
  try {
    return await openGguf(path);
  } catch (error) {
    if (error instanceof ReadError && error.problem === 'kind') throw failure(error, 'bad-weights', path, HINT);
    throw failure(error, 'bad-model', path, 'download the model again; all of its shards must be in one folder');
  }
}

/** As many shards as the first one says, each in its place. */
function requireShards(files: readonly GgufFile[]): void {
  files.forEach(({ path, metadata }, k) => {
    const [number, count] = [metadata.get('split.no') ?? k, metadata.get('split.count') ?? files.length];
    if (number === k && (count === files.length || (count === 0 && files.length === 1))) return;
    const said = `is shard ${Number(number) + 1} of ${String(count)}, and is used as ${k + 1} of ${files.length}`;
    throw badGguf(path, said, 'split.no');
  });
}

async function factorsOf(found: { file: GgufFile; tensor: GgufTensor } | undefined): Promise<readonly number[] | null> {
  if (found === undefined) return null;
  const { file, tensor } = found;
  const [size = 0, ...more] = tensor.shape;
  if (tensor.type.name !== 'F32' || more.length > 0 || size > MAX_FACTORS) {
    throw badGguf(file.path, `must be a list of at most ${MAX_FACTORS} F32 numbers`, `tensor ${FACTORS}`);
  }
  const bytes = new Uint8Array(4 * size);
  await file.read(tensor, 0, bytes);
  return Array.from(new Float32Array(bytes.buffer));
}

interface Named {
  readonly name: string;
  readonly format: Format;
  readonly headSize: number; // of paired rows; 0: rows are in their order
}

function source(file: GgufFile, tensor: GgufTensor, { name, format, headSize }: Named): CheckpointTensor {
  const { shape } = tensor;
  const plain = (offset: number, into: Uint8Array) => file.read(tensor, offset, into);
  if (headSize === 0) return { name, shape, format, file: file.path, read: plain };
  const rows = shape[0]!;
  if (rows % headSize !== 0 || headSize % 2 !== 0) {
    throw badGguf(file.path, `has ${rows} rows, no whole heads of ${headSize}`, `tensor ${shown(tensor.name)}`);
  }
  const rowBytes = shape.slice(1).reduce((product, n) => product * n, BYTES[format]);
  const read = unpaired(plain, rowBytes, headSize);
  return { name, shape, format, file: file.path, read };
}

/** Row 2i + s of a stored head is row s headSize/2 + i of ours. Reads whole heads, and keeps the last one. */
function unpaired(read: CheckpointTensor['read'], rowBytes: number, headSize: number): CheckpointTensor['read'] {
  const headBytes = headSize * rowBytes;
  const stored = new Uint8Array(headBytes);
  const ordered = new Uint8Array(headBytes);
  let held = -1;
  return async (offset, into) => {
    for (let done = 0; done < into.length; ) {
      const at = offset + done;
      const head = Math.floor(at / headBytes);
      if (head !== held) {
        held = -1;
        await read(head * headBytes, stored);
        for (let row = 0; row < headSize; row++) {
          const from = row < headSize / 2 ? 2 * row : 2 * (row - headSize / 2) + 1;
          ordered.set(stored.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
        }
        held = head;
      }
      const from = at - head * headBytes;
      const piece = ordered.subarray(from, Math.min(headBytes, from + into.length - done));
      into.set(piece, done);
      done += piece.length;
    }
  };
}
