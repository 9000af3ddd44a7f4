// Generation over a key/value cache: prompts are read in steps of the pass's capacity, then every living sequence
// advances by one token, in as many steps as their variants and logits need. A sequence's cache rows are consecutive, so its path is
// a run of the row table.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Batch, Sampling, Variant } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import { keysSeen, type Work } from '../work.ts';
import type { Forward } from './forward.ts';
import { checkSampling, pick, sequenceRandom } from './sampling.ts';

interface Living {
  readonly sequence: number;
  readonly variant: Variant;
  readonly first: number; // cache row of position 0
  readonly random: ReturnType<typeof sequenceRandom>;
  length: number; // tokens in the cache
  next: number; // token to feed
  emitted: number;
}

/**
 * Yields tokens in the order in which they are decided; `alone` keeps other work off the device during a step, and
 * `resident` finds a variant there, or brings it back.
 */
export async function* decode(
  forward: Forward,
  prompts: readonly { readonly tokens: Uint32Array; readonly variant: Variant }[],
  sampling: Sampling,
  { vocab, windows }: Spec,
  work: Work,
  alone: <T>(work: () => Promise<T>) => Promise<T>,
  resident: (variant: Variant) => Promise<Resident>,
): AsyncGenerator<{ readonly sequence: number; readonly token: number }> {
  checkSampling(sampling);
  const rows = Uint32Array.from({ length: forward.options.table }, (_, i) => i);
  const step = (batch: Omit<Batch, 'rows'>, variant: Variant): Promise<Float32Array> =>
    alone(async () => forward.logits({ ...batch, rows }, await resident(variant)));
  const stop = new Set(sampling.stopTokens);
  /** Takes the next token of each; returns those that go on. */
  const choose = (from: readonly Living[], logits: Float32Array): Living[] => {
    from.forEach((one, p) => {
      one.next = pick(logits.subarray(p * vocab, (p + 1) * vocab), sampling, one.random);
    });
    return from.filter(({ next }) => !stop.has(next));
  };

  let living: Living[] = [];
  let first = 0;
  const copies = new Map<string, number>();
  for (const [sequence, { tokens, variant }] of prompts.entries()) {
    // Draws hang on the prompt, never on what other variants are asked beside it.
    const prompt = `${variant.id}\0${tokens.join()}`;
    const copy = copies.get(prompt) ?? 0;
    copies.set(prompt, copy + 1);
    const random = sequenceRandom(sampling.seed, tokens, copy);
    const one = { sequence, variant, first, random, length: 0, next: 0, emitted: 0 };
    first += tokens.length + sampling.maxTokens;
    work.add({ passes: 1, rows: tokens.length, scored: 1, keys: keysSeen(tokens.keys(), windows) });
    let logits = new Float32Array(0);
    while (one.length < tokens.length) {
      const part = tokens.subarray(one.length, one.length + forward.options.capacity);
      const ends = one.length + part.length === tokens.length;
      logits = (await step(
        {
          tokens: part,
          positions: part.map((_, i) => one.length + i),
          path: new Uint32Array(part.length).fill(one.first),
          cacheRows: part.map((_, i) => one.first + one.length + i),
          scored: ends ? Uint32Array.of(part.length - 1) : new Uint32Array(0),
        },
        variant,
      )) as Float32Array<ArrayBuffer>;
      one.length += part.length;
    }
    living.push(...choose([one], logits));
  }
  while (living.length > 0) {
    for (const one of living) {
      yield { sequence: one.sequence, token: one.next };
      one.emitted++;
    }
    living = living.filter(({ emitted }) => emitted < sampling.maxTokens);
    if (living.length === 0) return;
    const going: Living[] = [];
    for (const group of byVariant(living)) {
      const positions = group.map(({ length }) => length);
      work.add({ passes: 1, rows: group.length, scored: group.length, keys: keysSeen(positions, windows) });
      for (let at = 0; at < group.length; at += forward.options.scored) {
        const part = group.slice(at, at + forward.options.scored);
        const logits = await step(
          {
            tokens: Uint32Array.from(part, ({ next }) => next),
            positions: Uint32Array.from(part, ({ length }) => length),
            path: Uint32Array.from(part, ({ first: start }) => start),
            cacheRows: Uint32Array.from(part, ({ first: start, length }) => start + length),
            scored: Uint32Array.from(part, (_, i) => i),
          },
          part[0]!.variant,
        );
        for (const one of part) one.length++;
        going.push(...choose(part, logits));
      }
    }
    living = going.sort((a, b) => a.sequence - b.sequence);
  }
}

/** Sequences of one variant together: a step runs one network. */
function byVariant(living: readonly Living[]): readonly (readonly Living[])[] {
  const groups = new Map<string, Living[]>();
  for (const one of living) {
    const group = groups.get(one.variant.id);
    if (group) group.push(one);
    else groups.set(one.variant.id, [one]);
  }
  return [...groups.values()];
}
