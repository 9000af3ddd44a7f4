// The record of one run (run.json): what reports and the gate read, and nothing they cannot get from it.

import type { Counters } from '../../gpu/index.ts';
import type { GateRules } from '../config/resolved.ts';
import type { CellStatus, Figures, SetupCost } from './cell-record.ts';
import type { ComparisonRow, MethodPoint, RowScope, Share, VerdictRow } from './comparison-rows.ts';
import type {
  AtlasRow,
  EvaluationRecord,
  EvaluationRow,
  EvaluationSection,
  PersonaRecord,
  SpecificityRow,
} from './evaluation-rows.ts';
import type { LookRow } from './looks.ts';
import type { BrokenRow, SpokenRow, TaxRow } from './network-rows.ts';
import type { PartialRun } from './partial.ts';
import type { Profile } from './profile-rows.ts';

export type * from './comparison-rows.ts';
export type * from './evaluation-rows.ts';
export type * from './network-rows.ts';
export type * from './profile-rows.ts';

/**
 * Raised when a field changes its meaning or goes away. 2: digests of itself. 3: cells have `split`; `counters.commands`.
 * 4: verdicts are standings of every method, by trait and persona too; intervals may be null; `taxes` and `spoken`.
 */
export const RUN_VERSION = 4;

/** What is known of the device; `deviceClass` decides which results are bit-identical. */
export interface DeviceInfo {
  readonly name: string;
  readonly software: boolean;
  readonly deviceClass: string;
  readonly testbed: Readonly<Record<string, unknown>>;
  readonly timestamps: boolean;
}

export interface Provenance {
  readonly bench: string; // version of this package
  readonly command: readonly string[];
  readonly git: { readonly sha: string; readonly dirty: boolean } | null; // of the working folder
  readonly models: readonly {
    readonly id: string;
    readonly config: string;
    readonly weights: string;
    readonly tokenizer: string;
    readonly template: string; // of its text and the three settings below
    readonly thinking: string; // off, empty or inside
    readonly system: string; // of prompts without a persona: empty, template, or the text
    readonly date: string; // that chat templates are given
  }[];
  readonly personas: Readonly<Record<string, string>>; // id -> digest of its content
  readonly items: Readonly<Record<string, string>>; // evaluation id -> digest of all items asked
  readonly kernels: string;
  readonly seeds: readonly number[];
  /** Of texts, where a suite names one; the key is nowhere. */
  readonly judges: readonly {
    readonly evaluation: string;
    readonly endpoint: string;
    readonly model: string;
    readonly prompt: string;
  }[];
  readonly versions: Readonly<Record<string, string>>; // node, webgpu, tokenizers, ...
}

export interface CellRow {
  readonly id: string;
  readonly key: string;
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly control: boolean;
  readonly persona: string | null;
  readonly wording: string | null;
  readonly sparsity: string | null;
  readonly seed: number | null;
  readonly split: 'evaluation' | 'tuning';
  readonly look: number; // of the gate, from 1
  readonly items: number;
  readonly status: CellStatus;
  readonly computedAt: string | null;
  readonly cost: SetupCost | null;
  readonly counters: Counters | null;
  readonly scoringMs: number | null;
  readonly divergence: number | null; // nats per token of the dense network's own neutral answers; null: not measured
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

/** Rows match across runs on every name here. `wording` and `seed` null: pooled over them (or the method has none). */
export interface MetricRow extends MethodPoint, RowScope {
  readonly control: boolean;
  readonly wording: string | null;
  readonly alignment: Share;
  readonly meanP: number; // mean probability of the option that the persona would take
  readonly chance: number;
  readonly orders: readonly Share[]; // alignment by presented order, in the order of the outcomes
}

/** A method at one sparsity on the tuning split, pooled. */
export interface TuningRow extends MethodPoint {
  readonly alignment: Share;
}

/** The method and sparsity that the tuning split chose; what it reaches on the evaluation split stands in the metrics. */
export interface HeadlineRow extends MethodPoint {
  readonly candidates: number;
}

/** What a method took at one sparsity, over its cells on the evaluation split. */
export interface CostRow extends MethodPoint {
  readonly cells: number;
  readonly setupMs: number; // mean of the cells
  readonly addedTokens: number; // prompt tokens beyond the bare question's, mean over items
  readonly artefactBytes: number; // mean of the cells
  readonly trainedParameters: number; // of one cell
  readonly figures: Figures; // means of the cells that say so
}

/** What an answerer without a model reaches on the same items. */
export interface AnswererRow extends RowScope {
  readonly evaluation: string;
  readonly answerer: string;
  readonly alignment: Share;
}

/** Samples in ms (or tokens/s); a percentile is null below the n it needs. */
export interface Samples {
  readonly n: number;
  readonly median: number;
  readonly mad: number; // median absolute deviation
  readonly p95: number | null;
  readonly p99: number | null;
}

export interface LatencyRow {
  readonly model: string;
  readonly method: string;
  readonly persona: string | null;
  readonly wording: string | null;
  readonly sparsity: string | null;
  readonly setupMs: number;
  readonly addedTokens: number; // prompt tokens beyond the bare question's, mean over the items timed
  readonly prefillMs: Samples; // one prompt, alone
  readonly firstTokenMs: Samples; // one prompt to its first new token
  readonly decodeMs: Samples; // per token after the first
  /** Time on the device alone, by its timestamps; null where it has none. The other times are wall clock. */
  readonly gpu: { readonly prefillMs: Samples; readonly decodeMs: Samples } | null;
  readonly scoringTokensPerSecond: Samples; // rows through the network while the items are scored as one batch
  /** Medians of each round: rows of one job were measured in turns, so that rounds pair. */
  readonly rounds: { readonly prefillMs: readonly number[]; readonly decodeMs: readonly number[] };
  readonly job: string;
  readonly peakBytes: number;
  readonly measuredAt: string;
  readonly fromStore: boolean;
}

export interface RunResult {
  readonly version: typeof RUN_VERSION;
  readonly id: string; // hex; names the run folder
  readonly suite: string;
  readonly startedAt: string;
  readonly elapsedMs: number;
  readonly notes: readonly string[];
  readonly provenance: Provenance;
  readonly device: DeviceInfo;
  readonly personas: readonly PersonaRecord[];
  readonly evaluations: readonly EvaluationRecord[];
  readonly sparsity: readonly { readonly label: string; readonly value: number }[]; // share of the weights removed
  readonly cells: readonly CellRow[];
  readonly metrics: readonly MetricRow[];
  readonly answerers: readonly AnswererRow[];
  readonly comparisons: readonly ComparisonRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly differences: readonly ComparisonRow[]; // to the entry that states no persona: pooled, and by trait
  readonly costs: readonly CostRow[];
  readonly agreements: readonly AgreementRow[];
  readonly evaluationRows: readonly EvaluationRow[]; // what kinds of evaluation measure besides alignment
  readonly sections: readonly EvaluationSection[]; // the tables of these rows
  readonly specificities: readonly SpecificityRow[]; // of evaluations that ask every persona the items of all traits
  readonly atlas: readonly AtlasRow[]; // of subnetworks
  readonly taxes: readonly TaxRow[];
  readonly spoken: readonly SpokenRow[];
  readonly broken: readonly BrokenRow[]; // the broken ones alone
  readonly tuning: readonly TuningRow[];
  readonly headlines: readonly HeadlineRow[];
  readonly latency: readonly LatencyRow[];
  readonly profile: Profile | null; // null without --profile
  readonly gate: GateRules | null; // of the suite
  readonly looks: readonly LookRow[]; // of gated rows, where the gate has several looks
  readonly partial?: PartialRun; // where the run was stopped: then the exit code is 130
  readonly exitCode: number;
}

/**
 * A line of items.jsonl: an item in a cell, keyed to the cell's persona, or to its own where that is none or of another trait.
 */
export interface ItemRow {
  readonly cell: string; // id
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly persona: string | null;
  readonly wording: string | null;
  readonly sparsity: string | null;
  readonly seed: number | null;
  readonly item: string;
  readonly group?: string; // of role replies: they are one observation together
  readonly itemPersona: string;
  readonly trait: string;
  readonly keyed: 1 | 0 | -1; // -1: the item is keyed to the persona's opposite, and p is flipped; 0: it is of another trait
  readonly question: string;
  readonly options: readonly { readonly text: string; readonly aligned: boolean }[];
  readonly p: number; // of the option that the persona would take
  readonly aligned: number; // 1: the persona's option is the likeliest; a share where options tie
  readonly orders: readonly {
    readonly order: readonly number[];
    readonly p: number;
    readonly sums: readonly number[]; // log-probabilities by option
    readonly scores: readonly number[];
  }[];
  readonly texts?: readonly string[]; // what was written on an open question, in the order of `orders`
  readonly marks?: readonly number[]; // a judge's: how sure it is of the persona, 0 to 1
  readonly prompt: string | null; // sha256 of the first order's prompt as canonical JSON, before the chat template
  readonly promptTokens: number;
  readonly addedTokens: number;
}

/** Share of items on which a network's likeliest option is the dense network's: what a mask leaves of its answers. */
export interface AgreementRow extends Share, MethodPoint {}
