// Steering vectors from contrast pairs: what a layer's residual stream holds for the persona's texts less what it holds for
// the opposite's. Mean difference (Panickssery et al. 2023) or first component of the pairs (Zou et al. 2023).

import { BenchError } from '../../base/error.ts';
import { rngOf } from '../../harness/stats/rng.ts';

/** States of one text: [layers, hidden]. */
type States = Float32Array;

/** One vector per layer: [hidden] each. */
export type Vectors = readonly Float32Array[];

/** Differences are small compared with their sum's rounding: turns of the power iteration at most, and when it stands still. */
const MAX_TURNS = 500;
const STILL = 1e-12;

/** Mean of the persona's states less the mean of the opposite's, summed in f64. */
export function meanDifference(persona: readonly States[], opposite: readonly States[], hidden: number): Vectors {
  const means = [persona, opposite].map((all) => {
    const sum = new Float64Array(all[0]!.length);
    for (const one of all) for (let i = 0; i < sum.length; i++) sum[i]! += one[i]! / all.length;
    return sum;
  });
  const difference = means[0]!.map((value, i) => value - means[1]![i]!);
  return layersOf(Float32Array.from(difference), hidden);
}

/**
 * Per layer the direction in which the pairs' differences are greatest, of the sign that most pairs have, and of the mean
 * difference's norm, so that a coefficient means the same. Pairs are texts at the same place of both lists.
 */
export function firstComponent(persona: readonly States[], opposite: readonly States[], hidden: number): Vectors {
  const means = meanDifference(persona, opposite, hidden);
  return means.map((mean, layer) => {
    const pairs = Array.from({ length: Math.min(persona.length, opposite.length) }, (_, pair) =>
      Float64Array.from({ length: hidden }, (_, i) => {
        const at = layer * hidden + i;
        return persona[pair]![at]! - opposite[pair]![at]!;
      }),
    );
    const direction = principal(pairs, Float64Array.from(mean));
    const positive = pairs.filter((pair) => dot(pair, direction) > 0).length;
    const sign = 2 * positive >= pairs.length ? 1 : -1;
    const norm = sign * Math.hypot(...mean);
    return Float32Array.from(direction, (value) => norm * value);
  });
}

/** Normal vectors of the norms of `like`: what steering does by its size alone. */
export function randomLike(like: Vectors, seed: number): Vectors {
  const random = rngOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
  return like.map((vector) => {
    const drawn = Float64Array.from(vector, normal);
    const scale = Math.hypot(...vector) / Math.hypot(...drawn);
    return Float32Array.from(drawn, (value) => scale * value);
  });
}

/** Throws `no-contrast` where every layer's vector is 0: the texts of both poles are the same. */
export function requireContrast(vectors: Vectors, where: string): Vectors {
  if (vectors.some((vector) => vector.some((value) => value !== 0))) return vectors;
  throw new BenchError('no-contrast', 'the texts of the persona and of its opposite give the same hidden states', {
    where,
    hint: 'give the two poles texts of their own',
  });
}

/** The greatest eigenvector of the sum of outer products of `pairs`, of norm 1, by power iteration from `start`. */
function principal(pairs: readonly Float64Array[], start: Float64Array): Float64Array {
  let vector = unit(start.some((value) => value !== 0) ? start : pairs[0]!);
  for (let turn = 0; turn < MAX_TURNS; turn++) {
    const next = new Float64Array(vector.length);
    for (const pair of pairs) {
      const along = dot(pair, vector);
      for (let i = 0; i < next.length; i++) next[i]! += along * pair[i]!;
    }
    const turned = unit(next);
    const moved = Math.hypot(...turned.map((value, i) => value - vector[i]!));
    vector = turned;
    if (moved < STILL) break;
  }
  return vector;
}

function unit(vector: Float64Array): Float64Array {
  const norm = Math.hypot(...vector);
  return norm === 0 ? vector : vector.map((value) => value / norm);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function layersOf(values: Float32Array, hidden: number): Vectors {
  return Array.from({ length: values.length / hidden }, (_, layer) =>
    values.slice(layer * hidden, (layer + 1) * hidden),
  );
}
