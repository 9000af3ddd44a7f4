// Low-rank updates next to the weights: y += (alpha / rank) B (A x). The base weights do not change. The tensors
// stacked at a tap share one product with all A's, and one with a matrix whose blocks are the B's.

import { BenchError } from '../../../base/error.ts';
import type { MatrixInfo, Tap } from '../../../formats/checkpoint/matrices.ts';
import { stackOf } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Pool } from '../../device/memory.ts';
import type { DeviceMatrix } from '../../kernels/matrix.ts';
import type { Adapter } from '../types.ts';
import type { LayerUse, TapAdapter } from './resident-types.ts';

/** What the updates of all layers write into, one after another; null where no layer has one. */
export interface AdapterScratch {
  readonly low: GPUBuffer | null; // [T, the highest rank of a tap]
  readonly sum: GPUBuffer | null; // [T, rows of the matrix before the activation]
}

/** Scratch for steps of at most `capacity` rows. Throws `gpu-memory`. */
export function adapterScratch(pool: Pool, layers: readonly LayerUse[], capacity: number): AdapterScratch {
  const rank = layers.reduce(
    (most, layer) => Object.values(layer).reduce((so, { adapter }) => Math.max(so, adapter?.rank ?? 0), most),
    0,
  );
  const rows = layers.reduce((most, { up }) => Math.max(most, up.adapter === undefined ? 0 : up.w.rows), 0);
  return {
    low: rank === 0 ? null : pool.buffer('low rank', 4 * capacity * rank),
    sum: rows === 0 ? null : pool.buffer('before activation', 4 * capacity * rows),
  };
}

const fitting = new WeakMap<Adapter, readonly MatrixInfo[]>();

/** Throws `bad-adapter` where an adapter updates what the network does not have, or with tensors that do not fit. */
export function checkAdapter(matrices: readonly MatrixInfo[], adapter: Adapter | undefined): void {
  if (adapter === undefined || fitting.get(adapter) === matrices) return;
  const fail = (message: string, hint = 'the adapter was trained for another model'): BenchError =>
    new BenchError('bad-adapter', `${adapter.id}: ${message}`, { hint });
  const { rank, alpha } = adapter;
  if (!Number.isInteger(rank) || rank < 1) throw fail(`its rank is ${rank}`, 'give a whole rank of 1 or more');
  if (!Number.isFinite(alpha)) throw fail(`its alpha is ${alpha}`, 'give a finite alpha');
  const byName = new Map(matrices.map((info) => [info.name, info]));
  for (const [name, { a, b }] of adapter.tensors) {
    const info = byName.get(name);
    if (info === undefined) throw fail(`the network has no matrix ${name}`);
    if (a.length !== rank * info.columns || b.length !== info.rows * rank) {
      throw fail(
        `the update of ${name} has ${a.length} and ${b.length} weights, and rank ${rank} of ${info.rows} x ${info.columns} takes ${rank * info.columns} and ${info.rows * rank}`,
      );
    }
    if (![a, b].every((values) => values.every(Number.isFinite)))
      throw fail(`a weight of the update of ${name} is not finite`, 'its training diverged, or its file is damaged');
  }
  fitting.set(adapter, matrices);
}

/** Brings the updates of one tap to the device; null where there are none. */
export function openTapAdapter(
  { gpu, memory }: DeviceContext,
  pool: Pool,
  parts: Parts,
  layer: number,
  tap: Tap,
  { rank, alpha, tensors }: Adapter,
): TapAdapter | null {
  const stack = stackOf(parts.layers[layer]!, tap);
  const found = stack.filter(({ name }) => tensors.has(name));
  if (found.length === 0) return null;
  const { columns } = parts.layers[layer]![tap];
  const rows = stack.reduce((sum, one) => sum + one.rows, 0);
  const ranks = rank * found.length;
  const a = new Float32Array(ranks * columns);
  const b = new Float32Array(rows * ranks);
  let first = 0;
  let block = 0;
  for (const one of stack) {
    const update = tensors.get(one.name);
    if (update !== undefined) {
      a.set(update.a, block * rank * columns);
      for (let row = 0; row < one.rows; row++) {
        for (let r = 0; r < rank; r++) {
          b[(first + row) * ranks + block * rank + r] = (alpha / rank) * update.b[row * rank + r]!;
        }
      }
      block++;
    }
    first += one.rows;
  }
  memory.require(`the adapter of layer ${layer}`, { 'low-rank weights': a.byteLength + b.byteLength });
  const matrix = (label: string, values: Float32Array<ArrayBuffer>, height: number, width: number): DeviceMatrix => {
    const buffer = pool.buffer(label, values.byteLength);
    gpu.device.queue.writeBuffer(buffer, 0, values);
    return {
      label,
      rows: height,
      columns: width,
      chunks: [{ first: 0, rows: height, buffer, format: 'f32' }],
      bias: null,
    };
  };
  return { rank: ranks, a: matrix(`lora a ${tap}`, a, ranks, columns), b: matrix(`lora b ${tap}`, b, rows, ranks) };
}
