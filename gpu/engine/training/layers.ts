// The nodes of a training step: a forward pass that keeps the residual stream before each layer, the head with its
// cross-entropy by blocks of the vocabulary, and back through the layers, each computed again from what was kept.

import { BenchError } from '../../../base/error.ts';
import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Node } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import * as training from '../../kernels/training/index.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import type { TrainFlow } from './buffers.ts';
import { trainHead } from './head.ts';
import type { TapParameters } from './parameters.ts';

/** What a step runs, in its order: each list is submitted by itself. */
export interface TrainNodes {
  readonly forward: readonly (readonly Node[])[];
  readonly head: readonly Node[];
  readonly backward: readonly (readonly Node[])[];
}

export function trainNodes(
  on: kernels.Recorder,
  spec: Spec,
  weights: DeviceWeights,
  flow: TrainFlow,
  parameters: readonly TapParameters[],
  { dropout, scale }: { readonly dropout: number; readonly scale: number },
): TrainNodes {
  const { heads, kvHeads, headSize, hidden, ffn, activation, gated, parallel, normEps: eps } = spec;
  const shape = { heads, kvHeads, headSize };
  const rotary = { ...shape, pairs: (spec.rope?.dims ?? 0) / 2, byHead: spec.qkvByHead, eps };
  const layer = spec.norm === 'layer';
  const found = (index: number, tap: Tap): TapParameters | undefined =>
    parameters.find((one) => one.layer === index && one.tap === tap);
  const layers = weights.layers.map((_, index) => index);
  const lowest = Math.min(...parameters.map((one) => one.layer));

  /** What enters A: x, or what dropout leaves of it. */
  const entering = (one: TapParameters, x: GPUBuffer): readonly [GPUBuffer, readonly Node[]] => {
    if (dropout === 0) return [x, []];
    const width = one.down.columns;
    const io = { x, key: flow.key, y: flow.left };
    return [flow.left, [training.dropout(on, io, { width, place: one.place, share: dropout, add: false })]];
  };

  /** y = W x + B A x, or what `how` says of W x; without y only A x, which the gradient of B needs. */
  const product = (
    index: number,
    tap: Tap,
    x: GPUBuffer,
    y: GPUBuffer | null,
    how: kernels.MatmulOptions = {},
  ): readonly Node[] => {
    const w = weights.layers[index]![tap];
    const one = found(index, tap);
    const nodes = y === null ? [] : [...kernels.matmul(on, { x, w, y }, how)];
    if (one === undefined) return nodes;
    const [entered, left] = entering(one, x);
    nodes.push(...left, ...kernels.matmul(on, { x: entered, w: one.down, y: flow[`low ${tap}`] }));
    if (y !== null) nodes.push(...kernels.matmul(on, { x: flow[`low ${tap}`], w: one.up, y }, { residual: true }));
    return nodes;
  };

  const normalise = (index: number, which: 0 | 1, x: GPUBuffer): Node =>
    kernels.norm(
      on,
      {
        label: `norm${which + 1}`,
        x,
        ...weights.layers[index]![which === 0 ? 'norm1' : 'norm2'],
        from: null,
        y: which === 0 ? flow.normed1 : flow.normed2,
      },
      { width: hidden, eps, over: 'rows' },
    );

  /** Layer `index` from what is kept before it to what is kept after it; again, it ends before its last product. */
  const through = (index: number, again: boolean): readonly Node[] => {
    const x = flow.kept[index]!;
    const into = parallel ? flow.kept[index + 1]! : flow.between;
    const next = again ? null : flow.kept[index + 1]!;
    const { q, k, v, qkv, attended } = flow;
    const cache = { k, v, cacheRows: flow.line };
    return [
      normalise(index, 0, x),
      ...product(index, 'qkv', flow.normed1, qkv),
      kernels.rope(on, { ...flow, ...cache, norms: weights.layers[index]!.qkNorm }, rotary),
      kernels.attention(
        on,
        { q, k, v, positions: flow.positions, path: flow.path, rows: flow.line, y: attended },
        { ...shape, window: spec.windows[index]! },
      ),
      ...product(index, 'o', attended, parallel && again ? null : into, { base: x }),
      normalise(index, 1, parallel ? x : into),
      ...product(index, 'up', flow.normed2, flow.sum),
      kernels.activation(on, { s: flow.sum, y: flow.inner }, { width: ffn, activation, gated }),
      ...product(index, 'down', flow.inner, next, parallel ? { residual: true } : { base: into }),
    ];
  };

  /** From dy to the gradients of the update and, where it is wanted, of x. */
  const backThrough = (index: number, tap: Tap, x: GPUBuffer, dy: GPUBuffer, dx: GPUBuffer | null): readonly Node[] => {
    const w = weights.layers[index]![tap];
    const one = found(index, tap);
    const nodes: Node[] = [];
    if (dx !== null) {
      nodes.push(...training.transpose(on, { w, y: flow.transposed }));
      nodes.push(...kernels.matmul(on, { x: dy, w: over(w, flow.transposed), y: dx }));
    }
    if (one === undefined) return nodes;
    const { dlow } = flow;
    const [entered, left] = entering(one, x);
    const rank = one.rank / one.tensors.length;
    nodes.push(
      ...kernels.matmul(on, { x: dy, w: over(one.up, one.b.transposed), y: dlow }),
      training.outer(
        on,
        { label: 'gradient of b', l: dy, r: flow[`low ${tap}`], owner: one.owner, y: one.b.gradient },
        { rows: w.rows, columns: rank, width: one.rank, unit: one.unit, scale },
      ),
      ...left,
      training.outer(
        on,
        { label: 'gradient of a', l: dlow, r: entered, owner: null, y: one.a.gradient },
        { rows: one.rank, columns: w.columns, width: w.columns, unit: one.rank, scale: 1 },
      ),
    );
    if (dx === null) return nodes;
    const up = { x: dlow, w: over(one.down, one.a.transposed) };
    if (dropout === 0) return [...nodes, ...kernels.matmul(on, { ...up, y: dx }, { residual: true })];
    return [
      ...nodes,
      ...kernels.matmul(on, { ...up, y: flow.left }),
      training.dropout(
        on,
        { x: flow.left, key: flow.key, y: dx },
        { width: w.columns, place: one.place, share: dropout, add: true },
      ),
    ];
  };

  const normBack = (index: number, which: 0 | 1, x: GPUBuffer, dy: GPUBuffer): Node => {
    const { weight } = weights.layers[index]![which === 0 ? 'norm1' : 'norm2'];
    return training.normBack(on, { x, weight, dy, from: null, dx: flow.dx }, { width: hidden, eps, layer, add: true });
  };

  const backward = (index: number): readonly Node[] => {
    const { between, dx, dnormed1, dqkv, dattended, dinner, dsum } = flow;
    const x = flow.kept[index]!;
    const more = index > lowest;
    const dsecond = parallel ? flow.dnormed2 : dnormed1;
    const attention = { ...shape, window: spec.windows[index]! };
    const second = normBack(index, 1, parallel ? x : between, dsecond);
    return [
      // What the forward pass left of the last layer is still there.
      ...(index === layers.length - 1 ? [] : through(index, true)),
      ...backThrough(index, 'down', flow.inner, dx, dinner),
      training.activationBack(on, { s: flow.sum, dy: dinner, ds: dsum }, { width: ffn, activation, gated }),
      ...backThrough(index, 'up', flow.normed2, dsum, dsecond),
      ...(parallel ? [] : [second]),
      ...backThrough(index, 'o', flow.attended, dx, dattended),
      training.attentionQueriesBack(on, { ...flow, y: flow.attended, dy: dattended }, attention),
      training.attentionKeysBack(on, { ...flow, dy: dattended }, attention),
      training.ropeBack(on, { ...flow, norms: weights.layers[index]!.qkNorm, dx: dqkv }, rotary),
      ...backThrough(index, 'qkv', flow.normed1, dqkv, more ? dnormed1 : null),
      ...(more ? [normBack(index, 0, x, dnormed1)] : []),
      ...(more && parallel ? [second] : []),
    ];
  };

  return {
    forward: [
      kernels.embed(on, { ...flow, table: weights.embedding, learned: weights.learned, x: flow.kept[0]! }),
      ...layers.map((index) => through(index, false)),
    ],
    head: trainHead(on, spec, weights, flow),
    backward: layers
      .filter((index) => index >= lowest)
      .reverse()
      .map(backward),
  };
}

/** `w` transposed, in the buffer `transposed`. */
function over(w: kernels.DeviceMatrix, transposed: GPUBuffer): kernels.DeviceMatrix {
  const chunks = [{ first: 0, rows: w.columns, buffer: transposed }];
  return { label: `${w.label} transposed`, rows: w.columns, columns: w.rows, format: 'f32', chunks, bias: null };
}

/** Throws `bad-trainer` where a gated matrix is held in parts: the rows of its product are not in their order then. */
export function checkHeld(spec: Spec, weights: DeviceWeights): void {
  const split = spec.gated ? weights.layers.find(({ up }) => up.chunks.length > 1) : undefined;
  if (split === undefined) return;
  throw new BenchError('bad-trainer', `${split.up.label} is held in parts, and is not trained so`, {
    hint: 'train on an adapter that binds larger buffers (bench doctor lists the limits)',
  });
}
