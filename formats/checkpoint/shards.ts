// The weight files of a model folder: model.safetensors, or the shards that model.safetensors.index.json names.

import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { duplicateKey, isRecord } from '../../base/json.ts';
import { ggufAt } from '../gguf/find.ts';
import { shardPaths } from '../gguf/shards.ts';
import { badWeights, MAX_HEADER_BYTES, MAX_TENSORS, shown } from '../safetensors/header.ts';
import { fileSize, parseJson, readText, requireModelFolder } from './folder.ts';
import { otherFormat } from './other-formats.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
/** Every shard stays open while the checkpoint is: the usual limit of a process is 1024 files. */
const MAX_SHARDS = 512;
/** A name and a shard are two values at most; the rest is for an index's own notes. */
const MAX_INDEX_VALUES = 4 * MAX_TENSORS;

/** The weight files of a folder. */
export interface WeightFiles {
  readonly paths: readonly string[]; // by name; the digest of the weights is over their contents in this order
  /** Throws `bad-weights` unless the index, where there is one, names every tensor of its shards, each in its place. */
  agree(tensors: ReadonlyMap<string, { readonly file: string }>): void;
}

/** Throws `bad-model` when the folder or its weights are not there, `bad-weights` where the index is damaged. */
export async function weightFiles(folder: string): Promise<WeightFiles> {
  const gguf = await ggufAt(folder);
  if (gguf !== null) return { paths: shardPaths(gguf), agree: () => {} };
  await requireModelFolder(folder);
  if ((await fileSize(join(folder, SINGLE))) !== null) return { paths: [join(folder, SINGLE)], agree: () => {} };
  const index = await readIndex(folder);
  const paths = [...new Set(index.values())].sort().map((name) => join(folder, name));
  return { paths, agree: (tensors) => requireAgreement(folder, index, tensors) };
}

/** The files are sound one by one, and do not belong together. */
export function badIndex(file: string, message: string, tensor?: string): BenchError {
  const about = tensor === undefined ? '' : `tensor ${shown(tensor)}: `;
  return new BenchError('bad-weights', about + message, {
    where: file,
    hint: 'the index and the shards come from different models or versions: download all of them again from one place',
  });
}

function requireAgreement(
  folder: string,
  index: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, { readonly file: string }>,
): void {
  for (const [name, shard] of index) {
    if (tensors.get(name)?.file !== join(folder, shard)) {
      throw badIndex(join(folder, INDEX), `the index places it in ${shown(shard)}, which does not have it`, name);
    }
  }
  for (const [name, { file }] of tensors) {
    if (!index.has(name)) throw badIndex(file, `the shard has it, and ${INDEX} does not name it`, name);
  }
}

/** Tensor name -> shard, from the index. A shard is a plain file name: an index cannot lead out of the folder. */
async function readIndex(folder: string): Promise<ReadonlyMap<string, string>> {
  const path = join(folder, INDEX);
  if ((await fileSize(path)) === null) throw await withoutWeights(folder);
  const text = await readText(path, MAX_HEADER_BYTES);
  const parsed = parseJson(text, path, MAX_INDEX_VALUES);
  const twice = duplicateKey(text);
  if (twice !== null) throw badIndex(path, `the index names ${shown(twice)} twice`);
  const map = isRecord(parsed) ? parsed.weight_map : undefined;
  if (!isRecord(map)) throw badWeights(path, 'weight_map is not an object');
  const shards = new Map<string, string>();
  for (const [name, file] of Object.entries(map)) {
    if (typeof file !== 'string' || !/^[^/\\:\0]+\.safetensors$/.test(file)) {
      const said = typeof file === 'string' ? file : (JSON.stringify(file) ?? '');
      throw badWeights(path, `its shard ${shown(said)} is not the name of a .safetensors file in this folder`, name);
    }
    shards.set(name, file);
  }
  const files = new Set(shards.values()).size;
  if (files === 0 || files > MAX_SHARDS) {
    throw badWeights(path, `the index names ${files} shards, and 1 to ${MAX_SHARDS} are allowed`);
  }
  return shards;
}

async function withoutWeights(folder: string): Promise<BenchError> {
  return (
    (await otherFormat(folder)) ??
    new BenchError('bad-model', `the folder has neither ${SINGLE} nor ${INDEX}`, {
      where: folder,
      hint: 'only safetensors weights are read: save the model with safe_serialization=True',
    })
  );
}
