// What a run's record says of the networks of methods: what they lose on text without a persona, and what they write.

import type { Interval3, MethodPoint } from './comparison-rows.ts';

/** What a method's networks lose on text that has no persona, against the dense network. */
export interface TaxRow extends MethodPoint {
  readonly networks: number;
  readonly texts: number;
  readonly tokens: number;
  readonly bytes: number;
  /** KL(dense || network), nats per token: on neutral prompts through the template, and on the dense network's own answers. */
  readonly divergence: { readonly prompts: Interval3 | null; readonly answers: Interval3 | null };
  readonly natsPerByte: Interval3; // of neutral text
  readonly excess: Interval3; // the same less the dense network's, paired by text
  readonly denseNatsPerByte: number;
  readonly measurable: boolean; // false: the dense network itself can hardly predict the text
  readonly why: string | null; // not measurable
}

/** A method whose network is broken, or what it says: all of it where the persona is null, else as that persona. */
export interface BrokenRow {
  readonly model: string;
  readonly method: string; // controls too
  readonly sparsity: string | null;
  readonly persona: string | null;
  readonly why: readonly string[]; // one reason at least
}

/** What a method's network writes on a neutral question: one per persona and question. */
export interface SpokenRow {
  readonly model: string;
  readonly method: string;
  readonly sparsity: string | null;
  readonly persona: string | null;
  readonly question: string;
  readonly text: string;
  readonly tokens: number;
  readonly repetition: number; // share of its tokens' n-grams that were there before
  readonly distinct: number; // share of distinct words
  readonly natsPerToken: number; // under the dense network
  readonly ended: boolean; // by itself
  readonly broken: readonly string[]; // why it is no language
}
