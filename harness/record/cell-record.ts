// What is recorded of one cell besides its outcomes.

import type { Counters } from '../../gpu/index.ts';

/** What preparing cost; set-up time is measured by the runner around `prepare`. */
export interface SetupCost {
  readonly setupMs: number;
  readonly artefactBytes: number;
  readonly trainedParameters: number;
}

export type Figures = Readonly<Record<string, number>>;

/** What is known about a finished cell besides its outcomes. */
export interface CellRecord {
  readonly id: string;
  readonly key: string; // id + device class: the store's key
  readonly cost: SetupCost;
  readonly counters: Counters;
  readonly scoringMs: number;
  readonly figures: Figures;
  /** Its network against the dense one; null where it is not asked for: of prompts, draws and the tuning split. */
  readonly tax: TaxRecord | null;
  /** What the method says to neutral questions; empty where it is not asked. */
  readonly spoken: readonly SpokenText[];
}

/** A neutral text through a network and through the dense one: nats over all its tokens but the first. */
export interface NeutralText {
  readonly at: number; // its place among the held-out texts
  readonly bytes: number;
  readonly tokens: number;
  readonly nats: number;
  readonly denseNats: number;
}

/** KL(dense || network) summed over the tokens of a neutral prompt, and over the dense network's own answer. */
export interface NeutralPrompt {
  readonly at: number; // its place among the neutral questions
  readonly prompt: { readonly tokens: number; readonly divergence: number };
  readonly answer: { readonly tokens: number; readonly divergence: number };
}

/** A network against the dense one on what has no persona: all of it, or the half that a persona's pole is given. */
export interface TaxRecord {
  readonly texts: readonly NeutralText[];
  readonly prompts: readonly NeutralPrompt[];
  readonly guessing: number; // nats per token of the texts, by the better of uniform and unigram guesses
}

/** An answer to a neutral question, decoded greedily. */
export interface SpokenText {
  readonly question: string;
  readonly text: string;
  readonly ids: readonly number[];
  readonly nats: number; // of all its tokens, under the dense network after the bare question
  readonly uniform: number; // nats of one token drawn from the vocabulary without reading
  readonly ended: boolean; // by itself
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export type CellStatus = 'stored' | 'computed' | 'errored';
