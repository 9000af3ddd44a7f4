// One cell of a plan, and what running it gives.

import type { Evaluation } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { Outcome } from '../method/outcome.ts';
import type { CellRecord, CellStatus, Failure } from '../record/cell-record.ts';

/** One point of model x persona x evaluation x method x sparsity x seed. Null: the method ignores that axis. */
export interface Cell {
  readonly id: string; // sha256 of `inputs` as canonical JSON
  readonly inputs: Readonly<Record<string, unknown>>; // all that affects outcomes (docs/method.md#identity-of-a-cell)
  readonly model: string;
  readonly evaluation: Evaluation;
  readonly method: string; // the entry's id
  readonly persona: string | null; // that the outcomes are judged for
  readonly network: string | null; // persona that the method is prepared for: `persona`, or its opposite
  readonly split: 'evaluation' | 'tuning';
  readonly look: number; // of the gate, from 1, at which its items are asked; 1 where there is one look
  readonly wording: string | null;
  readonly sparsity: string | null; // label
  readonly seed: number | null;
  readonly items: readonly Item[];
  readonly lean?: boolean; // a draw: nothing but its answers is measured, and its seed is none of the suite's
}

export interface CellResult {
  readonly cell: Cell;
  readonly key: string;
  readonly status: CellStatus;
  readonly stored: StoredCell | null; // null when errored
  readonly error: Failure | null;
}

export interface StoredCell {
  readonly record: CellRecord;
  readonly outcomes: readonly Outcome[]; // in the order of the cell's items, under their names of today
  readonly computedAt: string;
}
