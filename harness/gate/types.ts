// The gate's nouns: what a suite demands, what a blessed run keeps, and what comes out.

import type { GateRules } from '../config/resolved.ts';
import type { EvaluationRecord, LatencyRow, TaxRow } from '../record/run-record.ts';

export type { GateRules as Rules } from '../config/resolved.ts';

/** One answer: an item under a persona, as the row matches across runs. */
export interface Answer {
  readonly item: string;
  /** Of role replies: what is one observation. A reference does without, since the run that is judged says it. */
  readonly group?: string | undefined;
  /** As it was asked, for messages. A reference does without: its digest is `content`. */
  readonly question?: string | undefined;
  readonly trait: string;
  readonly persona: string;
  readonly wording: string | null;
  readonly seed: number | null;
  readonly aligned: number; // 1, 0, or a share of a tie
  readonly p: number; // of the persona's option
  readonly gap: number | null; // from there to the likeliest other option; null on a scale, where nothing can turn
  readonly content: string; // digest of the question and its options
  readonly cell: string; // the first digits of its id
}

/** A gated row: a method at one sparsity, of one model and evaluation. */
export interface GateRow {
  readonly name: string; // "contrastive at middle"
  readonly model: string;
  readonly evaluation: string;
  readonly answers: readonly Answer[];
  readonly divergence: TaxRow['divergence'] | null; // from the dense network; null of a prompt
  readonly broken: readonly string[]; // why it no longer speaks
  /** Sums over the cells of the row's first look. */
  readonly counters: Readonly<Record<string, number>>;
}

/**
 * 3: the rules that it was blessed with, and the digest of itself. 4: `counters.commands` in its rules. 5: divergence from the
 * dense network in place of perplexity, and what is broken.
 */
export const REFERENCE_VERSION = 5;

/** What a blessed run keeps: small enough to be read in a review. */
export interface Reference {
  readonly version: typeof REFERENCE_VERSION;
  readonly suite: string;
  readonly run: string; // id
  readonly at: string;
  readonly deviceClass: string;
  readonly kernels: string;
  readonly testbed: Readonly<Record<string, unknown>>;
  readonly evaluations: readonly Pick<EvaluationRecord, 'id' | 'kind' | 'scorer' | 'settings'>[];
  readonly rules: GateRules; // of the run
  readonly narrowed: readonly string[]; // flags that left a part of the suite out
  readonly rows: readonly GateRow[];
}

/** What a gate reads of the run under test. */
export interface Candidate {
  readonly deviceClass: string;
  readonly kernels: string; // digest
  readonly complete: boolean; // every planned cell was answered
  readonly narrowed: readonly string[]; // flags that left a part of the suite out
  readonly stored: ReadonlySet<string>; // cells that were answered by an earlier run
  readonly evaluations: Reference['evaluations'];
  readonly rows: readonly GateRow[];
  readonly timed: readonly Timed[];
}

/** A row's medians by round, and the job in which they were measured. */
export interface Timed extends Pick<LatencyRow, 'model' | 'job' | 'rounds' | 'fromStore'> {
  readonly name: string; // "contrastive at middle"
}
