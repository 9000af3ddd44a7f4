// Which rows of a record belong together: a method's figures, its costs, its verdicts. Pure functions of the record.

import type { MethodPoint, MetricRow, RowScope, RunResult } from '../harness/record/run-record.ts';
import { entryName } from './format.ts';

/** Rows of one model and evaluation over all wordings: over everything, and by trait. */
export function mainRows(result: RunResult, model: string, evaluation: string): readonly MetricRow[] {
  return result.metrics.filter(
    (row) => row.model === model && row.evaluation === evaluation && isMain(result, row) && row.scope !== 'persona',
  );
}

/** Whether a row is over all wordings, or of a method that has one wording only. */
export function isMain(result: RunResult, row: MetricRow): boolean {
  if (row.wording === null) return true;
  return !result.metrics.some((other) => other.wording === null && entryName(other) === entryName(row));
}

export function samePoint(a: MethodPoint, b: MethodPoint): boolean {
  return a.model === b.model && a.evaluation === b.evaluation && a.method === b.method && a.sparsity === b.sparsity;
}

/** Whether two rows are of the same: everything, one trait, or one persona. */
export function sameScope(a: RowScope, b: RowScope): boolean {
  if (a.scope !== b.scope) return false;
  return a.scope === 'persona' ? a.persona === b.persona : a.scope === 'pooled' || a.trait === b.trait;
}

const ADDED: ReadonlySet<string> = new Set(['random', 'magnitude', 'generic-text', 'opposite', 'shuffled']);

/** Controls of subnetworks: they fill a table, and verdicts say what comes of them. */
export function isMaskControl(result: RunResult, row: MetricRow): boolean {
  if (!row.control) return false;
  return (
    row.sparsity !== null || result.comparisons.some(({ control, kind }) => control === row.method && ADDED.has(kind))
  );
}

/** Whether the tuning split chose this method and sparsity. */
export function isHeadline(result: RunResult, row: MethodPoint): boolean {
  return result.headlines.some((headline) => samePoint(headline, row));
}

/** The entry that states no persona and leaves the network as it is; null without one. */
export function denseEntry(result: RunResult): string | null {
  const rows = [...result.differences, ...result.comparisons];
  return rows.find(({ kind }) => kind === 'dense')?.control ?? null;
}

/** Model and evaluation pairs that have metrics, in order. */
export function places(result: RunResult): readonly (readonly [model: string, evaluation: string])[] {
  const seen = new Map(
    result.metrics.map(({ model, evaluation }) => [`${model}\n${evaluation}`, [model, evaluation] as const]),
  );
  return [...seen.values()];
}
