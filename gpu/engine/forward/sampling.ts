// Logits -> the next token. Greedy at temperature 0; else softmax(logits / temperature) in f64, cut to the top k, then
// to the smallest set that holds top p of what is left (Holtzman et al. 2020, arXiv 1904.09751), then drawn.

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { BenchError } from '../../../base/error.ts';
import type { Sampling } from '../types.ts';

/** How to draw; a part of `Sampling`. */
export type Draw = Pick<Sampling, 'temperature' | 'topK' | 'topP'>;

/** Throws `bad-sampling` naming the first setting that is out of range. */
export function checkSampling(sampling: Draw & Partial<Pick<Sampling, 'maxTokens' | 'seed'>>): void {
  const { temperature, topK, topP, maxTokens, seed } = sampling;
  const fail = (name: string, value: number, wanted: string): BenchError =>
    new BenchError('bad-sampling', `${name} is ${value}, and must be ${wanted}`, { hint: `set ${name} to ${wanted}` });
  if (!(temperature >= 0 && temperature < Infinity)) throw fail('temperature', temperature, '0 (greedy) or above');
  if (!Number.isInteger(topK) || topK < 0) throw fail('top-k', topK, '0 (off) or a positive integer');
  if (!(topP > 0 && topP <= 1)) throw fail('top-p', topP, 'above 0 and at most 1 (off)');
  if (maxTokens !== undefined && (!Number.isInteger(maxTokens) || maxTokens < 1)) {
    throw fail('max-tokens', maxTokens, 'a positive integer');
  }
  if (seed !== undefined && !Number.isSafeInteger(seed)) throw fail('seed', seed, 'an integer');
}

/**
 * The generator of one sequence. It follows from the seed and the prompt, so that neither batch mates nor their order
 * change a draw; `copy` counts equal prompts of one call, which are to differ.
 */
export function sequenceRandom(seed: number, prompt: Uint32Array, copy: number): RandomGenerator {
  let state = mix(mix(seed) ^ Math.floor(seed / 2 ** 32));
  for (const token of prompt) state = mix((state + 0x9e3779b9) ^ token);
  return mersenne(mix(state ^ copy));
}

/**
 * The next token's id. Equal logits: the lower id goes first, in greedy choice and at every cut.
 * logits: [vocab]; `rng` is drawn from once, or not at all at temperature 0.
 * Throws `not-finite` for NaN or +infinity; -infinity is a token that is never drawn.
 */
export function pick(logits: Float32Array, { temperature, topK, topP }: Draw, rng: RandomGenerator): number {
  const best = argmax(logits);
  if (temperature === 0) return best;
  const greatest = logits[best]!;
  // Plain loops here and below: `Float64Array.from` made a draw over a vocabulary of 150,000 seven times as slow.
  const weights = new Float64Array(logits.length);
  for (let id = 0; id < weights.length; id++) weights[id] = Math.exp((logits[id]! - greatest) / temperature);
  const kept = cut(logits, weights, topK, topP);
  const point = uniformFloat64(rng) * sumOf(kept, weights);
  let reached = 0;
  // The same sum in the same order, and point is below it: the loop ends at an id whose weight is not 0.
  for (let k = 0; k < kept.length; k++) {
    reached += weights[kept[k]!]!;
    if (point < reached) return kept[k]!;
  }
  return best;
}

/** The ids that top-k and top-p leave, in ascending order: the draw does not depend on how they were sorted. */
function cut(logits: Float32Array, weights: Float64Array, topK: number, topP: number): Uint32Array {
  let ids = new Uint32Array(logits.length);
  for (let id = 0; id < ids.length; id++) ids[id] = id;
  if ((topK === 0 || topK >= ids.length) && topP === 1) return ids;
  if (topK > 0 && topK < ids.length) {
    // Sorting the bare values is much faster than sorting ids by them; only the ids at or above the k-th are sorted.
    const least = Float32Array.from(logits).sort()[ids.length - topK]!;
    ids = descending(
      ids.filter((id) => logits[id]! >= least),
      logits,
    ).subarray(0, topK);
  }
  if (topP < 1) {
    const total = sumOf(ids, weights);
    // What is below this share sums to less than 1 - top p of the whole, so none of it can be in the set.
    const least = ((1 - topP) * total) / ids.length / 2;
    ids = descending(
      ids.filter((id) => weights[id]! >= least),
      logits,
    );
    let count = 0;
    for (let mass = 0; count < ids.length && mass < topP * total; count++) mass += weights[ids[count]!]!;
    ids = ids.subarray(0, count);
  }
  return ids.sort();
}

/** Sorts in place: the greatest logit first, equal ones by id. */
function descending(ids: Uint32Array<ArrayBuffer>, logits: Float32Array): Uint32Array<ArrayBuffer> {
  return ids.sort((a, b) => logits[b]! - logits[a]! || a - b);
}

function sumOf(ids: Uint32Array, weights: Float64Array): number {
  let total = 0;
  for (let k = 0; k < ids.length; k++) total += weights[ids[k]!]!;
  return total;
}

/** The lowest id of the greatest logit. */
function argmax(logits: Float32Array): number {
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id]!;
    if (Number.isNaN(logit) || logit === Infinity) {
      throw new BenchError('not-finite', `the logit of token ${id} is ${logit}`, {
        hint: 'the weights have values that overflow: check them, and whether they belong to config.json',
      });
    }
    if (logit > logits[best]!) best = id;
  }
  if (logits[best] === -Infinity || logits.length === 0) {
    throw new BenchError('not-finite', `none of the ${logits.length} logits is finite`, {
      hint: 'check the weights for NaN and infinity',
    });
  }
  return best;
}

/** The finaliser of MurmurHash3 (Appleby): neighbouring numbers get unrelated 32-bit seeds. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
