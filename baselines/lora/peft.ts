// Adapters in PEFT's layout: a folder with adapter_config.json and adapter_model.safetensors, whose tensors are
// base_model.model.<module>.lora_A.weight [rank, in] and lora_B.weight [out, rank]. Read as hostile input.

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { FAMILIES } from '../../formats/checkpoint/families.ts';
import { MAX_CONFIG_BYTES, readJson } from '../../formats/checkpoint/folder.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import { type HeaderEntry, shown } from '../../formats/safetensors/header.ts';
import { readTensors, type Tensor, type TensorFile, tensorBytes } from '../../formats/safetensors/tensor-file.ts';
import type { Adapter } from '../../gpu/index.ts';
import type { Artefact } from '../../harness/method/method.ts';
import { type PeftScale, peftConfig, readPeftConfig } from './peft-config.ts';
import { unapplied } from './unapplied.ts';

export const CONFIG = 'adapter_config.json';
export const WEIGHTS = 'adapter_model.safetensors';
const CODE = 'bad-adapter';
const ROOT = 'base_model.model.';
/** Our own entry in the metadata of the weights: which model they were trained on. */
const MODEL = 'model_sha256';

/** The model that an adapter is read or written for. */
export interface AdapterModel {
  readonly matrices: readonly MatrixInfo[];
  readonly family: string; // of its Spec
  readonly weights: string; // digest of its weight files
}

type Tensors = Adapter['tensors'];

/** Throws `bad-adapter` for a folder that is none, is damaged, was made for another model or needs more than LoRA. */
export async function readAdapter(folder: string, model: AdapterModel): Promise<Adapter> {
  const scale = await readConfig(folder);
  const tensors = await readAdapterTensors(join(folder, WEIGHTS), model, scale.rank);
  return { id: adapterId({ ...scale, tensors }), ...scale, tensors };
}

async function readConfig(folder: string): Promise<PeftScale> {
  const file = join(folder, CONFIG);
  if ((await stat(file).catch(() => null)) === null) {
    throw new BenchError(CODE, `there is no ${CONFIG}`, {
      where: folder,
      hint: `an adapter is a folder with ${CONFIG} and ${WEIGHTS}, as PEFT saves it`,
    });
  }
  const value = await readJson(file, MAX_CONFIG_BYTES).catch((error: unknown) => {
    throw new BenchError(CODE, (error as Error).message, { where: file, hint: 'save the adapter again', cause: error });
  });
  return readPeftConfig(value, file);
}

/** The pairs of one file of weights, by the names of the weights that they update. Throws `bad-adapter`. */
export async function readAdapterTensors(file: string, model: AdapterModel, rank: number): Promise<Tensors> {
  const fail = (message: string, hint = 'the adapter was trained for another model: name that one'): BenchError =>
    new BenchError(CODE, message, { where: file, hint });
  const places = placesOf(model);
  const check = (entries: readonly HeaderEntry[], metadata: TensorFile['metadata']): void => {
    if (metadata[MODEL] !== undefined && metadata[MODEL] !== model.weights) {
      throw fail(`it was trained on weights ${shown(metadata[MODEL])}, and these are ${model.weights}`);
    }
    const found = new Set(entries.map(({ name }) => name));
    const others = entries.filter(({ name, begin, end }) => !places.has(name) && begin < end);
    if (others.length > 0) {
      throw unapplied(
        others.map(({ name }) => name),
        ROOT,
        model.family,
        file,
      );
    }
    for (const { name, shape } of entries) {
      const place = places.get(name);
      if (place === undefined) continue; // an empty tensor: it updates nothing
      const { info, side } = place;
      const wanted = side === 'a' ? [rank, info.columns] : [info.rows, rank];
      if (shape.length !== 2 || shape[0] !== wanted[0] || shape[1] !== wanted[1]) {
        throw fail(
          `tensor ${shown(name)} is [${shape.join(', ')}], and rank ${rank} here takes [${wanted.join(', ')}]`,
        );
      }
      const other = nameOf(info, model, side === 'a' ? 'b' : 'a');
      if (!found.has(other)) throw fail(`tensor ${shown(other)} is missing`, 'save the adapter again');
    }
    if (entries.length === 0) throw fail('it has no tensors', 'save the adapter again');
  };
  const hint = 'save the adapter again, with safe_serialization=True';
  const { tensors } = await readTensors(file, { dtype: 'F32', code: CODE, hint, check });
  for (const [name, { data }] of tensors) {
    if (!(data as Float32Array).every(Number.isFinite)) {
      throw fail(`tensor ${shown(name)} has a value that is not finite`, 'its training diverged, or it is damaged');
    }
  }
  const valuesOf = (name: string): Float32Array => tensors.get(name)?.data as Float32Array;
  return new Map(
    model.matrices
      .filter((info) => tensors.has(nameOf(info, model, 'a')))
      .map((info) => [info.name, { a: valuesOf(nameOf(info, model, 'a')), b: valuesOf(nameOf(info, model, 'b')) }]),
  );
}

/** The two files of an adapter. `base`: the base model that PEFT loads. */
export function adapterFiles(
  { rank, alpha, tensors }: Pick<Adapter, 'rank' | 'alpha' | 'tensors'>,
  model: AdapterModel,
  { base = null, dropout = 0 }: { readonly base?: string | null; readonly dropout?: number } = {},
): readonly Artefact[] {
  const infos = model.matrices.filter(({ name }) => tensors.has(name));
  const stored = new Map<string, Tensor>();
  for (const info of infos) {
    const { a, b } = tensors.get(info.name)!;
    stored.set(nameOf(info, model, 'a'), { dtype: 'F32', shape: [rank, info.columns], data: a });
    stored.set(nameOf(info, model, 'b'), { dtype: 'F32', shape: [info.rows, rank], data: b });
  }
  const transposed = FAMILIES[model.family]?.names.transposed === true;
  const config = peftConfig({ rank, alpha, dropout, targets: targetModules(infos, model), base, transposed });
  return [
    { name: CONFIG, bytes: Buffer.from(`${JSON.stringify(config, null, 2)}\n`) },
    { name: WEIGHTS, bytes: tensorBytes({ metadata: { format: 'pt', [MODEL]: model.weights }, tensors: stored }) },
  ];
}

/** sha256 over scale, names and values, hex. */
export function adapterId({ rank, alpha, tensors }: Pick<Adapter, 'rank' | 'alpha' | 'tensors'>): string {
  const hash = createHash('sha256').update(`lora ${rank} ${alpha}\n`);
  for (const [name, { a, b }] of [...tensors].sort(([x], [y]) => (x < y ? -1 : 1))) {
    hash.update(`${name} ${a.length} ${b.length}\n`);
    for (const { buffer, byteOffset, byteLength } of [a, b])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  return hash.digest('hex');
}

/** What transformers calls the module of a weight; some checkpoints leave the prefix out of their names. */
function moduleOf({ name }: MatrixInfo, { family }: AdapterModel): string {
  const module = name.replace(/\.weight$/, '');
  const prefix = FAMILIES[family]?.names.prefix ?? '';
  return module.startsWith(prefix) ? module : prefix + module;
}

function nameOf(info: MatrixInfo, model: AdapterModel, side: 'a' | 'b'): string {
  return `${ROOT}${moduleOf(info, model)}.lora_${side.toUpperCase()}.weight`;
}

function placesOf(model: AdapterModel): ReadonlyMap<string, { readonly info: MatrixInfo; readonly side: 'a' | 'b' }> {
  return new Map(
    model.matrices.flatMap((info) => (['a', 'b'] as const).map((side) => [nameOf(info, model, side), { info, side }])),
  );
}

/** The shortest ends of module names that stand for these matrices and for no others of the model, as PEFT matches them. */
function targetModules(infos: readonly MatrixInfo[], model: AdapterModel): readonly string[] {
  const updated = new Set(infos);
  const ends = (info: MatrixInfo): readonly string[] => {
    const parts = moduleOf(info, model).split('.');
    return parts.map((_, i) => parts.slice(parts.length - 1 - i).join('.'));
  };
  const taken = new Set(model.matrices.filter((info) => !updated.has(info)).flatMap((info) => ends(info)));
  return [...new Set(infos.map((info) => ends(info).find((end) => !taken.has(end))!))].sort();
}
