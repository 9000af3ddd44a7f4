// A text side whose tokens are code points and an engine whose log-probabilities come from a table: sums by hand.

import type { Sampling, Scored, Sequence, Variant } from '../../../gpu/index.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import type { ChoiceEvaluation } from '../../../harness/evaluations/choice.ts';
import { CHAT_DEFAULTS, type Rendered, type TextModel } from '../../../harness/text/index.ts';

const points = (text: string): Uint32Array => Uint32Array.from(text, (c) => c.codePointAt(0) ?? 0);
export const spell = (tokens: Uint32Array): string => String.fromCodePoint(...tokens);

/** Messages become `<role>content` lines and an open `<me>`; no BOS, no separator. */
export const fakeText: TextModel = {
  tokenizerDigest: 't',
  templateDigest: 'c',
  chat: CHAT_DEFAULTS,
  facts: {
    answer: 'rendered',
    between: '',
    system: { inserted: null, emptied: true, forced: null },
    content: 'text',
    thinks: false,
    dated: false,
  },
  template: 'model',
  system: 'native',
  merges: false,
  bos: null,
  eos: [],
  vocabulary: 0x110000,
  render(prompt): Rendered {
    const text =
      'text' in prompt ? prompt.text : `${prompt.messages.map((m) => `<${m.role}>${m.content}\n`).join('')}<me>`;
    return { text, tokens: points(text), separator: '' };
  },
  continuation: (_, answer) => points(answer),
  prepare() {},
  encode: points,
  decode: (tokens) => spell(Uint32Array.from(tokens)),
};

/** Exact in f32; characters that are not listed have -1/16. */
const TABLE: Readonly<Record<string, number>> = { y: -0.5, e: -0.25, s: -0.125, n: -1, o: -2, A: -0.25, B: -0.75 };
export const REST = -0.0625;

/** Scores by the table, doubled after a prompt that asks nothing but "Answer:". */
export class FakeEngine {
  readonly calls: (readonly Sequence[])[] = [];
  readonly tweak: (logprob: number, sequence: Sequence, position: number) => number;

  constructor(tweak: FakeEngine['tweak'] = (logprob) => logprob) {
    this.tweak = tweak;
  }

  async score(sequences: readonly Sequence[]): Promise<readonly Scored[]> {
    this.calls.push(sequences);
    return sequences.map((sequence) => {
      const factor = spell(sequence.tokens).startsWith('<user>Answer:\n<me>') ? 2 : 1;
      const scored = Array.from(sequence.tokens.subarray(sequence.from), (token, k) =>
        this.tweak(factor * (TABLE[String.fromCodePoint(token)] ?? REST), sequence, k + sequence.from),
      );
      return {
        logprobs: Float32Array.from(scored),
        greedy: Uint8Array.from(scored, (value) => (value > -0.6 ? 1 : 0)),
      };
    });
  }

  /** "yes" for even seeds and "no" for odd ones, cut at the most tokens. */
  async *generate(
    prompts: readonly { readonly tokens: Uint32Array; readonly variant: Variant }[],
    { seed, maxTokens }: Sampling,
  ): AsyncIterable<{ readonly sequence: number; readonly token: number }> {
    for (const sequence of prompts.keys()) {
      for (const token of points(seed % 2 === 0 ? 'yes' : 'no').slice(0, maxTokens)) yield { sequence, token };
    }
  }
}

export function item(id: string, options: readonly [string, ...string[]], more: Partial<Item> = {}): Item {
  return {
    id,
    persona: 'extraversion',
    trait: 'extraversion',
    keying: '+',
    split: 'evaluation',
    question: 'Go?',
    options: options.map((text, k) => ({ text, matching: k === 0 })),
    ...more,
  };
}

export function evaluation(more: Partial<ChoiceEvaluation> = {}): ChoiceEvaluation {
  return {
    id: 'choice',
    kind: 'choice',
    scorer: 'sum',
    show: true,
    orders: 'both',
    template: '{question}\n{options}',
    itemsPerTrait: null,
    tuningPerTrait: 16,
    ...more,
  };
}
