// Loss and gradients of low-rank updates over the whole network in f64: a training step is measured against them.

import { BenchError } from '../../../base/error.ts';
import type { Checkpoint } from '../../../formats/checkpoint/checkpoint.ts';
import { settleHead } from '../../../formats/checkpoint/head.ts';
import { type Parts, resolveTensors } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Sample } from '../../engine/types.ts';
import type { RowTable } from '../attention.ts';
import { embed } from '../embed.ts';
import { crossEntropyBack } from './cross-entropy.ts';
import { rotationTable } from './forward.ts';
import { gatherRows } from './gather-rows.ts';
import {
  type Found,
  layerBack,
  layerForward,
  normBack,
  normForward,
  type SavedLayer,
  trainedLayer,
} from './layer-gradients.ts';
import type { LowRank } from './low-rank.ts';
import { type ReferenceWeights, readWeights } from './weights.ts';

/** A network in f64 and the names that its weights have in the checkpoint. */
export interface ReferenceNetwork {
  readonly parts: Parts;
  readonly weights: ReferenceWeights;
}

/** An `Adapter`, or one in f64. */
export interface ReferenceAdapter {
  readonly rank: number;
  readonly alpha: number;
  readonly tensors: ReadonlyMap<string, LowRank>; // by the weight's name in the checkpoint
}

/** Loss and gradients of a batch. */
export interface Gradients {
  readonly loss: number; // mean nats over all counted tokens
  readonly logprobs: Float64Array; // of the counted tokens, sample by sample
  readonly tensors: Found;
  /**
   * Of the residual stream before each layer, and after the last: [T, hidden] each; sample by sample, to - 1 rows each.
   */
  readonly perLayer: readonly Float64Array[];
}

/** Reads the whole checkpoint into f64: for small models. Throws as `resolveTensors` does. */
export async function readNetwork(spec: Spec, checkpoint: Checkpoint): Promise<ReferenceNetwork> {
  const parts = await settleHead(resolveTensors(spec, checkpoint));
  return { parts, weights: await readWeights(parts) };
}

/**
 * Samples are independent of each other; tokens[from..to) of each are predicted, from >= 1.
 * Throws `bad-adapter` for an update of what the network does not have.
 */
export function gradients(
  spec: Spec,
  { parts, weights }: ReferenceNetwork,
  { rank, alpha, tensors }: ReferenceAdapter,
  samples: readonly Sample[],
): Gradients {
  const batch = packSamples(samples);
  const positions = Math.max(...batch.positions) + 1;
  const rotation = spec.rope && { ...rotationTable(spec.rope, positions), dims: spec.rope.dims };
  const run = { spec, shape: { rank, scale: alpha / rank }, table: batch, rotation };
  const layers = weights.layers.map((layer, index) => trainedLayer(parts.layers[index]!, layer, tensors));

  const learned = weights.positions?.weight ?? null;
  let x = embed(batch.tokens, batch.positions, weights.embedding.weight, learned, spec.hidden);
  const saved: SavedLayer[] = [];
  layers.forEach((layer, index) => {
    const through = layerForward(x, layer, spec.windows[index]!, run);
    saved.push(through.saved);
    x = through.y;
  });

  const last = gatherRows(normForward(x, weights.norm, spec.normEps), batch.scored, spec.hidden);
  const each = new Float64Array(batch.targets.length).fill(1 / batch.targets.length);
  const { loss, dHidden, logprobs } = crossEntropyBack(
    last,
    weights.head.weight,
    weights.head.bias,
    batch.targets,
    each,
  );
  const dNormed = new Float64Array(x.length);
  batch.scored.forEach((row, p) => {
    dNormed.set(dHidden.subarray(p * spec.hidden, (p + 1) * spec.hidden), row * spec.hidden);
  });

  const found: Found = new Map();
  let dx = normBack(x, weights.norm, dNormed, spec.normEps);
  const perLayer = [dx];
  for (let index = layers.length - 1; index >= 0; index--) {
    dx = layerBack(saved[index]!, dx, layers[index]!, spec.windows[index]!, run, found);
    perLayer.unshift(dx);
  }
  for (const name of tensors.keys()) {
    if (!found.has(name)) throw new BenchError('bad-adapter', `the network has no matrix ${name}`);
  }
  return { loss, logprobs, tensors: found, perLayer };
}

interface Batch extends RowTable {
  readonly tokens: readonly number[]; // [T]
  readonly positions: readonly number[]; // [T]
  readonly scored: readonly number[]; // [P] rows
  readonly targets: readonly number[]; // [P]
}

/** One sequence after another, without the tokens that predict nothing. */
function packSamples(samples: readonly Sample[]): Batch {
  const [tokens, positions, path, scored, targets]: number[][] = [[], [], [], [], []];
  for (const sample of samples) {
    const first = tokens!.length;
    for (let t = 0; t < sample.to - 1; t++) {
      tokens!.push(sample.tokens[t]!);
      positions!.push(t);
      path!.push(first);
    }
    for (let t = sample.from; t < sample.to; t++) {
      scored!.push(first + t - 1);
      targets!.push(sample.tokens[t]!);
    }
  }
  return {
    tokens: tokens!,
    positions: positions!,
    path: path!,
    rows: tokens!.map((_, row) => row),
    scored: scored!,
    targets: targets!,
  };
}
