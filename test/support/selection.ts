// Selections from small models: their weights on the device and beside it, seeded scores, and a mask's bits one by one.

import * as assert from 'uvu/assert';
import { readJson } from '../../formats/checkpoint/folder.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import { matricesOf } from '../../formats/checkpoint/matrices.ts';
import { openCheckpoint } from '../../formats/checkpoint/open.ts';
import { type Parts, resolveTensors } from '../../formats/checkpoint/parts.ts';
import { readSpec } from '../../formats/checkpoint/read-spec.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { MemoryLimits } from '../../gpu/device/contract.ts';
import type { Gpu } from '../../gpu/device/device.ts';
import { Memory } from '../../gpu/device/memory.ts';
import { Pipelines } from '../../gpu/device/pipelines.ts';
import { selectMasks } from '../../gpu/engine/selection/select.ts';
import type { Selected, SelectRequest } from '../../gpu/engine/types.ts';
import { upload } from '../../gpu/engine/weights/upload.ts';
import type { MaskTensor, Score } from '../../gpu/kernels/types.ts';
import type { Weights } from '../../gpu/reference/common/f32.ts';
import { temporaryFolder } from './folders.ts';
import { rounded } from './kernel.ts';
import { maskTensor } from './masks.ts';
import { normals, type RandomModel, writeRandomModel } from './random-model.ts';

export interface Loaded {
  readonly spec: Spec;
  readonly parts: Parts;
  readonly matrices: readonly MatrixInfo[];
  readonly memory: Memory;
  readonly weights: (name: string) => Weights;
  select(request: SelectRequest): Promise<Selected>;
  dispose(): void;
}

/** A model's weights on the device, and selections from them. */
export async function loadSelection(gpu: Gpu, folder: string, limits: MemoryLimits = {}) {
  const file = `${folder}/config.json`;
  const spec = readSpec(await readJson(file, 2 ** 20), file);
  const checkpoint = await openCheckpoint(folder);
  const parts = resolveTensors(spec, checkpoint);
  const memory = new Memory(gpu, limits);
  const pipelines = new Pipelines(gpu);
  const pool = memory.pool();
  const weights = await upload(gpu, memory, pool, parts);
  await checkpoint.close();
  const select = (request: SelectRequest): Promise<Selected> =>
    selectMasks({ gpu, memory, pipelines }, spec, parts, weights, request);
  return { spec, parts, matrices: matricesOf(parts), memory, select, dispose: () => pool.dispose() };
}

/** The same of a random model, whose weights the twin is given. */
export async function openSelection(gpu: Gpu, model: RandomModel, limits: MemoryLimits = {}): Promise<Loaded> {
  const folder = temporaryFolder();
  const { tensors } = await writeRandomModel(folder, model);
  const loaded = await loadSelection(gpu, folder, limits);
  const known = new Map<string, Weights>();
  const weights = (name: string): Weights => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const { rows, columns } = loaded.matrices.find((info) => info.name === name)!;
    const { shape, values } = tensors.get(name)!;
    const stored = rounded(Float64Array.from(values), model.format ?? 'f32');
    const transposed = model.family === 'gpt2';
    assert.equal(shape, transposed ? [columns, rows] : [rows, columns]);
    const at = (row: number, column: number): number => (transposed ? column * rows + row : row * columns + column);
    const w = Float64Array.from(
      { length: rows * columns },
      (_, i) => stored[at(Math.floor(i / columns), i % columns)]!,
    );
    const made = { name, rows, columns, w };
    known.set(name, made);
    return made;
  };
  return { ...loaded, weights };
}

/** Not below 0, with zeros. */
export function vector(seed: number, length: number): Float32Array {
  const normal = normals(seed);
  return Float32Array.from({ length }, () => Math.max(0, normal() + 0.5));
}

export type Kind = Score['kind'];
/** A seeded score of the kind for this matrix. */
export function scoreOf(kind: Kind, { rows, columns }: MatrixInfo): Score {
  const by = vector(columns, columns);
  const other = vector(columns + 1, columns);
  const places = maskTensor(rows, rows, columns);
  if (kind === 'product') return { kind, by };
  if (kind === 'filled') return { kind, by, fill: other };
  if (kind === 'shares') return { kind, by, against: other };
  if (kind === 'apart') return { kind, by, fill: other, without: places };
  if (kind === 'spared') return { kind, by, against: other, protect: places };
  return { kind, seed: 3 };
}

export function scoresOf(kind: Kind, matrices: readonly MatrixInfo[]): ReadonlyMap<string, Score> {
  return new Map(matrices.map((info) => [info.name, scoreOf(kind, info)]));
}

/** A mask's bits one by one; fails where a bit beyond the last column is set. */
export function flagsOf({ rows, columns, words }: MaskTensor): Uint8Array {
  const perRow = Math.ceil(columns / 32);
  assert.is(words.length, rows * perRow);
  const flags = Uint8Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    return (words[row * perRow + (column >> 5)]! >>> (column & 31)) & 1;
  });
  const ones = (all: Iterable<number>): number => [...all].reduce((n, flag) => n + flag, 0);
  let bits = 0;
  for (const word of words) for (let rest = word; rest !== 0; rest &= rest - 1) bits++;
  assert.is(bits, ones(flags), 'padding is 0');
  return flags;
}
