// The whole network in f64, made of the twins alone: the engine's results are measured against it.

import type { Checkpoint } from '../../../formats/checkpoint/checkpoint.ts';
import { settleHead } from '../../../formats/checkpoint/head.ts';
import type { Tap } from '../../../formats/checkpoint/matrices.ts';
import { resolveTensors } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { pack } from '../../engine/forward/pack.ts';
import { ropeFrequencies } from '../../engine/forward/rope.ts';
import { type Adapter, DENSE, type Steer, type Top } from '../../engine/types.ts';
import type { MaskTensor } from '../../kernels/types.ts';
import { activation, gated } from '../activation.ts';
import { attention, type RowTable } from '../attention.ts';
import { embed } from '../embed.ts';
import { expand } from '../expand.ts';
import { matmul } from '../matmul.ts';
import { layernorm, rmsnorm } from '../norm.ts';
import { rope, splitHeads } from '../rope.ts';
import { steer } from '../steer.ts';
import { gatherRows } from './gather-rows.ts';
import { scoreTargets, top } from './log-softmax.ts';
import { type ReferenceLayer, type ReferenceMatrix, type ReferenceNorm, readWeights } from './weights.ts';

/** A network in f64. All results are natural logarithms or activations, unrounded. */
export interface ReferenceModel {
  /** The residual stream after the last layer and its norm, of packed rows: [T, hidden]. */
  hidden(batch: RowTable & { readonly tokens: Uint32Array }): Float64Array;
  /** Next-token logits after each token: T arrays of [vocab]. */
  logits(tokens: Uint32Array): readonly Float64Array[];
  /** log p(tokens[i + 1] | tokens[0..i]): [T - 1]. */
  logprobs(tokens: Uint32Array): Float64Array;
  /** What enters the matrices of each tap, by layer: [T, channels]. */
  taps(tokens: Uint32Array): readonly Readonly<Record<Tap, Float64Array>>[];
  /** The residual stream after each layer: [T, hidden]. */
  states(tokens: Uint32Array): readonly Float64Array[];
  /** The n likeliest tokens after `tokens`, best first. */
  top(tokens: Uint32Array, n: number): Top;
  /** The n tokens that greedy decoding adds. */
  greedy(tokens: Uint32Array, n: number): readonly number[];
}

/** Masks by the weight's name in the checkpoint, a low-rank update that no mask touches, and edits between layers. */
export interface ReferenceMask {
  readonly tensors: ReadonlyMap<string, MaskTensor>;
  readonly gamma?: number;
  readonly adapter?: Adapter;
  readonly steer?: Steer;
}

/** Reads the whole checkpoint into f64, masked or not: for small models. Throws as `resolveTensors` does. */
export async function referenceModel(
  spec: Spec,
  checkpoint: Checkpoint,
  mask: ReferenceMask | null = null,
): Promise<ReferenceModel> {
  const parts = await settleHead(resolveTensors(spec, checkpoint));
  const weights = await readWeights(parts);
  if (mask !== null) applyMask(parts, weights, mask);
  const rotations = new Map<number, { cos: Float64Array; sin: Float64Array }>();

  const rotate = (x: Float64Array, heads: number, positions: ArrayLike<number>): Float64Array => {
    if (spec.rope === null) return x;
    const length = Array.from(positions).reduce((a, b) => Math.max(a, b), 0) + 1;
    const table = rotations.get(length) ?? rotationTable(spec.rope, length);
    rotations.set(length, table);
    return rope(x, positions, table, { heads, headSize: spec.headSize, dims: spec.rope.dims });
  };
  const norm = (x: Float64Array, { weight, bias }: ReferenceNorm): Float64Array =>
    bias === null ? rmsnorm(x, weight, spec.normEps) : layernorm(x, weight, bias, spec.normEps);

  const mlp = (x: Float64Array, layer: ReferenceLayer): Float64Array => {
    const up = linear(x, layer.up);
    return layer.gate === null ? activation(up, spec.activation) : gated(linear(x, layer.gate), up, spec.activation);
  };
  const forwardLayer = (
    x: Float64Array,
    layer: ReferenceLayer,
    table: RowTable,
    window: number,
    tapped?: (taps: Readonly<Record<Tap, Float64Array>>) => void,
  ): Float64Array => {
    const { heads, kvHeads, headSize } = spec;
    const qkv = norm(x, layer.norm1);
    const [queries, keys, v] = splitHeads(linear(qkv, layer.qkv), spec);
    const normed = (part: Float64Array, at: 0 | 1): Float64Array =>
      layer.qkNorm === null
        ? part
        : rmsnorm(part, layer.qkNorm.subarray(at * headSize, (at + 1) * headSize), spec.normEps);
    const q = rotate(normed(queries, 0), heads, table.positions);
    const k = rotate(normed(keys, 1), kvHeads, table.positions);
    const o = attention(q, k, v, table, { heads, kvHeads, headSize, window });
    const attended = linear(o, layer.o, x);
    const up = norm(spec.parallel ? x : attended, layer.norm2);
    const down = mlp(up, layer);
    tapped?.({ qkv, o, up, down });
    return linear(down, layer.down, attended);
  };
  const run = (
    batch: RowTable & { readonly tokens: Uint32Array },
    tapped?: (taps: Readonly<Record<Tap, Float64Array>>) => void,
    after?: (x: Float64Array) => void,
  ): Float64Array => {
    let x = embed(
      batch.tokens,
      batch.positions,
      weights.embedding.weight,
      weights.positions?.weight ?? null,
      spec.hidden,
    );
    weights.layers.forEach((layer, index) => {
      x = forwardLayer(x, layer, batch, spec.windows[index]!, tapped);
      for (const { kind, vector, scale } of mask?.steer?.edits.filter((edit) => edit.layer === index) ?? []) {
        const norm = Math.hypot(...vector);
        const along = Float64Array.from(vector, (value) => (kind === 'project' ? value / norm : value));
        x = steer(x, along, kind === 'project' ? -scale : scale, kind === 'project');
      }
      after?.(x);
    });
    return norm(x, weights.norm);
  };
  const hidden: ReferenceModel['hidden'] = (batch) => run(batch);
  const last = (tokens: Uint32Array): Float64Array =>
    linear(hidden(sequence(tokens)).subarray(-spec.hidden), weights.head);

  return {
    hidden,
    logits(tokens) {
      const all = linear(hidden(sequence(tokens)), weights.head);
      return Array.from(tokens, (_, t) => all.subarray(t * spec.vocab, (t + 1) * spec.vocab));
    },
    logprobs(tokens) {
      if (tokens.length < 2) return new Float64Array(0);
      const [batch] = pack([{ tokens, from: 1, variant: DENSE }], tokens.length);
      const scored = linear(gatherRows(hidden(batch!), batch!.scored, spec.hidden), weights.head);
      return scoreTargets(scored, batch!.targets, spec.vocab).logprobs;
    },
    taps(tokens) {
      const found: Readonly<Record<Tap, Float64Array>>[] = [];
      run(sequence(tokens), (taps) => found.push(taps));
      return found;
    },
    states(tokens) {
      const found: Float64Array[] = [];
      run(sequence(tokens), undefined, (x) => found.push(x));
      return found;
    },
    top: (tokens, n) => top(last(tokens), 0, spec.vocab, n),
    greedy(tokens, n) {
      const ids = Array.from(tokens);
      for (let step = 0; step < n; step++) ids.push(top(last(Uint32Array.from(ids)), 0, spec.vocab, 1)[0]![0]);
      return ids.slice(tokens.length);
    },
  };
}

/** Masks the weights in place; stacked matrices are masked tensor by tensor. */
function applyMask(
  parts: ReturnType<typeof resolveTensors>,
  weights: Awaited<ReturnType<typeof readWeights>>,
  { tensors, gamma = 0, adapter }: ReferenceMask,
): void {
  weights.layers.forEach((layer, index) => {
    for (const role of ['qkv', 'o', 'gate', 'up', 'down'] as const) {
      const part = parts.layers[index]![role];
      const matrix = layer[role];
      let start = 0;
      part?.names.forEach((name, k) => {
        const size = part.sources[k]!.shape.reduce((product, n) => product * n, 1);
        const tensor = tensors.get(name);
        if (tensor !== undefined)
          matrix!.weight.set(expand(matrix!.weight.subarray(start, start + size), tensor, gamma), start);
        const update = adapter?.tensors.get(name);
        if (adapter !== undefined && update !== undefined)
          addLowRank(matrix!.weight.subarray(start, start + size), adapter, update);
        start += size;
      });
    }
  });
}

/** weight += (alpha / rank) B A. */
function addLowRank(
  weight: Float64Array,
  { rank, alpha }: Adapter,
  { a, b }: { readonly a: Float32Array; readonly b: Float32Array },
): void {
  const columns = a.length / rank;
  for (let row = 0; row < b.length / rank; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[r * columns + column]!;
      weight[row * columns + column]! += (alpha / rank) * sum;
    }
  }
}

/** One sequence as its own batch: row t at position t. */
function sequence(tokens: Uint32Array): RowTable & { readonly tokens: Uint32Array } {
  const rows = Uint32Array.from(tokens.keys());
  return { tokens, positions: rows, path: new Uint32Array(tokens.length), rows };
}

function linear(x: Float64Array, { weight, columns: k, bias }: ReferenceMatrix, residual?: Float64Array): Float64Array {
  return matmul(x, weight, k, { bias, residual: residual ?? null });
}

/** cos and sin of the rotations: [positions, dims / 2] each. */
export function rotationTable(
  rotary: NonNullable<Spec['rope']>,
  positions: number,
): { readonly cos: Float64Array; readonly sin: Float64Array } {
  const frequencies = ropeFrequencies(rotary);
  const angle = (at: number): number => Math.floor(at / frequencies.length) * frequencies[at % frequencies.length]!;
  const length = positions * frequencies.length;
  return {
    cos: Float64Array.from({ length }, (_, at) => Math.cos(angle(at))),
    sin: Float64Array.from({ length }, (_, at) => Math.sin(angle(at))),
  };
}
