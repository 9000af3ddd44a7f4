// The interface that a mask, a prompt, RAG, LoRA, steering and every control share, and what asking yields.

import type { EachSums, Engine, TapSums, Variant } from '../../gpu/index.ts';
import type { ControlKind, MethodEntry, Persona } from '../config/resolved.ts';
import type { LibraryPassage } from '../datasets/passages.ts';
import type { CalibrationText, Item } from '../datasets/types.ts';
import type { Figures, SetupCost } from '../record/cell-record.ts';
import type { Prompt } from '../text/prompt.ts';
import type { TextModel } from '../text/text.ts';
import type { Outcome } from './outcome.ts';

// What a method turns a question into.
export type { Message, Prompt } from '../text/prompt.ts';

/** A question as the evaluation phrases it: the user message, before a method wraps it. */
export interface Question {
  readonly item: Item;
  readonly text: string;
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
  readonly neutral: readonly string[]; // neutral texts to calibrate on; those of the tax are others
  readonly library: readonly LibraryPassage[]; // passages of all personas, and neutral ones
  readonly tuning: readonly Item[];
  readonly text: TextModel | null; // null where the model has no tokenizer
  readonly statistics: Statistics;
  evaluate(prepared: Pick<Prepared, 'variant' | 'wrap'>, items: readonly Item[]): Promise<readonly Outcome[]>;
  /** An item as the evaluation asks it, its options in a presented order; and what it scores for an option. */
  phrase(item: Item, order: readonly number[]): { readonly question: string; answer(option: number): string };
  /** How a candidate holds the persona on the tuning split, or on some of its items: what every choice goes by. */
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
  /**
   * Of each sample by itself, in memory for the draws that follow: made once while there is room for so many `bytes`, null where
   * there never is. Absent: nothing is kept.
   */
  each?(key: string, bytes: number, make: () => Promise<EachSums>): Promise<EachSums> | null;
}

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
  /** Of code that does not come with the package: enters the identity of its cells. Bundled methods have none. */
  readonly version?: string;
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
  /** Refuses what the schema cannot: throws `bad-options` with `where: options.NAME`, shown at its place in the suite. */
  check?(options: Readonly<Record<string, unknown>>): void;
  /**
   * What `prepare` will miss of a persona, as it gets it, so that its cells can only fail: nouns such as "items of the tuning
   * split". Absent: calibration texts and prompts, where `reads` names them and there are none.
   */
  lacks?(options: Readonly<Record<string, unknown>>, persona: Persona): readonly string[];
  /** The options that outcomes depend on: what only says where in a plan an entry stands is left out. Absent: all. */
  content?(options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** It may change the network: its divergence from the dense one is measured. */
  readonly network?: boolean;
  /** The options of its control of this kind: of equal sparsity, in the same matrices. Absent: the method has no controls. */
  controlOptions?(kind: ControlKind, options: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Asked on the tuning split as well, where the headline's sparsity and score function are chosen. */
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

/** Parts of a suite that a method may see besides the item; the wording's prompt always is. */
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
