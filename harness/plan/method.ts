// The interface that a mask, a prompt, RAG, LoRA, steering and every control share, and what asking yields.

import type { Counters, Engine, TapSums, Variant } from '../../gpu/index.ts';
import type { ControlKind, Evaluation, MethodEntry, Persona } from '../config/resolved.ts';
import type { LibraryPassage } from '../datasets/passages.ts';
import type { CalibrationText, Item } from '../datasets/types.ts';
import type { Prompt } from '../text/prompt.ts';
import type { TextModel } from '../text/text.ts';

// What a method turns a question into.
export type { Message, Prompt } from '../text/prompt.ts';

/** A question as the evaluation phrases it: the user message, before a method wraps it. */
export interface Question {
  readonly item: Item;
  readonly text: string;
}

/** One option under one presented order. Log-probabilities are natural, of the answer tokens given the prompt. */
export interface OptionScore {
  readonly sum: number;
  readonly tokens: number;
  readonly bytes: number;
  readonly greedy: boolean; // every answer token was the argmax
  readonly score: number; // by the evaluation's scorer
}

export interface OrderOutcome {
  readonly order: readonly number[]; // presented position -> option index
  readonly options: readonly OptionScore[]; // by option index
  readonly p: number; // probability of the item's matching option: softmax of the scores
}

/** One item's result in one cell, keyed to the item's own persona; metrics flip it for the opposite. */
export interface Outcome {
  readonly item: string;
  readonly orders: readonly OrderOutcome[];
  readonly p: number; // mean of the orders' p
  readonly prompt?: string; // sha256 of the first order's prompt as canonical JSON, before the chat template; set by the runner
  readonly promptTokens: number; // of the first order
  readonly addedTokens: number; // prompt tokens beyond the bare question's
  readonly texts?: readonly string[]; // of open questions, in the order of `orders`
  readonly marks?: readonly number[]; // a judge's, of each text: how sure it is of the item's own persona, 0 to 1
}

/** Inputs that a method depends on; a method that ignores an axis makes one cell on it. */
export type Axis = 'persona' | 'sparsity' | 'seed' | 'wording';

export interface Rng {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
}

export interface Context {
  readonly engine: Engine;
  readonly persona: Persona | null; // null when the method ignores the axis
  readonly opposite: Persona | null;
  readonly wording: string | null;
  readonly sparsity: number | null;
  readonly options: Readonly<Record<string, unknown>>;
  readonly calibration: readonly CalibrationText[];
  readonly neutral: readonly string[]; // neutral texts to calibrate on; those of the perplexity are others
  readonly library: readonly LibraryPassage[]; // passages of all personas, and neutral ones
  readonly tuning: readonly Item[];
  readonly text: TextModel | null; // null where the model has no tokenizer
  readonly statistics: Statistics;
  evaluate(prepared: Pick<Prepared, 'variant' | 'wrap'>, items: readonly Item[]): Promise<readonly Outcome[]>;
  /** An item as the evaluation asks it, its options in a presented order; and what it scores for an option. */
  phrase(item: Item, order: readonly number[]): { readonly question: string; answer(option: number): string };
  /** How a candidate holds the persona on the tuning part, or on some of its items: what every choice goes by. */
  tune(candidate: Pick<Prepared, 'variant' | 'wrap'>, items?: readonly Item[]): Promise<Held>;
  readonly seed: number | null;
  readonly rng: Rng;
}

/** Agreement with a persona over some items: share of items aligned, and mean probability of the persona's option. */
export interface Held {
  readonly n: number;
  readonly alignment: number;
  readonly meanP: number;
}

/** Calibration statistics by the digest of all that they depend on: made once, and kept for the runs to come. */
export interface Statistics {
  /** `spentMs`: what they took when they were made. */
  of(
    key: string,
    make: () => Promise<readonly TapSums[]>,
  ): Promise<{ readonly sums: readonly TapSums[]; readonly spentMs: number; readonly reused: boolean }>;
}

/** What preparing cost; set-up time is measured by the runner around `prepare`. */
export interface SetupCost {
  readonly setupMs: number;
  readonly artefactBytes: number;
  readonly trainedParameters: number;
}

export type Figures = Readonly<Record<string, number>>;

export interface Artefact {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Prepared {
  readonly variant: Variant;
  wrap(question: Question): Promise<Prompt>;
  readonly cost: Omit<SetupCost, 'setupMs'> & { readonly reusedMs?: number }; // ms of set-up that was done before
  readonly artefacts: readonly Artefact[];
  /** What it says of itself once it was asked, by a name with its unit: in the report, averaged over the cells of a row. */
  figures?(): Figures;
  release(): void;
}

export interface Method {
  readonly name: string;
  readonly title: string; // one line for `bench list`
  readonly options: object; // JSON Schema of the suite entry's `options`, with defaults, closed
  readonly axes: Depends<Axis>;
  /** Its options with the paths among them made absolute; `folderOf` an option: where it is written. */
  located?(
    options: Readonly<Record<string, unknown>>,
    folderOf: (option: string) => string,
  ): Readonly<Record<string, unknown>>;
  /**
   * What `prepare` reads of the persona and its opposite; absent: everything. The rest is withheld from the context and
   * stays out of the cell's identity, so that an edited passage does not run a prompt again.
   */
  readonly reads?: Depends<Reading>;
  /** The options that outcomes depend on: what only says where in a plan an entry stands is left out. Absent: all. */
  content?(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** It may change the network: perplexity on neutral text is measured for it. */
  readonly network?: boolean;
  /** Its options as a control of this kind has them: a null of equal sparsity in the same places. None: no controls. */
  nulls?(kind: ControlKind, options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Asked on the tuning part as well, where the headline's sparsity and score function are chosen. */
  readonly tunes?: boolean;
  /** Values of the wording axis for a persona; only for methods with that axis. */
  wordings?(persona: Persona, options: Readonly<Record<string, unknown>>): readonly string[];
  prepare(context: Context): Promise<Prepared>;
}

/** A list, or how it follows from the entry's options. */
type Depends<T> = readonly T[] | ((options: Readonly<Record<string, unknown>>) => readonly T[]);

type Entry = Pick<MethodEntry, 'options'>;

/** The axes that an entry of a suite depends on. */
export function axesOf({ axes }: Method, { options }: Entry): readonly Axis[] {
  return typeof axes === 'function' ? axes(options) : axes;
}

/** Whether `prepare` may read `part`. */
export function reads(method: Method, { options }: Entry, part: Reading): boolean {
  const parts = typeof method.reads === 'function' ? method.reads(options) : method.reads;
  return parts === undefined || parts.includes(part);
}

/** Parts of a suite that a method may see beside the item; the wording's prompt always is. */
export type Reading =
  | 'description'
  | 'prompts'
  | 'calibration'
  | 'tuning'
  | 'knowledge'
  | 'library'
  | 'opposite'
  | 'neutral';

export type MethodRegistry = ReadonlyMap<string, Method>;

/** One point of model x persona x evaluation x method x sparsity x seed. Null: the method ignores that axis. */
export interface Cell {
  readonly id: string; // sha256 of `inputs` as canonical JSON
  readonly inputs: Readonly<Record<string, unknown>>; // everything that affects the outcomes (design.md, Identity)
  readonly model: string;
  readonly evaluation: Evaluation;
  readonly method: string; // the entry's id
  readonly persona: string | null; // that the outcomes are judged for
  readonly network: string | null; // persona that the method is prepared for: `persona`, or its opposite
  readonly part: 'evaluation' | 'tuning';
  readonly wording: string | null;
  readonly sparsity: string | null; // label
  readonly seed: number | null;
  readonly items: readonly Item[];
}

/** What is known about a finished cell beside its outcomes. */
export interface CellRecord {
  readonly id: string;
  readonly key: string; // id + device class: the store's key
  readonly cost: SetupCost;
  readonly counters: Counters;
  readonly scoringMs: number;
  readonly figures: Figures;
  /** Neutral texts through the cell's network, in nats over all their tokens; null where it was not asked for. */
  readonly neutral: { readonly nll: number; readonly tokens: number } | null;
}
