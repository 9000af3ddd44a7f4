// One typed wrapper per kernel of the backward pass and of the optimiser. Gradients are f32, [T, width], rows packed as in
// the forward pass; each sum has one order, and nothing is atomic, so that a step is equal to the bit.

import type { Bound, Node } from '../../device/commands.ts';
import { ACTIVATION, type Activation, type HeadShape, type RopeShape } from '../index.ts';
import type { DeviceMatrix } from '../matrix.ts';
import { LANES, loads, MAX_GRID, node, type Recorder, wide } from '../node.ts';

/** Rows of `w` -> columns of y[K, width] in f32: all of them, or `count` from row `from` of its only chunk, 0 up to width. */
export function transpose(
  on: Recorder,
  { w, y }: { w: DeviceMatrix; y: GPUBuffer },
  part?: { readonly from: number; readonly count: number; readonly chunk: number; readonly width: number },
): readonly Node[] {
  const aligned = w.columns % 4 === 0;
  const loadsPerRow = aligned ? w.columns / 4 : w.columns;
  const parts = part
    ? [{ ...part, rows: part.count, first: 0, fill: part.width, buffer: w.chunks[part.chunk]!.buffer }]
    : w.chunks.map(({ first, rows, buffer }) => ({ from: 0, rows, first, fill: rows, width: w.rows, buffer }));
  return parts.map(({ from, rows, first, fill, width, buffer }) =>
    node(on, {
      kernel: 'back/transpose',
      label: `transpose ${w.label}`,
      constants: { ...loads(w.format, aligned), W: 2, GRID_X: MAX_GRID },
      bindings: 'uurw',
      shape: [rows, loadsPerRow, from, first, width, fill],
      buffers: [buffer, y],
      grid: () => wide(Math.ceil((loadsPerRow * Math.ceil(fill / 4)) / 16)),
    }),
  );
}

/** Gradients of scaled queries, keys and values [T, heads of each, headSize] from dy; `sums` [T, heads, 2] is scratch. */
export function attentionBack(
  on: Recorder,
  io: Record<'q' | 'k' | 'v' | 'positions' | 'y' | 'dy' | 'dq' | 'dk' | 'dv' | 'sums', GPUBuffer>,
  { heads, kvHeads, headSize, window }: HeadShape & { window: number },
): readonly Node[] {
  const vec = headSize % 4 === 0;
  const constants = {
    GRID_X: MAX_GRID,
    VEC: vec ? 'vec4f' : 'f32',
    DOT: vec ? 'dot' : 'product',
    SCALAR: !vec,
    PARTS: vec ? headSize / 4 : headSize,
  };
  const shared = { constants, shape: [heads, heads / kvHeads, window] };
  return [
    node(on, {
      ...shared,
      kernel: 'back/attention-queries',
      label: 'attention back: queries',
      bindings: 'uurrrrrrww',
      buffers: [io.q, io.k, io.v, io.positions, io.y, io.dy, io.dq, io.sums],
      grid: ({ rows }) => wide(Math.ceil((rows * heads) / LANES)),
    }),
    node(on, {
      ...shared,
      kernel: 'back/attention-keys',
      label: 'attention back: keys',
      bindings: 'uurrrrrrww',
      buffers: [io.q, io.k, io.v, io.positions, io.dy, io.sums, io.dk, io.dv],
      grid: ({ rows }) => wide(Math.ceil((rows * kvHeads) / LANES)),
    }),
  ];
}

/** Gradient of qkv from those of turned queries (scaled), keys and values; `norms` as in `rope`. */
export function ropeBack(
  on: Recorder,
  io: Record<'qkv' | 'turn' | 'positions' | 'dq' | 'dk' | 'dv' | 'dx', GPUBuffer> & { norms: GPUBuffer | null },
  { heads, kvHeads, headSize, pairs, byHead, eps }: RopeShape,
): Node {
  return node(on, {
    kernel: 'back/rope',
    label: 'rope back',
    constants: { GRID_X: MAX_GRID, QK_NORM: io.norms !== null, BY_HEAD: byHead },
    bindings: 'uurrrrrrrw',
    shape: [heads, kvHeads, headSize, pairs],
    floats: [1 / Math.sqrt(headSize), eps],
    buffers: [io.qkv, io.turn, io.positions, io.norms ?? io.turn, io.dq, io.dk, io.dv, io.dx],
    grid: ({ rows }) => wide(Math.ceil((rows * (heads + 2 * kvHeads)) / LANES)),
  });
}

/** dx (+)= gradient of a norm's input; with `from`, row t takes row from[t] of dy, and 0 where from[t] is 2^32 - 1. */
export function normBack(
  on: Recorder,
  io: { x: GPUBuffer; weight: GPUBuffer; dy: GPUBuffer; from: GPUBuffer | null; dx: GPUBuffer },
  { width, eps, layer, add }: { width: number; eps: number; layer: boolean; add: boolean },
): Node {
  return node(on, {
    kernel: 'back/norm',
    label: 'norm back',
    constants: { LAYER: layer, ADD: add, SCATTER: io.from !== null },
    bindings: 'uurrrrw',
    shape: [width],
    floats: [eps],
    buffers: [io.x, io.weight, io.dy, io.from ?? io.weight, io.dx],
    grid: ({ rows }) => [Math.ceil(rows / 16), 1],
  });
}

/** ds from s and dy[T, width]; see `gate`. */
export function gateBack(
  on: Recorder,
  io: Record<'s' | 'dy' | 'ds', GPUBuffer>,
  { width, activation, gated }: { width: number; activation: Activation; gated: boolean },
): Node {
  return node(on, {
    kernel: 'back/gate',
    label: 'gate back',
    constants: { GATED: gated, [ACTIVATION[activation]]: true },
    bindings: 'uurrw',
    shape: [width],
    buffers: [io.s, io.dy, io.ds],
    grid: ({ rows }) => [Math.ceil(width / LANES), rows],
  });
}

/** y[P, columns], logits without bias of tokens first.. -> weights (softmax - one at the target), in place. */
export function softmaxBack(
  on: Recorder,
  io: Record<'targets' | 'weights' | 'logit' | 'logprob' | 'y', GPUBuffer> & { bias: GPUBuffer | null },
  { columns, first, vocab }: { columns: number; first: number; vocab: number },
): Node {
  return node(on, {
    kernel: 'back/softmax',
    label: 'softmax back',
    constants: { BIAS: io.bias !== null },
    bindings: 'uurrrrrw',
    shape: [columns, first, vocab],
    buffers: [io.bias ?? io.weights, io.targets, io.weights, io.logit, io.logprob, io.y],
    grid: ({ scored }) => [scored === 0 ? 0 : Math.ceil(columns / LANES), scored],
  });
}

/**
 * y[rows, width] += scale l[T, rows]^T r[T, width]. With `owner` [rows], only `columns` from owner[row] on are written
 * (2^32 - 1: none); runs of rows with one owner start at multiples of `unit`.
 */
export function outer(
  on: Recorder,
  io: { label: string; l: GPUBuffer; r: GPUBuffer; owner: GPUBuffer | null; y: Bound },
  shape: { rows: number; columns: number; width: number; unit: number; scale: number },
): Node {
  const { unit, scale } = shape;
  const sizes = [shape.rows, shape.columns, shape.width];
  const aligned = [unit, ...sizes].every((size) => size % 4 === 0);
  const [rows, columns, width] = aligned ? sizes.map((size) => size / 4) : sizes;
  const perLane = 2;
  return node(on, {
    kernel: 'back/outer',
    label: io.label,
    constants: {
      GRID_X: MAX_GRID,
      OWNED: io.owner !== null,
      ALIGNED: aligned,
      VEC: aligned ? 'vec4f' : 'f32',
      M: aligned ? 4 : 1,
      N: perLane,
    },
    bindings: 'uurrrw',
    shape: [rows!, columns!, width!],
    floats: [scale],
    buffers: [io.l, io.r, io.owner ?? io.l, io.y],
    grid: () => wide(Math.ceil((rows! * Math.ceil(columns! / perLane)) / 16)),
  });
}

/** y (+)= x[T, width] with `share` of it left out by a hash of `key` and `place`, and the rest over 1 - share. */
export function dropout(
  on: Recorder,
  io: Record<'x' | 'key' | 'y', GPUBuffer>,
  { width, place, share, add }: { width: number; place: number; share: number; add: boolean },
): Node {
  return node(on, {
    kernel: 'back/dropout',
    label: 'dropout',
    constants: { ADD: add },
    bindings: 'uurrw',
    shape: [width, place, Math.floor(share * 2 ** 32)],
    floats: [1 / (1 - share)],
    buffers: [io.x, io.key, io.y],
    grid: ({ rows }) => [Math.ceil(width / LANES), rows],
  });
}

/** Elements that one partial sum of `squares` covers. */
const SQUARES_RUN = 4096;

/** Partial sums that `squares` writes for `count` elements. */
export function squareSums(count: number): number {
  return Math.ceil(count / SQUARES_RUN);
}

/** y[squareSums(count)] = partial sums of the squares of x[count]. */
export function squares(on: Recorder, io: Record<'x' | 'y', GPUBuffer>, count: number): Node {
  return node(on, {
    kernel: 'back/squares',
    label: 'squares',
    constants: {},
    bindings: 'uurw',
    shape: [count, SQUARES_RUN],
    buffers: [io.x, io.y],
    grid: () => [squareSums(count), 1],
  });
}

/** What a step of AdamW multiplies with, in the order of adamw.wgsl. */
export interface Hyper {
  readonly rate: number;
  readonly decay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly clip: number; // factor of the gradient
  readonly step: number; // from 1
}

/** Worked out in f64, so that the corrections of the first steps keep their digits. */
export function hyperOf({ rate, decay, beta1, beta2, eps, clip, step }: Hyper): Float32Array<ArrayBuffer> {
  const moved = rate / (1 - beta1 ** step);
  const root = 1 / Math.sqrt(1 - beta2 ** step);
  return Float32Array.of(1 - rate * decay, moved, beta1, 1 - beta1, beta2, 1 - beta2, eps, root, clip);
}

/**
 * p[rows, columns] after a step; `turned` [columns, rows] and, where it is given, `applied` = scale p. `hyper`: as
 * `hyperOf` has it.
 */
export function adamw(
  on: Recorder,
  io: Record<'hyper' | 'p' | 'first' | 'second' | 'turned', GPUBuffer> & { gradient: Bound; applied: GPUBuffer | null },
  { rows, columns, scale }: { rows: number; columns: number; scale: number },
): Node {
  const { hyper, gradient, p, first, second, turned, applied } = io;
  return node(on, {
    kernel: 'back/adamw',
    label: 'adamw',
    constants: { GRID_X: MAX_GRID, SCALED: applied !== null },
    bindings: applied === null ? 'uurrwwww' : 'uurrwwwww',
    shape: [rows, columns],
    floats: [scale],
    buffers: [hyper, gradient, p, first, second, turned, ...(applied === null ? [] : [applied])],
    grid: () => wide(Math.ceil((rows * columns) / LANES)),
  });
}
