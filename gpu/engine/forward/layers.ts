// Spec + weights -> the nodes of one forward pass over packed rows: per layer norm, qkv, rope, attention, o, norm, MLP in
// (gated in one kernel), MLP out; a variant says which matrices, and whether they are masked.

import { BenchError } from '../../../base/error.ts';
import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Node } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import { type AdapterScratch, adapterScratch } from '../variants/adapter.ts';
import type { MatrixUse, Resident, TapAdapter } from '../variants/resident-types.ts';
import type { DeviceWeights } from '../weights/upload.ts';

/** What the layers read and write; shapes in elements, T = rows of a step. */
export interface Flow {
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
  readonly last: GPUBuffer; // [P, hidden]
  readonly capacity: number; // rows of a step at most
  /** One pair for all layers where a step holds all rows that its rows look at, else one per layer. */
  readonly caches: readonly { readonly k: GPUBuffer; readonly v: GPUBuffer }[];
}

/** Where the activations that enter each layer's matrices are summed. */
export interface Collecting {
  readonly spans: GPUBuffer;
  sums(layer: number, place: Place): GPUBuffer | null; // [samples, 3, channels]
}

/** Where activations are summed: at a tap, or in the residual stream after the layer. */
export type Place = Tap | 'after';

/** Channels there. */
export function tapWidth({ hidden, ffn, heads, headSize }: Spec, tap: Place): number {
  return tap === 'o' ? heads * headSize : tap === 'down' ? ffn : hidden;
}

/** From tokens to the residual stream after the last layer. */
export function layerNodes(
  on: kernels.Recorder,
  spec: Spec,
  weights: DeviceWeights,
  flow: Flow,
  { layers, scratch: expanded, steer: edits }: Resident,
  collecting: Collecting | null,
): readonly Node[] {
  const { heads, kvHeads, headSize, hidden, activation, gated } = spec;
  const { x, normed, qkv, q, attended, inner } = flow;
  const shape = { heads, kvHeads, headSize };
  const rotary = { ...shape, pairs: (spec.rope?.dims ?? 0) / 2, byHead: spec.qkvByHead, eps: spec.normEps };
  const scratch: Scratch = { expanded, ...adapterScratch(on.pool, layers, flow.capacity) };
  const nodes: (Node | readonly Node[])[] = [
    kernels.embed(on, { ...flow, table: weights.embedding, learned: weights.learned, x }),
  ];
  weights.layers.forEach((layer, index) => {
    const cache = flow.caches[index % flow.caches.length]!;
    const product = (tap: Tap, from: GPUBuffer, y: GPUBuffer, how: kernels.MatmulOptions = {}): readonly Node[] => {
      const made = use(on, layers[index]![tap], { x: from, y }, how, scratch);
      return [...summed(tap, from), ...made.map((one) => ({ ...one, part: one.part ?? tap }))];
    };
    const summed = (place: Place, from: GPUBuffer): readonly Node[] => {
      const y = collecting?.sums(index, place) ?? null;
      if (collecting === null || y === null) return [];
      const io = { label: `collect ${place}`, x: from, spans: collecting.spans, y };
      return [kernels.collect(on, io, tapWidth(spec, place))];
    };
    const normalise = (label: 'norm1' | 'norm2'): Node =>
      kernels.norm(
        on,
        { label, x, ...layer[label], from: null, y: normed },
        { width: hidden, eps: spec.normEps, over: 'rows' },
      );
    const back = product('o', attended, x, { residual: true });
    nodes.push(
      normalise('norm1'),
      product('qkv', normed, qkv),
      kernels.rope(on, { ...flow, ...cache, norms: layer.qkNorm }, rotary),
      kernels.attention(on, { ...flow, ...cache, q, y: attended }, { ...shape, window: spec.windows[index]! }),
      // A parallel MLP reads the residual stream as it was before attention was added.
      ...(spec.parallel ? [normalise('norm2'), back] : [back, normalise('norm2')]),
      product('up', normed, inner, { activation, gated }),
      product('down', inner, x, { residual: true }),
      edits
        .filter((edit) => edit.layer === index)
        .map(({ v, scale, project }) => kernels.steer(on, { v, x }, { width: hidden, scale, project })),
      summed('after', x),
    );
  });
  return nodes.flat();
}

/** The last norm, of the scored rows. */
export function lastNorm(on: kernels.Recorder, spec: Spec, weights: DeviceWeights, { x, scored, last }: Flow): Node {
  return kernels.norm(
    on,
    { label: 'norm', x, ...weights.norm, from: scored, y: last },
    { width: spec.hidden, eps: spec.normEps, over: 'scored' },
  );
}

/** What the products of all layers write into by turns: a step runs them one after another. */
interface Scratch extends AdapterScratch {
  readonly expanded: GPUBuffer | null;
}

function use(
  on: kernels.Recorder,
  matrix: MatrixUse,
  io: { readonly x: GPUBuffer; readonly y: GPUBuffer },
  how: kernels.MatmulOptions,
  scratch: Scratch,
): readonly Node[] {
  const { w, mask, sparse, adapter } = matrix;
  if (adapter !== undefined) return updated(on, { ...matrix, adapter }, io, how, scratch);
  if (sparse !== undefined) return [kernels.sparseMatmul(on, { ...io, w: sparse }, how)];
  return mask === null
    ? kernels.matmul(on, { ...io, w }, how)
    : kernels.maskedMatmul(on, { ...io, w }, { ...how, mask, scratch: scratch.expanded });
}

/** The product and its low-rank update; an activation comes after both. */
function updated(
  on: kernels.Recorder,
  { adapter, ...matrix }: MatrixUse & { readonly adapter: TapAdapter },
  { x, y }: { readonly x: GPUBuffer; readonly y: GPUBuffer },
  { activation, gated = false, ...how }: kernels.MatmulOptions,
  scratch: Scratch,
): readonly Node[] {
  if (gated && matrix.w.chunks.length > 1) {
    throw new BenchError('bad-variant', `${matrix.w.label} is held in parts, and takes no adapter so`, {
      hint: 'merge the adapter into the model',
    });
  }
  const low = scratch.low!;
  const sum = activation === undefined ? y : scratch.sum!;
  const nodes = [
    ...use(on, matrix, { x, y: sum }, how, scratch),
    ...[
      ...kernels.matmul(on, { x, w: adapter.a, y: low }),
      ...kernels.matmul(on, { x: low, w: adapter.b, y: sum }, { residual: true }),
    ].map((one) => ({ ...one, part: 'adapter' })),
  ];
  if (activation === undefined) return nodes;
  return [
    ...nodes,
    kernels.activation(on, { s: sum, y }, { width: matrix.w.rows / (gated ? 2 : 1), activation, gated }),
  ];
}
