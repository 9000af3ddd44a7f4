// The commands of one layer's backward pass: from the gradient of the residual stream after it to that before it, and
// to the gradients of its low-rank updates.

import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Command } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import * as training from '../../kernels/training/index.ts';
import { enteringA, forwardLayer, layerShape, type TrainedNetwork, updateOf } from './layers.ts';

/** Back through layer `index`; below `lowest` nothing is trained, so that layer's own input needs no gradient. */
export function backwardLayer(
  on: kernels.Recorder,
  network: TrainedNetwork,
  index: number,
  lowest: number,
): readonly Command[] {
  const { spec, weights, buffers } = network;
  const { ffn, activation, gated, parallel } = spec;
  const { between, dx, dnormed1, dqkv, dattended, dinner, dsum } = buffers;
  const x = buffers.kept[index]!;
  const more = index > lowest;
  const shape = layerShape(spec);
  const attention = { ...shape.heads, window: spec.windows[index]! };
  const dsecond = parallel ? buffers.dnormed2 : dnormed1;
  const second = normBack(on, network, index, 'norm2', parallel ? x : between, dsecond);
  return [
    // What the forward pass left of the last layer is still there.
    ...(index === weights.layers.length - 1 ? [] : forwardLayer(on, network, index, true)),
    ...productBack(on, network, index, 'down', buffers.inner, dx, dinner),
    training.activationBack(on, { s: buffers.sum, dy: dinner, ds: dsum }, { width: ffn, activation, gated }),
    ...productBack(on, network, index, 'up', buffers.normed2, dsum, dsecond),
    ...(parallel ? [] : [second]),
    ...productBack(on, network, index, 'o', buffers.attended, dx, dattended),
    training.attentionQueriesBack(on, { ...buffers, y: buffers.attended, dy: dattended }, attention),
    training.attentionKeysBack(on, { ...buffers, dy: dattended }, attention),
    training.ropeBack(on, { ...buffers, norms: weights.layers[index]!.qkNorm, dx: dqkv }, shape.rope),
    ...productBack(on, network, index, 'qkv', buffers.normed1, dqkv, more ? dnormed1 : null),
    ...(more ? [normBack(on, network, index, 'norm1', x, dnormed1)] : []),
    ...(more && parallel ? [second] : []),
  ];
}

/** From dy to the gradients of a tap's update and, where dx is given, of x. */
function productBack(
  on: kernels.Recorder,
  network: TrainedNetwork,
  index: number,
  tap: Tap,
  x: GPUBuffer,
  dy: GPUBuffer,
  dx: GPUBuffer | null,
): readonly Command[] {
  const { weights, buffers } = network;
  const w = weights.layers[index]![tap];
  const commands: Command[] = [];
  if (dx !== null) {
    commands.push(...training.transpose(on, { w, y: buffers.transposed }));
    commands.push(...kernels.matmul(on, { x: dy, w: across(w, buffers.transposed), y: dx }));
  }
  return [...commands, ...updateBack(on, network, index, tap, x, dy, dx)];
}

/** The gradients of a tap's update, and what it adds to dx. */
function updateBack(
  on: kernels.Recorder,
  network: TrainedNetwork,
  index: number,
  tap: Tap,
  x: GPUBuffer,
  dy: GPUBuffer,
  dx: GPUBuffer | null,
): readonly Command[] {
  const update = updateOf(network, index, tap);
  if (update === undefined) return [];
  const { weights, buffers, dropout, scale } = network;
  const w = weights.layers[index]![tap];
  const { dlow, left, key } = buffers;
  const [entered, dropped] = enteringA(on, network, update, x);
  const rank = update.rank / update.tensors.length;
  const commands = [
    ...kernels.matmul(on, { x: dy, w: across(update.up, update.b.transposed), y: dlow }),
    training.outer(
      on,
      { label: 'gradient of b', l: dy, r: buffers[`low ${tap}`], owner: update.owner, y: update.b.gradient },
      { rows: w.rows, columns: rank, width: update.rank, unit: update.unit, scale },
    ),
    ...dropped,
    training.outer(
      on,
      { label: 'gradient of a', l: dlow, r: entered, owner: null, y: update.a.gradient },
      { rows: update.rank, columns: w.columns, width: w.columns, unit: update.rank, scale: 1 },
    ),
  ];
  if (dx === null) return commands;
  const up = { x: dlow, w: across(update.down, update.a.transposed) };
  if (dropout === 0) return [...commands, ...kernels.matmul(on, { ...up, y: dx }, { residual: true })];
  const shape = { width: w.columns, place: update.tapIndex, share: dropout, add: true };
  return [...commands, ...kernels.matmul(on, { ...up, y: left }), training.dropout(on, { x: left, key, y: dx }, shape)];
}

function normBack(
  on: kernels.Recorder,
  { spec, weights, buffers }: TrainedNetwork,
  index: number,
  which: 'norm1' | 'norm2',
  x: GPUBuffer,
  dy: GPUBuffer,
): Command {
  const { weight } = weights.layers[index]![which];
  const shape = { width: spec.hidden, eps: spec.normEps, layer: spec.norm === 'layer', add: true };
  return training.normBack(on, { x, weight, dy, from: null, dx: buffers.dx }, shape);
}

/** `w` transposed, in the buffer `transposed`. */
function across(w: kernels.DeviceMatrix, transposed: GPUBuffer): kernels.DeviceMatrix {
  const chunks = [{ first: 0, rows: w.columns, buffer: transposed, format: 'f32' as const }];
  return { label: `${w.label} transposed`, rows: w.columns, columns: w.rows, chunks, bias: null };
}
