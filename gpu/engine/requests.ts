// Checks of what callers give an engine, before anything runs, and small results that the CPU computes.

import { BenchError } from '../../base/error.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { Batch, Mask, Sequence, Top, Variant } from './types.ts';

/** Throws where `tokens` and `more` to come do not fit the model: `bad-token`, `bad-sequence`, `sequence-too-long`. */
export function checkRequest(
  { vocab, maxPositions }: Pick<Spec, 'vocab' | 'maxPositions'>,
  tokens: Uint32Array,
  more: number,
): void {
  const fail = (code: string, message: string, hint: string): BenchError => new BenchError(code, message, { hint });
  if (tokens.length === 0) throw fail('bad-sequence', 'a sequence is empty', 'give at least one token');
  const bad = tokens.findIndex((token) => token >= vocab);
  if (bad >= 0) {
    const message = `token ${tokens[bad]} at position ${bad} is outside the vocabulary of ${vocab}`;
    throw fail('bad-token', message, 'the tokenizer does not belong to this model');
  }
  if (tokens.length + more > maxPositions + 1) {
    const message = `${tokens.length} tokens and ${more} more exceed the model's ${maxPositions} positions`;
    throw fail('sequence-too-long', message, 'shorten the prompt, or generate fewer tokens');
  }
}

const fitting = new WeakMap<Mask, readonly MatrixInfo[]>();

/** Throws `bad-mask` where a variant masks what the network does not have, or with words that do not fit. */
export function checkMask(matrices: readonly MatrixInfo[], { id, mask, gamma = 0 }: Variant): void {
  const fail = (message: string): BenchError =>
    new BenchError('bad-mask', `${id}: ${message}`, {
      hint: 'make the mask with `bench mask make` on this model',
    });
  if (!(gamma >= 0 && gamma <= 1)) throw fail(`gamma is ${gamma}, and must be between 0 and 1`);
  if (mask === undefined || fitting.get(mask) === matrices) return;
  const byName = new Map(matrices.map((info) => [info.name, info]));
  for (const [name, { rows, columns, words }] of mask.tensors) {
    const info = byName.get(name);
    if (info === undefined) throw fail(`the network has no matrix ${name}`);
    if (rows !== info.rows || columns !== info.columns) {
      throw fail(`the mask of ${name} is ${rows} x ${columns}, and the matrix is ${info.rows} x ${info.columns}`);
    }
    if (words.length !== rows * Math.ceil(columns / 32)) throw fail(`the mask of ${name} has ${words.length} words`);
  }
  fitting.set(mask, matrices);
}

/** One sequence by itself, of which the last row is scored. */
export function lineOf(tokens: Uint32Array): Batch {
  const { length } = tokens;
  const line = Uint32Array.from({ length }, (_, i) => i);
  return {
    tokens,
    positions: line,
    path: new Uint32Array(length),
    rows: line,
    cacheRows: line,
    scored: Uint32Array.of(length - 1),
  };
}

/** Sliding windows over `tokens` in which every token but the first is scored once. Throws `bad-window`. */
export function windows(
  tokens: Uint32Array,
  { window, stride, variant }: { readonly window: number; readonly stride: number; readonly variant: Variant },
  maxPositions: number,
): readonly Sequence[] {
  if (!(window >= 2 && stride >= 1 && stride < window && window <= maxPositions)) {
    throw new BenchError('bad-window', `window ${window} and stride ${stride} do not fit ${maxPositions} positions`, {
      hint: 'the window must be 2 or more and within the positions of the model, the stride smaller than the window',
    });
  }
  const sequences: Sequence[] = [];
  for (let scored = 1, start = 0; scored < tokens.length; start += stride) {
    const end = Math.min(start + window, tokens.length);
    sequences.push({ tokens: tokens.subarray(start, end), from: scored - start, variant });
    scored = end;
  }
  return sequences;
}

/** Throws `not-finite` when the network gave NaN or an infinity: a result that looks like one must not pass. */
export function requireFinite(values: Float32Array, what: string): void {
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at < 0) return;
  throw new BenchError('not-finite', `${what} is ${values[at]}`, {
    hint: 'look for NaN, infinite or huge weights in the model, or for a method that breaks it',
  });
}

/** The error for the perplexity of a text without a scored token. */
export function tooShort(tokens: number): BenchError {
  return new BenchError('bad-sequence', `perplexity needs at least 2 tokens, and the text has ${tokens}`, {
    hint: 'give a longer text',
  });
}

/** The n likeliest ids of one row of logits; the softmax in f64, equal logits by id. Throws `not-finite`. */
export function likeliest(logits: Float32Array, n: number): Top {
  requireFinite(logits, 'a logit');
  let greatest = -Infinity;
  for (const logit of logits) greatest = Math.max(greatest, logit);
  let total = 0;
  for (const logit of logits) total += Math.exp(logit - greatest);
  return Array.from(logits.keys())
    .sort((a, b) => logits[b]! - logits[a]! || a - b)
    .slice(0, n)
    .map((id) => [id, logits[id]! - greatest - Math.log(total)] as const);
}
