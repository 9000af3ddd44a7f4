// One layer of a training step, forward: as in a forward pass, with its low-rank updates and without fused activations.

import { BenchError } from '../../../base/error.ts';
import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Command } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import * as training from '../../kernels/training/index.ts';
import type { DeviceLayer, DeviceWeights } from '../weights/upload.ts';
import type { TrainingBuffers } from './buffers.ts';
import type { TapParameters } from './parameters.ts';

/** What the commands of a step are recorded from. */
export interface TrainedNetwork {
  readonly spec: Spec;
  readonly weights: DeviceWeights;
  readonly buffers: TrainingBuffers;
  readonly parameters: readonly TapParameters[];
  readonly dropout: number; // share left out of what enters A
  readonly scale: number; // alpha / rank
}

/** Layer `index` from what is kept before it to what is kept after it; `again`: up to what enters its last product. */
export function forwardLayer(
  on: kernels.Recorder,
  network: TrainedNetwork,
  index: number,
  again: boolean,
): readonly Command[] {
  const { spec, weights, buffers } = network;
  const { ffn, activation, gated, parallel } = spec;
  const layer = weights.layers[index]!;
  const x = buffers.kept[index]!;
  const attendedTo = parallel ? buffers.kept[index + 1]! : buffers.between;
  const next = again ? null : buffers.kept[index + 1]!;
  const { q, k, v, qkv, attended, normed1, normed2 } = buffers;
  const cache = { k, v, cacheRows: buffers.line };
  const shape = layerShape(spec);
  return [
    normalise(on, spec, layer, 'norm1', x, normed1),
    ...product(on, network, index, 'qkv', normed1, qkv),
    kernels.rope(on, { ...buffers, ...cache, norms: layer.qkNorm }, shape.rope),
    kernels.attention(
      on,
      { q, k, v, positions: buffers.positions, path: buffers.path, rows: buffers.line, y: attended },
      { ...shape.heads, window: spec.windows[index]! },
    ),
    ...product(on, network, index, 'o', attended, parallel && again ? null : attendedTo, { base: x }),
    normalise(on, spec, layer, 'norm2', parallel ? x : attendedTo, normed2),
    ...product(on, network, index, 'up', normed2, buffers.sum),
    kernels.activation(on, { s: buffers.sum, y: buffers.inner }, { width: ffn, activation, gated }),
    ...product(on, network, index, 'down', buffers.inner, next, parallel ? { residual: true } : { base: attendedTo }),
  ];
}

/** Shapes that the kernels of all layers share. */
export function layerShape({ heads, kvHeads, headSize, rope, qkvByHead, normEps }: Spec): {
  readonly heads: kernels.HeadShape;
  readonly rope: kernels.RopeShape;
} {
  const shape = { heads, kvHeads, headSize };
  return { heads: shape, rope: { ...shape, pairs: (rope?.dims ?? 0) / 2, byHead: qkvByHead, eps: normEps } };
}

/** The trained update of a tap, or undefined where it has none. */
export function updateOf({ parameters }: TrainedNetwork, layer: number, tap: Tap): TapParameters | undefined {
  return parameters.find((one) => one.layer === layer && one.tap === tap);
}

/** What enters A, and the commands that make it: x itself, or x after dropout. */
export function enteringA(
  on: kernels.Recorder,
  { buffers, dropout }: TrainedNetwork,
  update: TapParameters,
  x: GPUBuffer,
): readonly [GPUBuffer, readonly Command[]] {
  if (dropout === 0) return [x, []];
  const io = { x, key: buffers.key, y: buffers.left };
  const shape = { width: update.down.columns, place: update.tapIndex, share: dropout, add: false };
  return [buffers.left, [training.dropout(on, io, shape)]];
}

function normalise(
  on: kernels.Recorder,
  { hidden, normEps: eps }: Spec,
  layer: DeviceLayer,
  label: 'norm1' | 'norm2',
  x: GPUBuffer,
  y: GPUBuffer,
): Command {
  return kernels.norm(on, { label, x, ...layer[label], from: null, y }, { width: hidden, eps, over: 'rows' });
}

/** y = W x + B A x, with the epilogue `how` of W x; without y only A x, which the gradient of B needs. */
function product(
  on: kernels.Recorder,
  network: TrainedNetwork,
  index: number,
  tap: Tap,
  x: GPUBuffer,
  y: GPUBuffer | null,
  how: kernels.MatmulOptions = {},
): readonly Command[] {
  const w = network.weights.layers[index]![tap];
  const update = updateOf(network, index, tap);
  const commands = y === null ? [] : [...kernels.matmul(on, { x, w, y }, how)];
  if (update === undefined) return commands;
  const low = network.buffers[`low ${tap}`];
  const [entered, dropped] = enteringA(on, network, update, x);
  commands.push(...dropped, ...kernels.matmul(on, { x: entered, w: update.down, y: low }));
  if (y !== null) commands.push(...kernels.matmul(on, { x: low, w: update.up, y }, { residual: true }));
  return commands;
}

/**
 * Throws `bad-trainer` where a gated matrix is split across buffers: the rows of its product are then in another order.
 */
export function checkHeld(spec: Spec, weights: DeviceWeights): void {
  const split = spec.gated ? weights.layers.find(({ up }) => up.chunks.length > 1) : undefined;
  if (split === undefined) return;
  throw new BenchError('bad-trainer', `${split.up.label} is split across buffers; training is not supported there`, {
    hint: 'train on a device that binds larger buffers (bench doctor lists the limits)',
  });
}
