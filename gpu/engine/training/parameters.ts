// The trained tensors of an adapter on the device: per tap one A and one B of all that is stacked there, each with its
// gradient and its two moments. B has the tensors' blocks, and 0 elsewhere, whose gradient stays 0.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import { BenchError } from '../../../base/error.ts';
import { type MatrixInfo, stackOf, TAPS, type Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Gpu } from '../../device/device.ts';
import type { Needs, Pool } from '../../device/memory.ts';
import type { DeviceMatrix } from '../../kernels/matrix.ts';
import { hashOf } from '../hash.ts';
import type { TrainerOptions } from '../types.ts';

const NONE = 0xffffffff;

/** A parameter [rows, columns] and what its steps need. */
export interface Moments {
  readonly rows: number;
  readonly columns: number;
  readonly p: GPUBuffer;
  readonly gradient: GPUBufferBinding; // a part of all gradients
  readonly first: GPUBuffer;
  readonly second: GPUBuffer;
  readonly transposed: GPUBuffer; // [columns, rows], as it is applied
}

/** All that is trained. */
export interface Trained {
  readonly taps: readonly TapParameters[];
  readonly gradients: GPUBuffer; // of all parameters, each at an offset that a binding may start at
  readonly total: number; // trained values
}

/** The updates of one tap. */
export interface TapParameters {
  readonly layer: number;
  readonly tap: Tap;
  readonly tapIndex: number; // of the tap in the network
  readonly rank: number; // of all tensors stacked here
  readonly a: Moments; // [rank, columns]
  readonly b: Moments; // [rows, rank]
  readonly down: DeviceMatrix; // a
  readonly up: DeviceMatrix; // b times alpha / rank
  readonly owner: GPUBuffer; // [rows]: first column of the row's block, or 2^32 - 1
  readonly unit: number; // 4 where the blocks start and end at multiples of it, in rows and columns; else 1
  readonly tensors: readonly { readonly name: string; readonly first: number; readonly rows: number }[]; // by block
}

interface Layout {
  readonly layer: number;
  readonly tap: Tap;
  readonly rows: number;
  readonly columns: number;
  readonly tensors: TapParameters['tensors'];
}

/** Throws `bad-trainer` for options that make no adapter, naming the field. */
export function checkTrainer(matrices: readonly MatrixInfo[], options: TrainerOptions): void {
  const fail = (message: string, hint: string): BenchError => new BenchError('bad-trainer', message, { hint });
  const { rank, alpha, dropout, targets, beta1, beta2, eps, decay, clip, rows } = options;
  const within = (name: string, value: number, holds: boolean, wanted: string): void => {
    if (!holds) throw fail(`${name} is ${value}`, `give ${wanted}`);
  };
  const least = matrices.reduce((size, info) => Math.min(size, info.rows, info.columns), Infinity);
  within('rank', rank, Number.isInteger(rank) && rank >= 1 && rank <= least, `a whole rank from 1 to ${least}`);
  within('alpha', alpha, Number.isFinite(alpha) && alpha > 0, 'a number above 0');
  within('dropout', dropout, dropout >= 0 && dropout < 1, 'a share in [0, 1)');
  within('beta1', beta1, beta1 >= 0 && beta1 < 1, 'a number in [0, 1)');
  within('beta2', beta2, beta2 >= 0 && beta2 < 1, 'a number in [0, 1)');
  within('eps', eps, eps > 0 && Number.isFinite(eps), 'a number above 0');
  within('decay', decay, decay >= 0 && Number.isFinite(decay), 'a number that is not below 0');
  within('clip', clip, clip >= 0 && Number.isFinite(clip), 'a number that is not below 0');
  within('rows', rows, Number.isInteger(rows) && rows >= 1, 'a whole number of 1 or more');
  if (targets.length === 0) throw fail('no matrix to train is named', 'name one target or more');
  const known = new Set(matrices.map(({ name }) => name));
  const missing = targets.find((name) => !known.has(name));
  if (missing !== undefined) throw fail(`the network has no matrix ${missing}`, 'bench mask inspect lists the names');
}

function layouts(parts: Parts, targets: ReadonlySet<string>): readonly Layout[] {
  return parts.layers.flatMap((layer, index) =>
    TAPS.flatMap((tap): Layout[] => {
      let first = 0;
      const tensors: { name: string; first: number; rows: number }[] = [];
      for (const { name, rows } of stackOf(layer, tap)) {
        if (targets.has(name)) tensors.push({ name, first, rows });
        first += rows;
      }
      return tensors.length === 0 ? [] : [{ layer: index, tap, rows: first, columns: layer[tap].columns, tensors }];
    }),
  );
}

/**
 * Elements that a gradient of `count` elements takes, so that the next one starts at an offset that a binding allows.
 */
function aligned(count: number): number {
  return 64 * Math.ceil(count / 64);
}

/** Device bytes of the parameters and of what their steps need. */
export function parameterNeeds(parts: Parts, { rank, targets }: TrainerOptions): Needs {
  let values = 0;
  let more = 0;
  for (const { rows, columns, tensors } of layouts(parts, new Set(targets))) {
    const ranks = rank * tensors.length;
    values += aligned(ranks * columns) + aligned(ranks * rows);
    more += ranks * rows + rows; // B as it is applied, and the blocks of its rows
  }
  return { 'adapter, gradients and moments': 4 * (5 * values + more) };
}

/** The first values of a tap's stacked A and B. */
interface FirstValues {
  readonly a: Float32Array<ArrayBuffer>; // [ranks, columns]
  readonly b: Float32Array<ArrayBuffer>; // [rows, ranks]
  readonly owner: Uint32Array<ArrayBuffer>; // [rows]: first column of the row's block, or 2^32 - 1
}

/** The values given, or A uniform in +-1/sqrt(columns) and B 0, as PEFT starts. */
function firstValues(
  { rows, columns, tensors }: Layout,
  { rank, initial, seed }: Pick<TrainerOptions, 'rank' | 'initial' | 'seed'>,
): FirstValues {
  const ranks = rank * tensors.length;
  const a = new Float32Array(ranks * columns);
  const b = new Float32Array(rows * ranks);
  const owner = new Uint32Array(rows).fill(NONE);
  tensors.forEach((one, block) => {
    const given = initial?.get(one.name);
    a.set(given?.a ?? uniform(rank * columns, 1 / Math.sqrt(columns), hashOf(seed, one.name)), block * rank * columns);
    owner.fill(block * rank, one.first, one.first + one.rows);
    if (given === undefined) return;
    for (let row = 0; row < one.rows; row++) {
      const at = (one.first + row) * ranks + block * rank;
      b.set(given.b.subarray(row * rank, (row + 1) * rank), at);
    }
  });
  return { a, b, owner };
}

/** A buffer with these values. */
function filled(gpu: Gpu, pool: Pool, label: string, values: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) {
  const buffer = pool.buffer(label, values.byteLength);
  gpu.device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}

/** A parameter with `values` [rows, columns]; its transpose is multiplied by `scale`. */
function openMoments(
  gpu: Gpu,
  pool: Pool,
  name: string,
  values: Float32Array<ArrayBuffer>,
  rows: number,
  scale: number,
  gradient: GPUBufferBinding,
): Moments {
  const columns = values.length / rows;
  const across = Float32Array.from(values, (_, i) => scale * values[(i % rows) * columns + Math.floor(i / rows)]!);
  return {
    rows,
    columns,
    p: filled(gpu, pool, `values of ${name}`, values),
    gradient,
    first: pool.buffer(`moment of ${name}`, values.byteLength),
    second: pool.buffer(`second moment of ${name}`, values.byteLength),
    transposed: filled(gpu, pool, `transpose of ${name}`, across),
  };
}

/** A matrix over a buffer of f32 values. */
function wholeMatrix(label: string, rows: number, columns: number, buffer: GPUBuffer): DeviceMatrix {
  return { label, rows, columns, chunks: [{ first: 0, rows, buffer, format: 'f32' }], bias: null };
}

/**
 * The parameters on the device with their first values: those given in `initial`, or A uniform in +-1/sqrt(columns) and
 * B 0. The buffers belong to `pool`. Throws `gpu-memory`.
 */
export function openParameters(gpu: Gpu, pool: Pool, parts: Parts, options: TrainerOptions): Trained {
  const { rank, alpha } = options;
  const wanted = layouts(parts, new Set(options.targets));
  const sizes = wanted.flatMap(({ rows, columns, tensors }) =>
    [columns, rows].map((size) => rank * tensors.length * size),
  );
  const gradients = pool.buffer('gradients', 4 * sizes.reduce((sum, size) => sum + aligned(size), 0));
  let elements = 0;
  const gradientOf = (count: number): GPUBufferBinding => {
    const offset = 4 * elements;
    elements += aligned(count);
    return { buffer: gradients, offset, size: 4 * count };
  };
  const taps = wanted.map((layout): TapParameters => {
    const { layer, tap, rows, columns, tensors } = layout;
    const ranks = rank * tensors.length;
    const scale = alpha / rank;
    const label = `${layer} ${tap}`;
    const values = firstValues(layout, options);
    const a = openMoments(gpu, pool, `lora a ${label}`, values.a, ranks, 1, gradientOf(values.a.length));
    const applied = values.b.map((value) => scale * value);
    const up = filled(gpu, pool, `lora b ${label}`, applied);
    return {
      layer,
      tap,
      tapIndex: TAPS.length * layer + TAPS.indexOf(tap),
      rank: ranks,
      a,
      b: openMoments(gpu, pool, `lora b ${label}`, values.b, rows, scale, gradientOf(values.b.length)),
      down: wholeMatrix(`lora a ${label}`, ranks, columns, a.p),
      up: wholeMatrix(`lora b ${label}`, rows, ranks, up),
      owner: filled(gpu, pool, `blocks of ${label}`, values.owner),
      unit: [rank, ...tensors.flatMap((one) => [one.first, one.rows])].every((size) => size % 4 === 0) ? 4 : 1,
      tensors,
    };
  });
  return { taps, gradients, total: wanted.reduce((sum, layout) => sum + valuesOf(layout, rank), 0) };
}

/** Trained values of a tap: B counts its tensors' own blocks alone. */
function valuesOf({ columns, tensors }: Layout, rank: number): number {
  return tensors.reduce((sum, { rows }) => sum + rank * (rows + columns), 0);
}

/** The tensors of a tap, from its stacked A and B. */
export function unstack(
  { tensors, rank: ranks, down }: TapParameters,
  a: Float32Array,
  b: Float32Array,
): readonly (readonly [string, { readonly a: Float32Array; readonly b: Float32Array }])[] {
  const rank = ranks / tensors.length;
  return tensors.map(({ name, first, rows }, block) => {
    const own = new Float32Array(rows * rank);
    for (let row = 0; row < rows; row++) {
      const at = (first + row) * ranks + block * rank;
      own.set(b.subarray(at, at + rank), row * rank);
    }
    const from = block * rank * down.columns;
    return [name, { a: a.slice(from, from + rank * down.columns), b: own }] as const;
  });
}

/** Throws `bad-trainer` where a given tensor does not fit. */
export function checkInitial(matrices: readonly MatrixInfo[], { initial, targets, rank }: TrainerOptions): void {
  for (const { name, rows, columns } of matrices) {
    const given = initial?.get(name);
    if (given === undefined || !targets.includes(name)) continue;
    if (given.a.length === rank * columns && given.b.length === rows * rank) continue;
    throw new BenchError('bad-trainer', `the first values of ${name} are not of rank ${rank}`, {
      hint: `give ${rank * columns} and ${rows * rank} values`,
    });
  }
}

function uniform(count: number, bound: number, seed: number): Float32Array {
  const random = mersenne(seed);
  return Float32Array.from({ length: count }, () => bound * (2 * uniformFloat64(random) - 1));
}
