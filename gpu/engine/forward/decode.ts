// Generation over a key/value cache: prompts are read in steps of the pass's capacity, then every living sequence
// advances by one token, in as many steps as their variants and logits need. A sequence's cache rows are consecutive.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Batch, Sampling, Variant } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import { keysSeen, type Work } from '../work.ts';
import type { Forward } from './forward.ts';
import { checkSampling, pick, sequenceRandom } from './sampling.ts';

/** A sequence that is being continued. */
interface Living {
  readonly sequence: number;
  readonly variant: Variant;
  readonly first: number; // cache row of position 0
  readonly random: ReturnType<typeof sequenceRandom>;
  length: number; // tokens in the cache
  next: number; // token to feed
  emitted: number;
}

/** What a generation runs on: its pass, which no one else uses meanwhile, and what the engine lends it. */
export interface DecodeContext {
  readonly forward: Forward;
  readonly spec: Spec;
  readonly work: Work;
  /** Keeps other work off the device while it runs. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** The variant on the device, uploaded where it is not there. */
  resident(variant: Variant): Promise<Resident>;
}

/** Prompt tokens in, logits out, over the caches of one pass. */
class Decoder {
  readonly #context: DecodeContext;
  readonly #sampling: Sampling;
  readonly #stop: ReadonlySet<number>;
  readonly #rows: Uint32Array;

  constructor(context: DecodeContext, sampling: Sampling) {
    this.#context = context;
    this.#sampling = sampling;
    this.#stop = new Set(sampling.stopTokens);
    this.#rows = Uint32Array.from({ length: context.forward.options.table }, (_, i) => i);
  }

  /** Reads a prompt into the cache and chooses its first new token; whether the sequence goes on. */
  async read(one: Living, tokens: Uint32Array): Promise<boolean> {
    const { forward, spec, work } = this.#context;
    work.add({ passes: 1, rows: tokens.length, scored: 1, keys: keysSeen(tokens.keys(), spec.windows) });
    let logits = new Float32Array(0);
    while (one.length < tokens.length) {
      const part = tokens.subarray(one.length, one.length + forward.options.capacity);
      const ends = one.length + part.length === tokens.length;
      logits = (await this.#step(
        {
          tokens: part,
          positions: part.map((_, i) => one.length + i),
          path: new Uint32Array(part.length).fill(one.first),
          cacheRows: part.map((_, i) => one.first + one.length + i),
          scored: ends ? Uint32Array.of(part.length - 1) : new Uint32Array(0),
        },
        one.variant,
      )) as Float32Array<ArrayBuffer>;
      one.length += part.length;
    }
    return this.#choose([one], logits).length > 0;
  }

  /** Feeds the next token of each sequence of one variant; returns the sequences that go on. */
  async advance(group: readonly Living[]): Promise<readonly Living[]> {
    const { forward, spec, work } = this.#context;
    const positions = group.map(({ length }) => length);
    work.add({ passes: 1, rows: group.length, scored: group.length, keys: keysSeen(positions, spec.windows) });
    const going: Living[] = [];
    for (let at = 0; at < group.length; at += forward.options.scored) {
      const part = group.slice(at, at + forward.options.scored);
      const logits = await this.#step(
        {
          tokens: Uint32Array.from(part, ({ next }) => next),
          positions: Uint32Array.from(part, ({ length }) => length),
          path: Uint32Array.from(part, ({ first }) => first),
          cacheRows: Uint32Array.from(part, ({ first, length }) => first + length),
          scored: Uint32Array.from(part, (_, i) => i),
        },
        part[0]!.variant,
      );
      for (const one of part) one.length++;
      going.push(...this.#choose(part, logits));
    }
    return going;
  }

  #step(batch: Omit<Batch, 'rows'>, variant: Variant): Promise<Float32Array> {
    const { forward, alone, resident } = this.#context;
    return alone(async () => forward.logits({ ...batch, rows: this.#rows }, await resident(variant)));
  }

  /** Takes the next token of each; returns those that go on. */
  #choose(from: readonly Living[], logits: Float32Array): readonly Living[] {
    const { vocab } = this.#context.spec;
    from.forEach((one, p) => {
      one.next = pick(logits.subarray(p * vocab, (p + 1) * vocab), this.#sampling, one.random);
    });
    return from.filter(({ next }) => !this.#stop.has(next));
  }
}

/**
 * Yields tokens in the order in which they are decided. The pass must have rows in its caches for all prompts and their
 * new tokens. Throws `bad-sampling`, `not-finite`, and what the engine's device throws.
 */
export async function* decode(
  context: DecodeContext,
  prompts: readonly { readonly tokens: Uint32Array; readonly variant: Variant }[],
  sampling: Sampling,
): AsyncGenerator<{ readonly sequence: number; readonly token: number }> {
  checkSampling(sampling);
  const decoder = new Decoder(context, sampling);
  let living: Living[] = [];
  let first = 0;
  const copies = new Map<string, number>();
  for (const [sequence, { tokens, variant }] of prompts.entries()) {
    // Draws depend on the prompt, never on the other variants of the call.
    const prompt = `${variant.id}\0${tokens.join()}`;
    const copy = copies.get(prompt) ?? 0;
    copies.set(prompt, copy + 1);
    const random = sequenceRandom(sampling.seed, tokens, copy);
    const one = { sequence, variant, first, random, length: 0, next: 0, emitted: 0 };
    first += tokens.length + sampling.maxTokens;
    if (await decoder.read(one, tokens)) living.push(one);
  }
  while (living.length > 0) {
    for (const one of living) {
      yield { sequence: one.sequence, token: one.next };
      one.emitted++;
    }
    living = living.filter(({ emitted }) => emitted < sampling.maxTokens);
    const going: Living[] = [];
    for (const group of byVariant(living)) going.push(...(await decoder.advance(group)));
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
