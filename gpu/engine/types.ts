// The engine's contract: what the harness may ask of a model, and what may be done to the network.
// Everything above gpu/ imports from here (types) and from gpu/index.ts (functions); no GPU type leaks out.

import type { KnownDigest } from '../../formats/checkpoint/checkpoint.ts';
import { DENSE as network } from '../../formats/checkpoint/dense.ts';
import type { MatrixInfo, Tap } from '../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { EngineDevice, MemoryLimits, Peaks, Trace } from '../device/contract.ts';
import type { MaskTensor, Score } from '../kernels/types.ts';

/** Keep masks of some of a network's matrices; the others stay whole. `id` stands for the content. */
export interface Mask {
  readonly id: string;
  readonly tensors: ReadonlyMap<string, MaskTensor>; // by the weight's name in the checkpoint
}

/** One calibration text: the activations at tokens[from..to) count. */
export interface Sample {
  readonly tokens: Uint32Array;
  readonly from: number;
  readonly to: number; // from < to <= tokens.length
}

/**
 * Sums over what enters one tap's channels: f32 per sample in the order of its tokens, added up in f64 in the order of
 * the samples. With a_s = sqrt(sum of x^2 over the n_s tokens of sample s): `norms` is the sum of a_s, `normSquares` that
 * of a_s^2; `rms` and `rmsSquares` those of a_s / sqrt(n_s), `means` and `meansSquares` those of the mean of |x| over the
 * tokens of s, which do not grow with the length of a sample. All arrays: [channels].
 */
export interface TapSums {
  readonly layer: number;
  readonly tap: Tap;
  readonly tokens: number;
  readonly samples: number;
  readonly sum: Float64Array;
  readonly abs: Float64Array;
  readonly squares: Float64Array;
  readonly norms: Float64Array;
  readonly normSquares: Float64Array;
  readonly rms: Float64Array;
  readonly rmsSquares: Float64Array;
  readonly means: Float64Array;
  readonly meansSquares: Float64Array;
}

/** The sums of each sample by itself, on the host: what `collect` adds up. */
export interface EachSums {
  readonly bytes: number;
  /** Of the samples with these indices, in this order: bit-identical to `collect` of them. */
  addedUp(samples: readonly number[]): readonly TapSums[];
}

/** Within what a share of places is kept. */
export type Group =
  | { readonly kind: 'row' }
  | { readonly kind: 'block'; readonly columns: number } // runs of columns of a row
  | { readonly kind: 'matrix' } // one weight matrix
  | { readonly kind: 'global' } // all matrices of the request
  | { readonly kind: 'n:m'; readonly keep: number; readonly of: number } // 2:4, 4:8: of each run of `of` columns
  | { readonly kind: 'channels' } // of a layer's MLP: rows of gate and up, columns of down
  | { readonly kind: 'heads' } // of a layer's attention: rows of q, columns of o; k and v where a whole group goes
  | { readonly kind: 'tiles'; readonly rows: number }; // columns of a run of `rows` rows

/** Which weights of which matrices are kept. */
export interface SelectRequest {
  readonly scores: ReadonlyMap<string, Score>; // by the weight's name; only these matrices are masked
  readonly group: Group;
  readonly sparsity: number | ReadonlyMap<string, number>; // share removed, in [0, 1); by the weight's name
}

/** The masks that a selection made. */
export interface Selected {
  readonly tensors: ReadonlyMap<string, MaskTensor>;
  /** Kept places that came after all places with a score of their own: the fill of 'filled', 'shares', 'apart'. */
  readonly filled: number;
}

/** Low-rank update W + (alpha/rank) B A; a: [rank, in], b: [out, rank], by the weight's name in the checkpoint. */
export interface Adapter {
  readonly id: string;
  readonly rank: number;
  readonly alpha: number;
  readonly tensors: ReadonlyMap<string, { readonly a: Float32Array; readonly b: Float32Array }>;
}

/**
 * Edits of the residual stream after a layer, at every position and in their order: `add` scale times the vector, or
 * `project` scale times its component along the vector is removed; vector: [hidden]. `id` stands for the content.
 */
export interface Steer {
  readonly id: string;
  readonly edits: readonly {
    readonly layer: number;
    readonly kind: 'add' | 'project';
    readonly vector: Float32Array;
    readonly scale: number;
  }[];
}

/** What is done to the network; immutable, and its id keys KV and prefix caches. */
export interface Variant {
  readonly id: string;
  readonly mask?: Mask;
  readonly gamma?: number; // soft gate in [0, 1]: what a removed weight is multiplied with; absent: 0
  /**
   * How a mask with gamma 0 is run: bits read with the weights, or a copy of the weights with the mask applied. Results
   * are bit-identical.
   */
  readonly layout?: 'masked' | 'baked' | 'compact';
  readonly adapter?: Adapter;
  readonly steer?: Steer;
}

/** The dense network. */
export const DENSE: Variant = network;

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

/**
 * A variant against the dense network, per scored token: KL(dense || variant) of the next-token distributions over the
 * whole vocabulary, in nats, and the token's log-probability under both. The KL of equal distributions is exactly 0; a
 * KL is right to about 2e-6 nats, so that one of nearly equal ones can come out just below 0.
 */
export interface Diverged {
  readonly divergence: Float32Array; // [tokens.length - from]
  readonly dense: Float32Array; // [tokens.length - from]
  readonly variant: Float32Array; // [tokens.length - from]
}

/** How new tokens are drawn. */
export interface Sampling {
  readonly maxTokens: number;
  readonly temperature: number; // 0 = greedy
  readonly topK: number; // 0 = off
  readonly topP: number; // 1 = off
  readonly seed: number;
  readonly stopTokens: readonly number[]; // ends a sequence; not emitted
}

/**
 * Exact integers. The first three count what callers asked of the model, and are the same on every machine. The others
 * count what this engine did for it, and are the same within a device class.
 */
export interface Counters {
  readonly tokens: number; // positions that went through the network; a prefix shared within one call once
  readonly flops: number; // 2 per multiply-add of matmuls and attention; beyond 2^53 the nearest number
  readonly weightBytes: number; // read by one pass per variant of a scoring call, per prompt and per new token
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number; // different ones that were dispatched
  readonly readbacks: number;
  readonly peakBytes: number; // most bytes of living buffers at a time
}

/** The likeliest next tokens, best first: [id, natural log-probability]. */
export type Top = readonly (readonly [id: number, logprob: number])[];

/** How low-rank updates are trained: AdamW (Loshchilov and Hutter, 2019) with decoupled decay of all of them. */
export interface TrainerOptions {
  readonly rank: number;
  readonly alpha: number;
  readonly dropout: number; // in [0, 1): share of what enters A that is left out
  readonly targets: readonly string[]; // weights by their names in the checkpoint
  readonly seed: number; // of A's first values and of the dropout
  readonly initial?: Adapter['tensors']; // in place of random A (uniform, as in PEFT) and B = 0
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  readonly clip: number; // greatest norm of all gradients together; 0: none
  readonly rows: number; // most tokens that go through the network at once; a larger batch takes several passes
}

/** What a training step says of its batch. */
export interface StepResult {
  readonly loss: number; // mean nats over the batch's counted tokens, before the step
  readonly gradientNorm: number; // before clipping
}

/** Trains one adapter of a model; its sums are in one order, so that runs are bit-identical within a device class. */
export interface Trainer {
  readonly parameters: number; // trained ones
  /** One optimiser step on samples, whose tokens[from..to) are predicted; from >= 1. Throws `diverged`. */
  step(batch: readonly Sample[], rate: number): Promise<StepResult>;
  /** Loss and gradients on a batch, without a step; by the weight's name. */
  gradients(batch: readonly Sample[]): Promise<StepResult & { readonly tensors: Adapter['tensors'] }>;
  /** The updates as they are now, as a variant applies them. */
  adapter(id: string): Promise<Adapter>;
  dispose(): void;
}

/** How a long text is cut for perplexity. */
export interface SlidingWindow {
  readonly window: number;
  readonly stride: number;
  readonly variant?: Variant;
}

/** A loaded model. Results never depend on batch mates, order, batch size or prefix sharing: they are bit-identical. */
export interface Engine {
  readonly spec: Spec;
  readonly weightsDigest: string; // sha256 over the weight files' bytes, hex
  readonly parameters: number;
  readonly weightBytes: number;
  /** What masks may cover, layer by layer. */
  readonly matrices: readonly MatrixInfo[];
  /** Log-probabilities of continuations; common prefixes are computed once. Results in the order of the input. */
  score(sequences: readonly Sequence[]): Promise<readonly Scored[]>;
  /**
   * How far each sequence's variant is from the dense network: both run over the same rows, and no logits are kept.
   * Results in the order of the input.
   */
  divergence(sequences: readonly Sequence[]): Promise<readonly Diverged[]>;
  /** The n likeliest tokens after `tokens`. */
  top(tokens: Uint32Array, n: number, variant?: Variant): Promise<Top>;
  /**
   * Sliding-window perplexity; each token is scored once, with at most `window` tokens in view. nll in nats, summed.
   */
  perplexity(
    tokens: Uint32Array,
    options: SlidingWindow,
  ): Promise<{ readonly nll: number; readonly tokens: number; readonly perplexity: number }>;
  /** Continues each prompt; yields tokens as they are decided. */
  generate(
    prompts: readonly { readonly tokens: Uint32Array; readonly variant: Variant }[],
    sampling: Sampling,
  ): AsyncIterable<{ readonly sequence: number; readonly token: number }>;
  /**
   * Masks that keep the weights with the greatest scores, the exact number in each group; made on the device. Throws
   * `bad-selection`, `gpu-memory`.
   */
  select(request: SelectRequest): Promise<Selected>;
  /** Sums of the activations at each layer's taps, in one pass; bit-identical however the samples are batched. */
  collect(samples: readonly Sample[], variant?: Variant): Promise<readonly TapSums[]>;
  /** As `collect`, but of each sample by itself, to be added up in many ways: 12 bytes a sample and channel of a tap. */
  collectEach(samples: readonly Sample[], variant?: Variant): Promise<EachSums>;
  /**
   * Residual stream after each layer, in f32 averaged over a sample's counted tokens in their order: [layers, hidden]
   * each.
   */
  states(samples: readonly Sample[], variant?: Variant): Promise<readonly Float32Array[]>;
  /** A trainer of low-rank updates of the dense network; the caller disposes it. Throws `bad-trainer`, `gpu-memory`. */
  trainer(options: TrainerOptions): Promise<Trainer>;
  /** Since load, or since the last `resetCounters`. */
  counters(): Counters;
  resetCounters(): void;
  /** Time that the device spent on steps since load or the last `resetCounters`; null where it is not known. */
  gpuMs(): number | null;
  /**
   * Every step that `work` makes, with each dispatch timed by itself: slower, and the same bits. Throws
   * `no-timestamps`.
   */
  trace(work: () => Promise<void>): Promise<Trace>;
  /** What the device does at most, measured now: multiply-adds alone, and reads alone. */
  peaks(): Promise<Peaks>;
  /** Gives back the buffers that are kept for the next call: peakBytes is then of what follows alone. */
  trim(): Promise<void>;
  dispose(): Promise<void>;
}

/** An engine with the device that it runs on. */
export interface LoadedEngine extends Engine {
  readonly device: EngineDevice;
  /** Bytes that the engine's buffers take now; 0 once it is disposed of. */
  readonly heldBytes: number;
}

/** What one step runs over; see `Packed` for path and rows. */
export interface Batch {
  readonly tokens: Uint32Array; // [T]
  readonly positions: Uint32Array; // [T]
  readonly path: Uint32Array; // [T]
  readonly rows: Uint32Array; // cache rows of the paths
  readonly cacheRows: Uint32Array; // [T] where each row's key and value are kept
  readonly scored: Uint32Array; // [P] rows that go through the head; of sums: (first row, rows) per sample
}

/** Without a budget a software device may take what the host has free; a real one has limits of its own. */
export interface LoadOptions extends MemoryLimits {
  readonly device?: string; // its name, as openGpu takes it
  readonly maxRows?: number; // rows per step; results do not depend on it
  /** A digest of the weights that was taken before: they are hashed again only where the files have changed since. */
  readonly weights?: KnownDigest;
}
