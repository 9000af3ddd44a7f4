// The buffers of a forward pass: its inputs, and what the layers read and write. Shapes in elements; T: rows of a step.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Gpu } from '../../device/device.ts';
import type { Pool } from '../../device/memory.ts';
import type { Batch } from '../types.ts';
import { openRotations } from './rope.ts';

/** How large a pass is, and what it gives. */
export interface ForwardOptions {
  readonly capacity: number; // rows per step
  readonly scored: number; // rows of the head per step; of sums: samples
  readonly table: number; // entries of `rows`
  readonly cacheRows: number;
  readonly cachePerLayer: boolean;
  readonly output: 'logprobs' | 'logits' | 'divergence' | 'statistics' | 'states';
}

/** What a step is given. */
export type ForwardInputs = Readonly<Record<keyof Batch | 'targets', GPUBuffer>>;

/** What the layers read and write. */
export interface ForwardBuffers {
  readonly tokens: GPUBuffer; // [T]
  readonly positions: GPUBuffer; // [T]
  readonly path: GPUBuffer; // [T]
  readonly rows: GPUBuffer; // cache rows of the paths
  readonly cacheRows: GPUBuffer; // [T]
  readonly scored: GPUBuffer; // [P]
  readonly rotations: GPUBuffer; // cos and sin per position and pair
  readonly x: GPUBuffer; // [T, hidden], the residual stream
  readonly normed: GPUBuffer; // [T, hidden]
  readonly qkv: GPUBuffer; // [T, (heads + 2 kvHeads) headSize]
  readonly q: GPUBuffer; // [T, heads headSize]
  readonly attended: GPUBuffer; // [T, heads headSize]
  readonly inner: GPUBuffer; // [T, ffn]
  readonly last: GPUBuffer; // [P, hidden]; of pairs [2P, hidden], the dense network's rows first
  readonly capacity: number; // rows of a step at most
  /** One pair for all layers where a step includes all rows that attention reads, else one per layer. */
  readonly caches: readonly { readonly k: GPUBuffer; readonly v: GPUBuffer }[];
}

/** Buffers for the inputs of a step; `scored` takes two words per sample where sums are collected. */
export function openInputs(pool: Pool, { capacity, scored, table, output }: ForwardOptions): ForwardInputs {
  const words = (label: string, count: number): GPUBuffer => pool.buffer(label, 4 * count);
  const sums = output === 'statistics' || output === 'states';
  return {
    tokens: words('tokens', capacity),
    positions: words('positions', capacity),
    path: words('path', capacity),
    cacheRows: words('cacheRows', capacity),
    rows: words('rows', table),
    scored: words('scored', sums ? 2 * scored : scored),
    targets: words('targets', scored),
  };
}

/** The buffers between the kernels of a pass, with its inputs. */
export function openBuffers(
  gpu: Gpu,
  pool: Pool,
  spec: Spec,
  { capacity, scored, cacheRows, cachePerLayer, output }: ForwardOptions,
  inputs: ForwardInputs,
): ForwardBuffers {
  const { hidden, ffn, heads, kvHeads, headSize } = spec;
  const words = (label: string, count: number): GPUBuffer => pool.buffer(label, 4 * count);
  const cacheWords = cacheRows * kvHeads * headSize;
  return {
    ...inputs,
    capacity,
    // No position is beyond the rows of the caches.
    rotations: openRotations(gpu, pool, spec, Math.min(spec.maxPositions, cacheRows)),
    x: words('x', capacity * hidden),
    normed: words('normed', capacity * hidden),
    qkv: words('qkv', capacity * (heads + 2 * kvHeads) * headSize),
    q: words('q', capacity * heads * headSize),
    attended: words('attended', capacity * heads * headSize),
    inner: words('inner', capacity * ffn),
    last: words('last', (output === 'divergence' ? 2 : 1) * scored * hidden),
    caches: Array.from({ length: cachePerLayer ? spec.layers : 1 }, (_, layer) => ({
      k: words(`k${layer}`, cacheWords),
      v: words(`v${layer}`, cacheWords),
    })),
  };
}
