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
  /** Neutral texts through the cell's network, in nats over all their tokens; null where it was not asked for. */
  readonly neutral: { readonly nll: number; readonly tokens: number } | null;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | null;
}

export type CellStatus = 'stored' | 'computed' | 'errored';
