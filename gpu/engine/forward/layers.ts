// Spec + weights -> the commands of one forward pass over packed rows: per layer norm, qkv, rope, attention, o, norm,
// MLP in (gated in one kernel), MLP out; a variant decides the matrices and their masks.

import { BenchError } from '../../../base/error.ts';
import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Command } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import { type AdapterScratch, adapterScratch } from '../variants/adapter.ts';
import type { MatrixUse, Resident, TapAdapter } from '../variants/resident-types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import type { ForwardBuffers } from './buffers.ts';

/** Where the activations that enter each layer's matrices are summed. */
export interface Collecting {
  readonly spans: GPUBuffer;
  sums(layer: number, site: ActivationSite): GPUBuffer | null; // [samples, 3, channels]
}

/** Where activations are summed: at a tap, or in the residual stream after the layer. */
export type ActivationSite = Tap | 'after';

/** Channels there. */
export function tapWidth({ hidden, ffn, heads, headSize }: Spec, tap: ActivationSite): number {
  return tap === 'o' ? heads * headSize : tap === 'down' ? ffn : hidden;
}

/** From tokens to the residual stream after the last layer. */
export function layerCommands(
  on: kernels.Recorder,
  spec: Spec,
  weights: DeviceWeights,
  buffers: ForwardBuffers,
  { layers, scratch: expanded, steer: edits }: Resident,
  collecting: Collecting | null,
): readonly Command[] {
  const { heads, kvHeads, headSize, hidden, activation, gated } = spec;
  const { x, normed, qkv, q, attended, inner } = buffers;
  const shape = { heads, kvHeads, headSize };
  const rotary = { ...shape, pairs: (spec.rope?.dims ?? 0) / 2, byHead: spec.qkvByHead, eps: spec.normEps };
  const scratch: Scratch = { expanded, ...adapterScratch(on.pool, layers, buffers.capacity) };
  const commands: (Command | readonly Command[])[] = [
    kernels.embed(on, { ...buffers, table: weights.embedding, learned: weights.learned, x }),
  ];
  weights.layers.forEach((layer, index) => {
    const cache = buffers.caches[index % buffers.caches.length]!;
    const product = (tap: Tap, from: GPUBuffer, y: GPUBuffer, how: kernels.MatmulOptions = {}): readonly Command[] => {
      const made = use(on, layers[index]![tap], { x: from, y }, how, scratch);
      return [...summed(tap, from), ...made.map((one) => ({ ...one, part: one.part ?? tap }))];
    };
    const summed = (site: ActivationSite, from: GPUBuffer): readonly Command[] => {
      const y = collecting?.sums(index, site) ?? null;
      if (collecting === null || y === null) return [];
      const io = { label: `collect ${site}`, x: from, spans: collecting.spans, y };
      return [kernels.collect(on, io, tapWidth(spec, site))];
    };
    const normalise = (label: 'norm1' | 'norm2'): Command =>
      kernels.norm(
        on,
        { label, x, ...layer[label], from: null, y: normed },
        { width: hidden, eps: spec.normEps, over: 'rows' },
      );
    const back = product('o', attended, x, { residual: true });
    commands.push(
      normalise('norm1'),
      product('qkv', normed, qkv),
      kernels.rope(on, { ...buffers, ...cache, norms: layer.qkNorm }, rotary),
      kernels.attention(on, { ...buffers, ...cache, q, y: attended }, { ...shape, window: spec.windows[index]! }),
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
  return commands.flat();
}

/** The last norm, of the scored rows, into `last` from row `at` on. */
export function lastNorm(
  on: kernels.Recorder,
  spec: Spec,
  weights: DeviceWeights,
  { x, scored, last }: ForwardBuffers,
  at = 0,
): Command {
  return kernels.norm(
    on,
    { label: 'norm', x, ...weights.norm, from: scored, y: last },
    { width: spec.hidden, eps: spec.normEps, over: 'scored', at },
  );
}

/** What the products of all layers write into: a step runs them one after another. */
interface Scratch extends AdapterScratch {
  readonly expanded: GPUBuffer | null;
}

function use(
  on: kernels.Recorder,
  matrix: MatrixUse,
  io: { readonly x: GPUBuffer; readonly y: GPUBuffer },
  how: kernels.MatmulOptions,
  scratch: Scratch,
): readonly Command[] {
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
): readonly Command[] {
  if (gated && matrix.w.chunks.length > 1) {
    throw new BenchError('bad-variant', `${matrix.w.label} is split across buffers; adapters are not supported there`, {
      hint: 'merge the adapter into the model',
    });
  }
  const low = scratch.low!;
  const sum = activation === undefined ? y : scratch.sum!;
  const commands = [
    ...use(on, matrix, { x, y: sum }, how, scratch),
    ...[
      ...kernels.matmul(on, { x, w: adapter.a, y: low }),
      ...kernels.matmul(on, { x: low, w: adapter.b, y: sum }, { residual: true }),
    ].map((one) => ({ ...one, part: 'adapter' })),
  ];
  if (activation === undefined) return commands;
  return [
    ...commands,
    kernels.activation(on, { s: sum, y }, { width: matrix.w.rows / (gated ? 2 : 1), activation, gated }),
  ];
}
