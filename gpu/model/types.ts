// The engine's contract: what the harness may ask of a model, and what may be done to the network.
// Everything above gpu/ imports from here (types) and from gpu/index.ts (functions); no GPU type leaks out.

import type { Spec } from './spec.ts';

/** How a tensor's elements are stored; kept in their own bits, never widened in memory. */
export type Format = 'f32' | 'f16' | 'bf16';

/** A tensor that can be streamed: `read` fills `into` with the bytes from `offset` (bytes) of the tensor's data. */
export interface TensorSource {
  readonly name: string;
  readonly shape: readonly number[];
  readonly format: Format;
  read(offset: number, into: Uint8Array): Promise<void>;
}

/** Bit-packed keep mask of one weight matrix: bit b of word w of a row = column 32w+b, 1 = keep. */
export interface MaskTensor {
  readonly rows: number;
  readonly columns: number;
  readonly words: Uint32Array; // [rows, ceil(columns/32)]
}

export interface Mask {
  readonly id: string;
  readonly tensors: ReadonlyMap<string, MaskTensor>; // by the weight's name in the checkpoint
}

/** Low-rank update W + (alpha/rank) B A; a: [rank, in], b: [out, rank], by the weight's name in the checkpoint. */
export interface Adapter {
  readonly id: string;
  readonly rank: number;
  readonly alpha: number;
  readonly tensors: ReadonlyMap<string, { readonly a: Float32Array; readonly b: Float32Array }>;
}

/** Edits of the residual stream after a layer; vector: [hidden]. */
export interface Steer {
  readonly id: string;
  readonly edits: readonly {
    readonly layer: number;
    readonly kind: 'add' | 'project';
    readonly vector: Float32Array;
    readonly scale: number;
    readonly where: 'all' | 'last';
  }[];
}

/** Matrices stored without their removed rows or columns (structured masks). */
export interface Compact {
  readonly id: string;
  readonly kept: ReadonlyMap<string, { readonly rows?: Uint32Array; readonly columns?: Uint32Array }>;
}

/** What is done to the network; immutable, and its id keys KV and prefix caches. */
export interface Variant {
  readonly id: string;
  readonly mask?: Mask;
  readonly gamma?: number; // soft gate in [0,1): weight of what the mask removes
  readonly adapter?: Adapter;
  readonly steer?: Steer;
  readonly compact?: Compact;
}

/** The untouched network. */
export const DENSE: Variant = Object.freeze({ id: 'dense' });

/** Score tokens[from..] given what precedes each; 1 <= from < tokens.length. */
export interface Sequence {
  readonly tokens: Uint32Array;
  readonly from: number;
  readonly variant: Variant;
}

/** Per scored token: natural log-probability, and whether it was the argmax (ties: the lower id). */
export interface Scored {
  readonly logprobs: Float32Array; // [tokens.length - from]
  readonly greedy: Uint8Array; // [tokens.length - from], 0 or 1
}

export interface Sampling {
  readonly maxTokens: number;
  readonly temperature: number; // 0 = greedy
  readonly topK: number; // 0 = off
  readonly topP: number; // 1 = off
  readonly seed: number;
  readonly stopTokens: readonly number[]; // ends a sequence; not emitted
}

/**
 * Exact integers. The first three say what was asked of the model and are the same on every machine, whatever steps a
 * device takes it in; the rest say what this engine did for it, the same within a device class.
 */
export interface Counters {
  readonly tokens: number; // positions that went through the network; a prefix shared within one call once
  readonly flops: number; // 2 per multiply-add of matmuls and attention; beyond 2^53 the nearest number
  readonly weightBytes: number; // read by one pass per variant of a scoring call, per prompt and per new token
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number; // different ones that were dispatched
  readonly readbacks: number;
  readonly peakBytes: number; // most bytes of buffers held at once
}

/** The likeliest next tokens, best first: [id, natural log-probability]. */
export type Top = readonly (readonly [id: number, logprob: number])[];

/** A loaded model. Results never depend on batch mates, order, batch size or prefix sharing: equal to the bit. */
export interface Engine {
  readonly spec: Spec;
  readonly weightsDigest: string; // sha256 over the weight files' bytes, hex
  readonly parameters: number;
  readonly weightBytes: number;
  /** Log-probabilities of continuations; common prefixes are computed once. Results in the order of the input. */
  score(sequences: readonly Sequence[]): Promise<readonly Scored[]>;
  /** The n likeliest tokens after `tokens`. */
  top(tokens: Uint32Array, n: number, variant?: Variant): Promise<Top>;
  /** Sliding-window perplexity; each token is scored once, with at most `window` tokens in view. nll in nats, summed. */
  perplexity(
    tokens: Uint32Array,
    options: { readonly window: number; readonly stride: number; readonly variant?: Variant },
  ): Promise<{ readonly nll: number; readonly tokens: number; readonly perplexity: number }>;
  /** Continues each prompt; yields tokens as they are decided. */
  generate(
    prompts: readonly { readonly tokens: Uint32Array; readonly variant: Variant }[],
    sampling: Sampling,
  ): AsyncIterable<{ readonly sequence: number; readonly token: number }>;
  /** Since load, or since the last `resetCounters`. */
  counters(): Counters;
  resetCounters(): void;
  /** Time that the device spent on steps since load or the last `resetCounters`; null where it cannot be told. */
  gpuMs(): number | null;
  /** Gives back the buffers that are kept for the next call: peakBytes is then of what follows alone. */
  trim(): Promise<void>;
  dispose(): Promise<void>;
}
