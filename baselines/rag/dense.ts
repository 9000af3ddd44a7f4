// Dense retrieval: cosine between a query and each chunk, as vectors without what all chunks have in common. The vectors
// are the model's own last hidden states, averaged over a text's tokens, or those of a static embedder.

import { BenchError } from '../../base/error.ts';
import type { Engine, Sample } from '../../gpu/index.ts';
import type { TextModel } from '../../harness/text/index.ts';
import type { Embedder } from './model2vec.ts';

/** Vectors of texts, all of one length. */
export type Embed = (texts: readonly string[]) => Promise<readonly Float32Array[]>;

export interface Dense {
  readonly dimensions: number;
  readonly bytes: number; // of the vectors, in f32
  /** By chunk, from -1 to 1, for a query's vector. */
  scores(query: Float32Array): Float64Array;
}

/** The residual stream after the last layer; a text longer than the model's context is cut. */
export function byStates(engine: Pick<Engine, 'states' | 'spec'>, text: TextModel): Embed {
  return async (texts) => {
    const samples = texts.map((one): Sample => {
      const tokens = text.encode(one).subarray(0, engine.spec.maxPositions);
      const from = tokens.length > 1 && tokens[0] === text.bos ? 1 : 0; // BOS is alike in all texts
      return { tokens, from, to: tokens.length };
    });
    const states = await engine.states(samples);
    const { hidden } = engine.spec;
    return states.map((layers, i) => {
      const last = layers.subarray(layers.length - hidden);
      if (last.length === hidden && last.every(Number.isFinite)) return last;
      throw new BenchError('not-finite', `the hidden states of "${texts[i]?.slice(0, 40)}" are not finite`, {
        hint: 'look for NaN or infinite weights in the model, or retrieve by bm25',
      });
    });
  };
}

export function byEmbedder(embedder: Embedder): Embed {
  return async (texts) => texts.map((one) => embedder.embed(one));
}

export function denseOf(raw: readonly Float32Array[]): Dense {
  const dimensions = raw[0]?.length ?? 0;
  const mean = new Float64Array(dimensions);
  for (const vector of raw) for (let d = 0; d < dimensions; d++) mean[d]! += vector[d]! / raw.length;
  const unit = (vector: Float32Array): Float32Array => {
    const moved = vector.map((value, d) => value - mean[d]!);
    const norm = Math.hypot(...moved);
    return norm > 0 ? moved.map((value) => value / norm) : moved;
  };
  const chunks = raw.map(unit);
  return {
    dimensions,
    bytes: chunks.length * dimensions * Float32Array.BYTES_PER_ELEMENT,
    scores: (query) => {
      const asked = unit(query);
      return Float64Array.from(chunks, (chunk) => chunk.reduce((sum, value, d) => sum + value * asked[d]!, 0));
    },
  };
}
