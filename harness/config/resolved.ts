// What a suite means once loaded: defaults applied, references followed, paths absolute, files read.
// plan, run and score work from this; the YAML shapes stay in config/.

import type { LibraryPassage } from '../datasets/passages.ts';
import type { CalibrationText, Item, Passage } from '../datasets/types.ts';
import type { ChatSettings } from '../text/settings.ts';
import type { Located } from './yaml.ts';

export interface Persona {
  readonly id: string;
  readonly trait: string;
  readonly pole: 'high' | 'low';
  readonly desirable?: boolean; // the pole that people would rather be seen at; absent: not said
  readonly opposite: string | null;
  readonly description: string;
  readonly prompts: Readonly<Record<string, string>>; // wording -> system message
  readonly items: readonly Item[]; // all splits; empty when the persona names none
  readonly calibration: readonly CalibrationText[];
  readonly knowledge: readonly Passage[];
}

export interface ModelRef {
  readonly id: string;
  readonly path: string; // absolute folder
  readonly template: string | null; // Jinja text that replaces the model's own chat template
  readonly chat?: ChatSettings; // the suite's; absent: the defaults
}

/** A sparsity level: `label` matches rows across runs, `value` is the fraction of weights removed, in [0,1). */
export interface SparsityLevel {
  readonly label: string;
  readonly value: number;
}

/** How the log-probability of an option becomes a score that options are compared by. */
export const SCORERS = ['sum', 'per-token', 'per-byte', 'prompt-and-answer', 'pmi', 'letter'] as const;
export type Scorer = (typeof SCORERS)[number];

/**
 * An evaluation as it is run: what every kind of evaluation has, as plain data. What one kind alone has is in the type of its
 * own (`ChoiceEvaluation`, ...), which extends this.
 */
export interface Evaluation {
  readonly id: string; // rows of two runs match on it
  readonly kind: string; // name in the registry of kinds
  readonly scorer: string; // how answers become scores; reports name it
  readonly orders: 'both' | 'given'; // whether options are presented in several orders
  readonly template: string; // of the user message
  /** What it asks, of all traits. Absent: the personas' own items, of the evaluation split and of the tuning split. */
  readonly items?: readonly Item[];
  readonly itemsPerTrait: number | null; // the first n of the evaluation split; null = all
  readonly traits?: 'own' | 'all'; // of which each persona is asked the items; absent: own
  readonly tuningPerTrait?: number; // the first n of the tuning split, where the personas' own items are asked; absent: all
  /**
   * How a method asks while it is prepared: never by items that are asked for the result. Absent: as this evaluation asks,
   * which then has a tuning split.
   */
  readonly setUp?: Evaluation;
}

/** A judge of texts behind an OpenAI-compatible endpoint. */
export interface JudgeSettings {
  readonly endpoint: string; // URL that /chat/completions follows
  readonly model: string;
  readonly prompt: string; // {high}, {low}, {question} and {text} are filled in
  readonly keyEnv: string; // environment variable that holds the key, where one is needed
}

/** Controls that a subnetwork is compared with. */
export const CONTROL_KINDS = ['random', 'magnitude', 'generic-text', 'opposite', 'shuffled'] as const;
export type ControlKind = (typeof CONTROL_KINDS)[number];

export interface MethodEntry {
  readonly id: string; // unique in the suite; rows of two runs match on it
  readonly method: string; // registry name
  readonly control: boolean;
  readonly options: Readonly<Record<string, unknown>>; // defaults resolved by the method's schema
  readonly controls?: boolean; // false: it is compared with no control
  readonly seeds?: readonly number[]; // in place of the suite's
  readonly levels?: readonly string[]; // labels of the sparsities it runs at; absent: all of the suite's
  readonly added?: boolean; // by `withControls`, not by the suite
  /** Its network is that of the opposite persona. */
  readonly swapped?: boolean;
  /** Evaluations (ids) that it is asked; absent: all of the suite's. */
  readonly evaluations?: readonly string[];
  /** By evaluation: seeds in place of `seeds`, where fewer say as much. */
  readonly seedsAt?: Readonly<Record<string, readonly number[]>>;
  /** Draws of a control, one for each seed: each is asked a third of the items, and nothing else of it is measured or kept. */
  readonly lean?: boolean;
  /** The entries that it must beat, added by `withControls`: at these sparsities, on these evaluations. */
  readonly against?: readonly {
    readonly kind: ControlKind;
    readonly id: string;
    readonly levels: readonly string[];
    readonly evaluations: readonly string[];
  }[];
}

/** Controls of an evaluation that are known before they run, since its items each count for both poles. */
export interface ByConstruction {
  readonly evaluation: string; // id
  readonly once: readonly string[]; // entries that run with one seed, since all score 50 %
  readonly left: readonly ControlKind[]; // kinds that do not run
}

/** Sparsities at which a control runs: all, none, or those of these labels; `auto`: all, but where it is known before it runs. */
export type Levels = 'auto' | boolean | readonly string[];
export interface Controls {
  readonly random: 'auto' | number; // seeds; 0: none
  readonly magnitude: Levels;
  readonly 'generic-text': Levels;
  readonly opposite: Levels;
  readonly shuffled: Exclude<Levels, 'auto'>;
  readonly draws: number; // of `shuffled`, at each of its sparsities
  readonly evaluations?: readonly string[]; // ids of those that controls are asked; absent: all
}

/** The `gate:` section of a suite, defaults applied. */
export interface GateRules {
  readonly rows: readonly string[]; // method ids; one alignment test each, and for each sparsity of it
  readonly alignment: { readonly margin: number; readonly alpha: number };
  readonly looks?: readonly number[]; // items per trait that each look has reached, rising; absent: one look
  readonly floors: Readonly<Record<string, number>>; // row name -> least alignment
  readonly order: readonly string[]; // "a > b", "a >= b": names of rows
  readonly tax: { readonly divergence?: number }; // at most, from the dense network, nats per token
  /** Most times the time of the row `against`, measured in the same job. */
  readonly timings: { readonly against: string; readonly prefill?: number; readonly decode?: number };
  readonly counters: { readonly model: boolean; readonly commands: boolean };
  readonly inconclusive: 'fail' | 'warn';
}

export interface LatencySettings {
  readonly items: number; // items timed per repeat
  readonly warmup: number;
  readonly repeats: number;
  readonly decodeTokens: number;
}

export interface Suite {
  readonly name: string;
  readonly file: string; // absolute, for messages
  readonly notes: readonly string[]; // printed in every report, such as the fixture's disclaimer
  readonly models: readonly ModelRef[];
  readonly personasFile: string; // absolute
  readonly personas: readonly Persona[];
  readonly neutral: readonly string[]; // neutral texts
  readonly library: readonly LibraryPassage[]; // of all personas of the file, selected or not, and neutral ones
  readonly evaluations: readonly Evaluation[];
  readonly methods: readonly MethodEntry[];
  readonly controls: Controls;
  readonly byConstruction?: readonly ByConstruction[]; // by `withControls`; absent: nothing is
  readonly sparsity: readonly SparsityLevel[];
  readonly seeds: readonly number[];
  readonly latency: LatencySettings | null;
  readonly gate: GateRules | null;
  readonly located?: Located; // where each value was written, for messages; absent in a suite that is no file
}
