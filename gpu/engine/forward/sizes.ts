// How large the forward passes of an engine are: rows per step, rows of the head, cache rows. No buffer of a pass may
// exceed what the device binds, so that wide models and large vocabularies take more steps instead.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { ForwardOptions } from './buffers.ts';
import { rowBytes, scoredBytes } from './outputs.ts';

/** Entries of the path table per row: what a batch of short items needs. */
const PATH_PER_ROW = 8;

/** The least size of a scoring step. */
export interface ScoreNeed {
  readonly rows: number;
  readonly table: number;
}

/** Rows per step: `wanted`, or as many as fit the widest buffer. */
export function rowsPerStep(spec: Spec, wanted: number, maxBindingBytes: number): number {
  return fitting(wanted, rowBytes(spec), maxBindingBytes);
}

/** A scoring pass for `maxRows` rows, or for the `need` of one batch where that is more. */
export function scoreOptions(
  spec: Spec,
  maxRows: number,
  maxBindingBytes: number,
  need?: ScoreNeed,
  output: 'logprobs' | 'divergence' = 'logprobs',
): ForwardOptions {
  const capacity = Math.max(need?.rows ?? 0, maxRows);
  return {
    capacity,
    scored: fitting(capacity, scoredBytes(spec, output), maxBindingBytes),
    table: Math.max(need?.table ?? 0, capacity * PATH_PER_ROW),
    cacheRows: capacity,
    cachePerLayer: false,
    output,
  };
}

/** One row of logits after `rows` tokens. */
export function topOptions(rows: number): ForwardOptions {
  return { capacity: rows, scored: 1, table: rows, cacheRows: rows, cachePerLayer: false, output: 'logits' };
}

/** Generation for `prompts` sequences that take `cacheRows` rows of the caches together. */
export function decodeOptions(
  spec: Spec,
  maxRows: number,
  maxBindingBytes: number,
  { prompts, cacheRows }: { readonly prompts: number; readonly cacheRows: number },
): ForwardOptions {
  return {
    capacity: Math.min(maxRows, cacheRows),
    scored: fitting(Math.min(prompts, maxRows), scoredBytes(spec, 'logits'), maxBindingBytes),
    table: cacheRows,
    cacheRows,
    cachePerLayer: true,
    output: 'logits',
  };
}

/** `wanted` rows of `bytes` each, or as many as one binding takes. */
function fitting(wanted: number, bytes: number, maxBindingBytes: number): number {
  return Math.max(1, Math.min(wanted, Math.floor(maxBindingBytes / bytes)));
}
