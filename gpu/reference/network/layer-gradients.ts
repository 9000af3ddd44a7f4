// One layer forward with everything saved, and back through it; with low-rank updates of any of its matrices.

import type { LayerParts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { activation, gated } from '../activation.ts';
import { attention, type RowTable } from '../attention.ts';
import { matmul } from '../matmul.ts';
import { layernorm, rmsnorm } from '../norm.ts';
import { rope, splitHeads } from '../rope.ts';
import { activationBack, gatedBack } from '../training/activation.ts';
import { attentionKeysBack } from '../training/attention-keys.ts';
import { attentionQueriesBack } from '../training/attention-queries.ts';
import { layerNormBack, rmsNormBack } from '../training/norm.ts';
import { type HeadSteps, headsBack, joinHeads } from '../training/rope.ts';
import { type LowRank, type LowRankShape, lowRank, lowRankBack, matmulBack } from './low-rank.ts';
import type { ReferenceLayer, ReferenceMatrix, ReferenceNorm } from './weights.ts';

const ROLES = ['qkv', 'o', 'gate', 'up', 'down'] as const;
type Role = (typeof ROLES)[number];

/** A matrix and the updates of the tensors that are stacked in it; `first`: the first of a tensor's rows. */
interface Product {
  readonly matrix: ReferenceMatrix;
  readonly updates: readonly { readonly name: string; readonly first: number; readonly update: LowRank }[];
}

/** A layer and the updates of its matrices. */
export interface TrainedLayer {
  readonly weights: ReferenceLayer;
  readonly products: Readonly<Record<Role, Product | null>>;
}

/** What all layers share. */
export interface LayerRun {
  readonly spec: Spec;
  readonly shape: LowRankShape;
  readonly table: RowTable;
  readonly rotation: HeadSteps['rotation'];
}

/** What backward needs of forward; [T, width] each. */
export interface SavedLayer {
  readonly x: Float64Array;
  readonly normed1: Float64Array;
  readonly queries: Float64Array; // before norm and rotation
  readonly keys: Float64Array;
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly v: Float64Array;
  readonly o: Float64Array;
  readonly between: Float64Array; // the residual stream after attention
  readonly normed2: Float64Array;
  readonly gate: Float64Array | null;
  readonly up: Float64Array;
  readonly inner: Float64Array;
}

/** By the weight's name; a: [rank, in], b: [out, rank]. */
export type Found = Map<string, { readonly a: Float64Array; readonly b: Float64Array }>;

/** The layer with its updates; `tensors`: by the weight's name in the checkpoint. */
export function trainedLayer(
  parts: LayerParts,
  weights: ReferenceLayer,
  tensors: ReadonlyMap<string, LowRank>,
): TrainedLayer {
  const product = (role: Role): Product | null => {
    const [part, matrix] = [parts[role], weights[role]];
    if (part === null || matrix === null) return null;
    let first = 0;
    const updates = part.names.flatMap((name, i) => {
      const update = tensors.get(name);
      const at = first;
      first += part.sources[i]!.shape[part.transposed ? 1 : 0]!;
      return update === undefined ? [] : [{ name, first: at, update }];
    });
    return { matrix, updates };
  };
  const [qkv, o, gate, up, down] = ROLES.map(product);
  return { weights, products: { qkv: qkv!, o: o!, gate: gate!, up: up!, down: down! } };
}

/** x: [T, hidden], the residual stream -> that after the layer, and what backward needs. */
export function layerForward(
  x: Float64Array,
  { weights, products }: TrainedLayer,
  window: number,
  { spec, shape, table, rotation }: LayerRun,
): { readonly y: Float64Array; readonly saved: SavedLayer } {
  const { heads, kvHeads, headSize, normEps: eps } = spec;
  const apply = (role: Role, from: Float64Array, residual?: Float64Array): Float64Array =>
    productForward(from, products[role]!, shape, residual ?? null);
  const rotated = (part: Float64Array, count: number, norm: Float64Array | null): Float64Array => {
    const normed = norm === null ? part : rmsnorm(part, norm, eps);
    return rotation === null
      ? normed
      : rope(normed, table.positions, rotation, { heads: count, headSize, dims: rotation.dims });
  };
  const normed1 = normForward(x, weights.norm1, eps);
  const [queries, keys, v] = splitHeads(apply('qkv', normed1), spec);
  const q = rotated(queries, heads, headNorm(weights, headSize, 0));
  const k = rotated(keys, kvHeads, headNorm(weights, headSize, 1));
  const o = attention(q, k, v, table, { heads, kvHeads, headSize, window });
  const between = apply('o', o, x);
  const normed2 = normForward(spec.parallel ? x : between, weights.norm2, eps);
  const up = apply('up', normed2);
  const gate = products.gate === null ? null : apply('gate', normed2);
  const inner = gate === null ? activation(up, spec.activation) : gated(gate, up, spec.activation);
  const y = apply('down', inner, between);
  return { y, saved: { x, normed1, queries, keys, q, k, v, o, between, normed2, gate, up, inner } };
}

/** dy: [T, hidden] -> dx; the gradients of the layer's updates go into `found`. */
export function layerBack(
  saved: SavedLayer,
  dy: Float64Array,
  { weights, products }: TrainedLayer,
  window: number,
  { spec, shape, table, rotation }: LayerRun,
  found: Found,
): Float64Array {
  const { heads, kvHeads, headSize, normEps: eps } = spec;
  const { positions } = table;
  const applyBack = (role: Role, from: Float64Array, dFrom: Float64Array): Float64Array =>
    productBack(from, products[role]!, dFrom, shape, found);

  const dInner = applyBack('down', saved.inner, dy);
  const { gate, up, normed2 } = saved;
  const inner =
    gate === null
      ? { dGate: null, dUp: activationBack(up, dInner, spec.activation) }
      : gatedBack(gate, up, dInner, spec.activation);
  const dUp = applyBack('up', normed2, inner.dUp);
  const dNormed2 = inner.dGate === null ? dUp : sum(dUp, applyBack('gate', normed2, inner.dGate));
  const dNorm2 = normBack(spec.parallel ? saved.x : saved.between, weights.norm2, dNormed2, eps);
  // What follows attention: the residual stream itself and, one after the other, the MLP that reads it.
  const dBetween = spec.parallel ? dy : sum(dy, dNorm2);

  const { q, k, v } = saved;
  const dO = applyBack('o', saved.o, dBetween);
  const seen = { heads, kvHeads, headSize, window };
  const dq = attentionQueriesBack(q, k, v, dO, table, seen);
  const { dk, dv } = attentionKeysBack(q, k, v, dO, table, seen);
  const steps = (at: 0 | 1): HeadSteps => ({ norm: headNorm(weights, headSize, at), eps, rotation });
  const dQueries = headsBack(saved.queries, dq, positions, steps(0), { heads, headSize });
  const dKeys = headsBack(saved.keys, dk, positions, steps(1), { heads: kvHeads, headSize });
  const dNormed1 = applyBack('qkv', saved.normed1, joinHeads(dQueries, dKeys, dv, spec));
  const dx = sum(dBetween, normBack(saved.x, weights.norm1, dNormed1, eps));
  return spec.parallel ? sum(dx, dNorm2) : dx;
}

/** x: [T, width] -> its norm [T, width]: RMS norm without a bias, layer norm with one. */
export function normForward(x: Float64Array, { weight, bias }: ReferenceNorm, eps: number): Float64Array {
  return bias === null ? rmsnorm(x, weight, eps) : layernorm(x, weight, bias, eps);
}

/** x, dy: [T, width] -> dx [T, width] of `normForward`. */
export function normBack(
  x: Float64Array,
  { weight, bias }: ReferenceNorm,
  dy: Float64Array,
  eps: number,
): Float64Array {
  return (bias === null ? rmsNormBack : layerNormBack)(x, weight, dy, { width: weight.length, eps });
}

function headNorm({ qkNorm }: ReferenceLayer, headSize: number, at: 0 | 1): Float64Array | null {
  return qkNorm?.subarray(at * headSize, (at + 1) * headSize) ?? null;
}

function productForward(
  x: Float64Array,
  { matrix, updates }: Product,
  shape: LowRankShape,
  residual: Float64Array | null,
): Float64Array {
  const y = matmul(x, matrix.weight, matrix.columns, { bias: matrix.bias, residual });
  for (const { first, update } of updates) {
    const rows = update.b.length / shape.rank;
    lowRank(x, update, shape).forEach((value, i) => {
      y[Math.floor(i / rows) * matrix.rows + first + (i % rows)]! += value;
    });
  }
  return y;
}

function productBack(
  x: Float64Array,
  { matrix, updates }: Product,
  dy: Float64Array,
  shape: LowRankShape,
  found: Found,
): Float64Array {
  let dx = matmulBack(dy, matrix.weight, matrix.columns);
  for (const { name, first, update } of updates) {
    const rows = update.b.length / shape.rank;
    const own = Float64Array.from(
      { length: (dy.length / matrix.rows) * rows },
      (_, i) => dy[Math.floor(i / rows) * matrix.rows + first + (i % rows)]!,
    );
    const { dx: more, dA, dB } = lowRankBack(x, update, own, shape);
    found.set(name, { a: dA, b: dB });
    dx = sum(dx, more);
  }
  return dx;
}

function sum(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + b[i]!);
}
