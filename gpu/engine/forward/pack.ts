// Sequences -> batches of rows. The rows of a batch are the distinct prefixes of its sequences (a prefix tree), each
// once; sorting the sequences walks that tree depth first, so a common prefix is met as a common run of neighbours.

import { BenchError } from '../../../base/error.ts';
import type { Sequence, Variant } from '../types.ts';

/** One batch of one variant: T rows to compute, and P of their next tokens to score. */
export interface Packed {
  readonly variant: Variant;
  readonly tokens: Uint32Array; // [T] depth first; a row's parent always comes before it
  readonly repeated: number; // how many of the first rows the batch before has too
  readonly positions: Uint32Array; // [T]
  readonly path: Uint32Array; // [T] offset into `rows`: key j (0..position) of this token is row rows[path + j]
  readonly rows: Uint32Array; // concatenated root-to-leaf paths; the rows of one tree segment share one path
  readonly scored: Uint32Array; // [P] row whose next token is scored; never decreasing, so equal rows are neighbours
  readonly targets: Uint32Array; // [P] the token whose log-probability is wanted
  readonly slots: Uint32Array; // [P] index into the flat result array (see `slotOffsets`)
}

/** Where each sequence's results start in the flat result array; [sequences + 1], the last entry is its length. */
export function slotOffsets(sequences: readonly Sequence[]): Uint32Array {
  const offsets = new Uint32Array(sequences.length + 1);
  sequences.forEach(({ tokens, from }, index) => {
    offsets[index + 1] = offsets[index]! + tokens.length - from;
  });
  return offsets;
}

/**
 * Batches of at most `maxTokens` rows that score every slot once. A sequence of n tokens needs n - 1 rows, since
 * nothing asks what follows its last token. A batch ends between two sequences, never inside one; only the prefix that
 * the next sequence shares with the one before is computed again. Batches do not depend on the order of the input, but
 * for the order of the variants. Throws `bad-sequence` where `from` is outside 1..length - 1, `sequence-too-long` where
 * one needs over `maxTokens` rows.
 */
export function pack(sequences: readonly Sequence[], maxTokens: number): readonly Packed[] {
  const offsets = slotOffsets(sequences);
  const groups = new Map<string, number[]>();
  sequences.forEach((sequence, index) => {
    check(sequence, index, maxTokens);
    const group = groups.get(sequence.variant.id);
    if (group) group.push(index);
    else groups.set(sequence.variant.id, [index]);
  });
  const batches: Packed[] = [];
  for (const group of groups.values()) {
    group.sort((a, b) => compare(sequences[a]!.tokens, sequences[b]!.tokens));
    let batch = new Batch(sequences[group[0]!]!.variant);
    for (const index of group) {
      const sequence = sequences[index]!;
      if (batch.size + batch.growth(sequence) > maxTokens) {
        batches.push(batch.finish());
        batch = new Batch(sequence.variant, batch.shared(sequence));
      }
      batch.add(sequence, offsets[index]!);
    }
    batches.push(batch.finish());
  }
  return batches;
}

class Batch {
  readonly #variant: Variant;
  readonly #repeated: number;
  readonly #tokens: number[] = [];
  readonly #positions: number[] = [];
  readonly #path: number[] = [];
  readonly #rows: number[] = [];
  readonly #scores: { row: number; target: number; slot: number }[] = [];
  #previous: Uint32Array = new Uint32Array(0); // the tokens that have rows, of the sequence added last
  #branch: number[] = []; // their rows
  #start = 0; // where their path starts in #rows

  constructor(variant: Variant, repeated = 0) {
    this.#variant = variant;
    this.#repeated = repeated;
  }

  get size(): number {
    return this.#tokens.length;
  }

  /** How many rows of `sequence` there are already. */
  shared({ tokens }: Sequence): number {
    return commonPrefix(this.#previous, tokens, tokens.length - 1);
  }

  /** How many rows `sequence` would add. */
  growth(sequence: Sequence): number {
    return sequence.tokens.length - 1 - this.shared(sequence);
  }

  add(sequence: Sequence, slot: number): void {
    const { tokens, from } = sequence;
    const needed = tokens.length - 1;
    const shared = this.shared(sequence);
    if (shared < needed && shared < this.#branch.length) {
      this.#branch.length = shared;
      this.#start = this.#rows.length;
      for (const row of this.#branch) this.#rows.push(row);
    }
    for (let position = shared; position < needed; position++) {
      const row = this.#tokens.length;
      this.#tokens.push(tokens[position]!);
      this.#positions.push(position);
      this.#path.push(this.#start);
      this.#rows.push(row);
      this.#branch.push(row);
    }
    if (shared < needed) this.#previous = tokens.subarray(0, needed);
    for (let t = from; t < tokens.length; t++) {
      this.#scores.push({ row: this.#branch[t - 1]!, target: tokens[t]!, slot: slot + t - from });
    }
  }

  finish(): Packed {
    this.#scores.sort((a, b) => a.row - b.row || a.slot - b.slot);
    return {
      variant: this.#variant,
      repeated: this.#repeated,
      tokens: Uint32Array.from(this.#tokens),
      positions: Uint32Array.from(this.#positions),
      path: Uint32Array.from(this.#path),
      rows: Uint32Array.from(this.#rows),
      scored: Uint32Array.from(this.#scores, ({ row }) => row),
      targets: Uint32Array.from(this.#scores, ({ target }) => target),
      slots: Uint32Array.from(this.#scores, ({ slot }) => slot),
    };
  }
}

function check({ tokens, from }: Sequence, index: number, maxTokens: number): void {
  if (!Number.isInteger(from) || from < 1 || from >= tokens.length) {
    throw new BenchError(
      'bad-sequence',
      `scoring starts at token ${from} of a sequence of ${tokens.length}; it must start at 1 to ${tokens.length - 1}`,
      { where: `sequence ${index}`, hint: 'give at least one token of context and one to score' },
    );
  }
  if (tokens.length - 1 > maxTokens) {
    throw new BenchError(
      'sequence-too-long',
      `a sequence of ${tokens.length} tokens needs ${tokens.length - 1} rows, and a batch has at most ${maxTokens}`,
      { where: `sequence ${index}`, hint: 'shorten the prompt, or raise the batch size where the model allows it' },
    );
  }
}

/** How many of the first `limit` tokens of `b` also start `a`. */
function commonPrefix(a: Uint32Array, b: Uint32Array, limit: number): number {
  const end = Math.min(a.length, limit);
  let k = 0;
  while (k < end && a[k] === b[k]) k++;
  return k;
}

/** Lexicographic; a prefix comes before what continues it. */
function compare(a: Uint32Array, b: Uint32Array): number {
  const shared = commonPrefix(a, b, b.length);
  if (shared === a.length || shared === b.length) return a.length - b.length;
  return a[shared]! - b[shared]!;
}
