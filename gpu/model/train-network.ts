// The nodes of a training step: a forward pass that keeps the residual stream before each layer, the head with its
// cross-entropy by blocks of the vocabulary, and back through the layers, each computed again from what was kept.

import { BenchError } from '../error.ts';
import * as back from '../kernels/back/index.ts';
import { gate } from '../kernels/gate.ts';
import * as kernels from '../kernels/index.ts';
import type { Node } from '../plan.ts';
import { tapWidth } from './network.ts';
import type { Spec } from './spec.ts';
import type { TapParameters } from './train-parameters.ts';
import type { Tap } from './types.ts';
import type { DeviceWeights } from './weights.ts';

const TAPS: readonly Tap[] = ['qkv', 'o', 'up', 'down'];
/** Most tokens of the vocabulary whose logits exist at once. */
const MAX_VOCAB_BLOCK = 2048;

/** Tokens of a block, so that all blocks are nearly full; a multiple of what one load holds. */
function vocabBlock(vocab: number): number {
  return 4 * Math.ceil(vocab / Math.ceil(vocab / MAX_VOCAB_BLOCK) / 4);
}

/** Buffers of a step; T rows, P of them with a target. What has the name of an activation and a d before is its gradient. */
export interface TrainFlow {
  readonly tokens: GPUBuffer; // [T]
  readonly positions: GPUBuffer; // [T]
  readonly path: GPUBuffer; // [T]: row of the sequence's first token
  readonly line: GPUBuffer; // [T]: 0, 1, 2, ...
  readonly scored: GPUBuffer; // [P] rows
  readonly targets: GPUBuffer; // [P]
  readonly weights: GPUBuffer; // [P], f32
  readonly from: GPUBuffer; // [T]: the row's place among the scored, or 2^32 - 1
  readonly key: GPUBuffer; // of the dropout
  readonly turn: GPUBuffer;
  readonly kept: readonly GPUBuffer[]; // [T, hidden] before each layer, and after the last
  readonly between: GPUBuffer; // [T, hidden] after attention
  readonly normed: readonly [GPUBuffer, GPUBuffer]; // [T, hidden] by norm
  readonly qkv: GPUBuffer;
  readonly q: GPUBuffer;
  readonly k: GPUBuffer;
  readonly v: GPUBuffer;
  readonly attended: GPUBuffer;
  readonly sum: GPUBuffer; // [T, (1 or 2) ffn] before the activation
  readonly inner: GPUBuffer; // [T, ffn]
  readonly low: Readonly<Record<Tap, GPUBuffer>>; // [T, rank of the tap]
  readonly dlow: GPUBuffer;
  readonly left: GPUBuffer; // [T, widest tap], after dropout; 16 bytes without
  readonly dx: GPUBuffer; // [T, hidden]
  readonly dnormed: readonly [GPUBuffer, GPUBuffer];
  readonly dqkv: GPUBuffer;
  readonly dq: GPUBuffer;
  readonly dk: GPUBuffer;
  readonly dv: GPUBuffer;
  readonly dattended: GPUBuffer;
  readonly sums: GPUBuffer; // [T, heads, 2]
  readonly dsum: GPUBuffer;
  readonly dinner: GPUBuffer;
  readonly turned: GPUBuffer; // the matrix that a gradient goes back through, transposed, f32
  readonly last: GPUBuffer; // [P, hidden]
  readonly dlast: GPUBuffer;
  readonly block: GPUBuffer; // [block of the vocabulary, hidden]
  readonly logits: GPUBuffer; // [P, block of the vocabulary]
  readonly part: GPUBuffer;
  readonly best: GPUBuffer;
  readonly logit: GPUBuffer;
  readonly logprob: GPUBuffer;
  readonly greedy: GPUBuffer;
}

/** Words of each buffer of the flow but the tables; `rows` T, of which all may have targets. */
export function flowWords(
  spec: Spec,
  rows: number,
  ranks: Readonly<Record<Tap, number>>,
  dropout: boolean,
): Readonly<Record<string, number>> {
  const { hidden, ffn, heads, kvHeads, headSize, vocab, gated } = spec;
  const queries = heads * headSize;
  const keys = kvHeads * headSize;
  const wide = (gated ? 2 : 1) * ffn;
  const widest = Math.max(...TAPS.map((tap) => tapWidth(spec, tap)));
  const rank = Math.max(...Object.values(ranks));
  const blocks = kernels.headBlocks(vocab);
  const matrices = [(queries + 2 * keys) * hidden, queries * hidden, wide * hidden, ffn * hidden];
  const perRow = {
    between: hidden,
    normed1: hidden,
    normed2: hidden,
    qkv: queries + 2 * keys,
    q: queries,
    k: keys,
    v: keys,
    attended: queries,
    sum: wide,
    inner: ffn,
    dlow: rank,
    left: dropout ? widest : 0,
    dx: hidden,
    dnormed1: hidden,
    dnormed2: spec.parallel ? hidden : 0,
    dqkv: queries + 2 * keys,
    dq: queries,
    dk: keys,
    dv: keys,
    dattended: queries,
    sums: 2 * heads,
    dsum: wide,
    dinner: ffn,
    last: hidden,
    dlast: hidden,
    logits: vocabBlock(vocab),
    part: 2 * blocks,
    best: blocks,
    logit: 1,
    logprob: 1,
    greedy: 1,
    tokens: 1,
    positions: 1,
    path: 1,
    line: 1,
    scored: 1,
    targets: 1,
    weights: 1,
    from: 1,
    'low qkv': ranks.qkv,
    'low o': ranks.o,
    'low up': ranks.up,
    'low down': ranks.down,
  };
  return {
    ...Object.fromEntries(Object.entries(perRow).map(([name, words]) => [name, rows * words])),
    key: 4,
    turned: Math.max(...matrices, vocabBlock(vocab) * hidden),
    block: vocabBlock(vocab) * hidden,
  };
}

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
  const turned = { ...shape, pairs: (spec.rope?.dims ?? 0) / 2, byHead: spec.qkvByHead, eps };
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
    return [flow.left, [back.dropout(on, io, { width, place: one.place, share: dropout, add: false })]];
  };

  /** y (+)= W x + B A x; without y only A x, which the gradient of B needs. */
  const product = (index: number, tap: Tap, x: GPUBuffer, y: GPUBuffer | null, residual = false): readonly Node[] => {
    const w = weights.layers[index]![tap];
    const one = found(index, tap);
    const nodes = y === null ? [] : [...kernels.matmul(on, { x, w, y }, { residual })];
    if (one === undefined) return nodes;
    const [entered, left] = entering(one, x);
    nodes.push(...left, ...kernels.matmul(on, { x: entered, w: one.down, y: flow.low[tap] }));
    if (y !== null) nodes.push(...kernels.matmul(on, { x: flow.low[tap], w: one.up, y }, { residual: true }));
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
        y: flow.normed[which],
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
      ...(parallel && again ? [] : [back.copy(on, { x, y: into }, hidden)]),
      normalise(index, 0, x),
      ...product(index, 'qkv', flow.normed[0], qkv),
      kernels.rope(on, { ...flow, ...cache, norms: weights.layers[index]!.qkNorm }, turned),
      kernels.attention(
        on,
        { q, k, v, positions: flow.positions, path: flow.path, rows: flow.line, y: attended },
        { ...shape, window: spec.windows[index]! },
      ),
      ...product(index, 'o', attended, parallel && again ? null : into, true),
      normalise(index, 1, parallel ? x : into),
      ...product(index, 'up', flow.normed[1], flow.sum),
      gate(on, { s: flow.sum, y: flow.inner }, { width: ffn, activation, gated }),
      ...(parallel || next === null ? [] : [back.copy(on, { x: into, y: next }, hidden)]),
      ...product(index, 'down', flow.inner, next, true),
    ];
  };

  /** From dy to the gradients of the update and, where it is wanted, of x. */
  const backThrough = (index: number, tap: Tap, x: GPUBuffer, dy: GPUBuffer, dx: GPUBuffer | null): readonly Node[] => {
    const w = weights.layers[index]![tap];
    const one = found(index, tap);
    const nodes: Node[] = [];
    if (dx !== null) {
      nodes.push(...back.transpose(on, { w, y: flow.turned }));
      nodes.push(...kernels.matmul(on, { x: dy, w: over(w, flow.turned), y: dx }));
    }
    if (one === undefined) return nodes;
    const { low, dlow } = flow;
    const [entered, left] = entering(one, x);
    const rank = one.rank / one.tensors.length;
    nodes.push(
      ...kernels.matmul(on, { x: dy, w: over(one.up, one.b.turned), y: dlow }),
      back.outer(
        on,
        { label: 'gradient of b', l: dy, r: low[tap], owner: one.owner, y: one.b.gradient },
        { rows: w.rows, columns: rank, width: one.rank, unit: one.unit, scale },
      ),
      ...left,
      back.outer(
        on,
        { label: 'gradient of a', l: dlow, r: entered, owner: null, y: one.a.gradient },
        { rows: one.rank, columns: w.columns, width: w.columns, unit: one.rank, scale: 1 },
      ),
    );
    if (dx === null) return nodes;
    const up = { x: dlow, w: over(one.down, one.a.turned) };
    if (dropout === 0) return [...nodes, ...kernels.matmul(on, { ...up, y: dx }, { residual: true })];
    return [
      ...nodes,
      ...kernels.matmul(on, { ...up, y: flow.left }),
      back.dropout(
        on,
        { x: flow.left, key: flow.key, y: dx },
        { width: w.columns, place: one.place, share: dropout, add: true },
      ),
    ];
  };

  const normBack = (index: number, which: 0 | 1, x: GPUBuffer, dy: GPUBuffer): Node => {
    const { weight } = weights.layers[index]![which === 0 ? 'norm1' : 'norm2'];
    return back.normBack(on, { x, weight, dy, from: null, dx: flow.dx }, { width: hidden, eps, layer, add: true });
  };

  const backward = (index: number): readonly Node[] => {
    const { between, dx, dnormed, dqkv, dattended, dinner, dsum } = flow;
    const x = flow.kept[index]!;
    const more = index > lowest;
    const dsecond = dnormed[parallel ? 1 : 0];
    const second = normBack(index, 1, parallel ? x : between, dsecond);
    return [
      // What the forward pass left of the last layer is still there.
      ...(index === layers.length - 1 ? [] : through(index, true)),
      ...backThrough(index, 'down', flow.inner, dx, dinner),
      back.gateBack(on, { s: flow.sum, dy: dinner, ds: dsum }, { width: ffn, activation, gated }),
      ...backThrough(index, 'up', flow.normed[1], dsum, dsecond),
      ...(parallel ? [] : [second]),
      ...backThrough(index, 'o', flow.attended, dx, dattended),
      ...back.attentionBack(
        on,
        { ...flow, y: flow.attended, dy: dattended },
        { ...shape, window: spec.windows[index]! },
      ),
      back.ropeBack(on, { ...flow, norms: weights.layers[index]!.qkNorm, dx: dqkv }, turned),
      ...backThrough(index, 'qkv', flow.normed[0], dqkv, more ? dnormed[0] : null),
      ...(more ? [normBack(index, 0, x, dnormed[0])] : []),
      ...(more && parallel ? [second] : []),
    ];
  };

  return {
    forward: [
      kernels.embed(on, { ...flow, table: weights.embedding, learned: weights.learned, x: flow.kept[0]! }),
      ...layers.map((index) => through(index, false)),
    ],
    head: headNodes(on, spec, weights, flow),
    backward: layers
      .filter((index) => index >= lowest)
      .reverse()
      .map(backward),
  };
}

/** Loss of the scored rows, and its gradient down to the residual stream after the last layer. */
function headNodes(on: kernels.Recorder, spec: Spec, weights: DeviceWeights, flow: TrainFlow): readonly Node[] {
  const { hidden, normEps: eps } = spec;
  const { head, norm } = weights;
  const { last, dlast, block, turned, logits, scored, targets } = flow;
  const x = flow.kept.at(-1)!;
  const width = vocabBlock(spec.vocab);
  const blocks = head.chunks.flatMap(({ first, rows }, chunk) =>
    Array.from({ length: Math.ceil(rows / width) }, (_, i) => {
      const from = i * width;
      return { chunk, from, first: first + from, count: Math.min(width, rows - from) };
    }),
  );
  const own = { ...head, label: 'head block', bias: null, format: 'f32' } as const;
  const across = { ...own, rows: hidden, columns: width, chunks: [{ first: 0, rows: hidden, buffer: turned }] };
  const down = { ...own, rows: width, chunks: [{ first: 0, rows: width, buffer: block }] };
  return [
    kernels.norm(on, { label: 'norm', x, ...norm, from: scored, y: last }, { width: hidden, eps, over: 'scored' }),
    ...kernels.scoreHead(on, { ...flow, x: last }, head),
    ...blocks.flatMap(({ chunk, from, first, count }, index) => [
      ...back.transpose(on, { w: head, y: turned }, { chunk, from, count, width }),
      ...back.transpose(on, { w: across, y: block }),
      ...kernels.matmul(on, { x: last, w: down, y: logits }, { over: 'scored' }),
      back.softmaxBack(
        on,
        { ...flow, targets, bias: head.bias, y: logits },
        { columns: width, first, vocab: first + count },
      ),
      ...kernels.matmul(on, { x: logits, w: across, y: dlast }, { over: 'scored', residual: index > 0 }),
    ]),
    back.normBack(
      on,
      { x, weight: norm.weight, dy: dlast, from: flow.from, dx: flow.dx },
      { width: hidden, eps, layer: spec.norm === 'layer', add: false },
    ),
  ];
}

/** `w` transposed, as `turned` holds it. */
function over(w: kernels.DeviceMatrix, turned: GPUBuffer): kernels.DeviceMatrix {
  const chunks = [{ first: 0, rows: w.columns, buffer: turned }];
  return { label: `${w.label} turned`, rows: w.columns, columns: w.rows, format: 'f32', chunks, bias: null };
}

/** Throws `bad-trainer` where a gated matrix is held in parts: the rows of its product are not in their order then. */
export function checkHeld(spec: Spec, weights: DeviceWeights): void {
  const split = spec.gated ? weights.layers.find(({ up }) => up.chunks.length > 1) : undefined;
  if (split === undefined) return;
  throw new BenchError('bad-trainer', `${split.up.label} is held in parts, and is not trained so`, {
    hint: 'train on an adapter that binds larger buffers (bench doctor lists the limits)',
  });
}
