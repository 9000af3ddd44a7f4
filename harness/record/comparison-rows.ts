// What a run's record says of a method against what it must beat: the differences, and how the method stands for them.

import type { ControlKind } from '../config/resolved.ts';

/**
 * What a method is compared with: the dense network, a control that the suite names, one that the harness adds, or an
 * answerer without a model.
 */
export type ComparedKind = 'dense' | 'control' | ControlKind | 'answerer';

/** A figure with its 95 % interval; both bounds null where it has none, as of what is 50 % by construction. */
export interface Interval3 {
  readonly value: number;
  readonly low: number | null;
  readonly high: number | null;
}

/**
 * A share of n units. n counts item x persona pairs; wordings and seeds repeat a pair. The interval counts items: the poles of
 * one are no two observations.
 */
export interface Share extends Interval3 {
  readonly n: number;
}

/** What a row is of: all that a method was asked, the items of a trait, or those that count for a persona. */
export interface RowScope {
  readonly scope: 'pooled' | 'trait' | 'persona';
  readonly trait: string | null;
  readonly persona: string | null;
}

/** A method at one sparsity in one evaluation. */
export interface MethodPoint {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly sparsity: string | null;
}

/**
 * A method against one of what it must beat, at the same sparsity: mean difference in alignment over items (poles averaged,
 * where both are there), with a 95 % interval that has the variance of items, of the control's draws and of the method's own
 * seeds in it, cut at -1 and 1.
 */
export interface ComparisonRow extends MethodPoint, RowScope {
  readonly control: string; // entry's id, or the answerer's name
  readonly same: readonly string[]; // others whose answers are worth the same on every item: they are this row
  readonly kind: ComparedKind;
  readonly n: number; // items
  readonly seeds: number; // of the method
  readonly draws: number; // of the control
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly beats: boolean; // low > 0
}

/**
 * How a method stands. held: above everything. like-answerer: above its controls, and not above an answerer without a model.
 * not-held: not above a control, and less than 5 points above it at most. not-measured: something is missing that the verdict
 * needs. undecided: everything else.
 */
export type Standing = 'held' | 'like-answerer' | 'not-held' | 'undecided' | 'not-measured';

/** How a method stands on what a row is of; reasons for it by name. */
export interface VerdictRow extends MethodPoint, RowScope {
  readonly standing: Standing;
  readonly fails: readonly { readonly name: string; readonly kind: ComparedKind }[]; // what it is not above
  readonly missing: readonly string[]; // entries without all figures that the verdict needs; "no draws at this sparsity"
  readonly decides: number | null; // items that would decide it if the figures stayed; null: no number of items does, or none is needed
  readonly broken: readonly string[]; // why its network no longer speaks: such a row is never said to be held
}
