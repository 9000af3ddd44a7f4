// How a method stands, in the words of every report: one rule for all methods (docs/scoring.md, "What a verdict means").

import type {
  ComparisonRow,
  Interval3,
  MethodPoint,
  MetricRow,
  RowScope,
  RunResult,
  VerdictRow,
} from '../harness/record/run-record.ts';
import { percent } from './format.ts';
import { samePoint, sameScope } from './rows.ts';

/** The verdict on a row of figures; null of a control, and of a method that was compared with nothing. */
export function verdictOf(result: RunResult, row: MethodPoint & RowScope): VerdictRow | null {
  return result.verdicts.find((one) => samePoint(one, row) && sameScope(one, row)) ?? null;
}

/** Why a method's network no longer speaks, as far as this row is concerned; nothing where it does. */
export function brokenOf(result: RunResult, row: MethodPoint & RowScope): readonly string[] {
  const found = result.verdicts.filter(
    (one) => samePoint(one, row) && (one.scope === 'pooled' || sameScope(one, row)) && one.broken.length > 0,
  );
  // A control has no verdict.
  const control = result.broken.find(
    (one) => samePoint({ ...one, evaluation: row.evaluation }, row) && one.persona === null,
  );
  return found[0]?.broken ?? control?.why ?? [];
}

export function isHeld(result: RunResult, row: MetricRow): boolean {
  return verdictOf(result, row)?.standing === 'held' && brokenOf(result, row).length === 0;
}

/** How a row stands, in few words, and what for: `no better than "words"`, `not held` (not above none, shuffled). */
export interface Said {
  readonly word: string;
  readonly why: string; // "" where the word says it
  readonly good: boolean | null; // null: neither, as of a control
}

export function standingOf(result: RunResult, row: MetricRow): Said {
  const broken = brokenOf(result, row);
  if (row.control)
    return { word: broken.length > 0 ? 'control, broken' : 'control', why: broken.join('; '), good: null };
  if (broken.length > 0) return { word: 'broken', why: broken.join('; '), good: false };
  const verdict = verdictOf(result, row);
  if (verdict === null) return { word: 'not measured', why: 'compared with nothing', good: null };
  const why = whyText(verdict);
  switch (verdict.standing) {
    case 'held':
      return { word: 'held', why: '', good: true };
    case 'like-answerer':
      return { word: `no better than ${namesOf(verdict)}`, why: '', good: false };
    case 'not-held':
      return { word: 'not held', why, good: false };
    case 'undecided':
      return { word: 'undecided', why: `${why === '' ? '' : `${why}; `}${decidesText(verdict)}`, good: null };
    case 'not-measured':
      return { word: 'not measured', why: missingText(verdict), good: null };
  }
}

/** "not held: not above none, shuffled" */
export function standingText(result: RunResult, row: MetricRow): string {
  const { word, why } = standingOf(result, row);
  return why === '' ? word : `${word}: ${why}`;
}

/** As it stands in a table of many rows: the first table and the headline say why a method is broken. */
export function briefStanding(result: RunResult, row: MetricRow): string {
  return brokenOf(result, row).length > 0 ? standingOf(result, row).word : standingText(result, row);
}

/** "missing: shuffled", "no draws at this sparsity": entries by name, and what is a reason as it is. */
export function missingText({ missing }: VerdictRow): string {
  const isReason = (text: string) => text.startsWith('no ');
  const names = missing.filter((text) => !isReason(text));
  return [...missing.filter(isReason), ...(names.length === 0 ? [] : [`missing: ${names.join(', ')}`])].join('; ');
}

/** "about 120 items would decide" */
export function decidesText({ decides }: VerdictRow): string {
  return decides === null ? 'more items alone would not decide' : `about ${decides} items would decide`;
}

/** What a row is not above, by name; answerers without a model in quotes. */
export function namesOf({ fails }: VerdictRow): string {
  return fails.map(({ name, kind }) => (kind === 'answerer' ? `"${name}"` : name)).join(', ');
}

function whyText(verdict: VerdictRow): string {
  return verdict.fails.length === 0 ? '' : `not above ${namesOf(verdict)}`;
}

/** The paired difference from the network without a persona; null where there is none, and where both are one by construction. */
export function aboveNone(
  result: RunResult,
  row: MethodPoint & RowScope & { readonly alignment: Interval3 },
): ComparisonRow | null {
  if (row.alignment.low === null) return null;
  const of = (all: readonly ComparisonRow[]) =>
    all.find((one) => one.kind === 'dense' && samePoint(one, row) && sameScope(one, row));
  return of(result.differences) ?? of(result.comparisons) ?? null;
}

/** Points with their sign and interval, "+24.6 [21.1, 28.0]"; without one where all differences are possible. */
export function differenceText({ difference, low, high }: Pick<ComparisonRow, 'difference' | 'low' | 'high'>): string {
  const value = `${difference > 0 ? '+' : ''}${percent(difference)}`;
  return isUnbounded({ low, high }) ? `${value} (no interval)` : `${value} [${percent(low)}, ${percent(high)}]`;
}

/** Two items bound nothing: an interval over all that is possible is none. */
export function isUnbounded({ low, high }: Pick<ComparisonRow, 'low' | 'high'>): boolean {
  return low <= -1 && high >= 1;
}

/** More names than these stand below the table. */
const MOST_NAMES = 3;

/** "none = random = shorter": one row for what is equal on every item; of many names the number. */
export function comparedName({ control, kind, same }: ComparisonRow): string {
  const name = kind === 'answerer' ? `"${control}"` : control;
  if (same.length > MOST_NAMES) return `${name} = ${same.length} others`;
  return [name, ...same].join(' = ');
}

/** The names behind "= 9 others". */
export function equalLines(rows: readonly ComparisonRow[]): readonly string[] {
  const sets = rows
    .filter(({ same }) => same.length > MOST_NAMES)
    .map(({ control, same }) => [control, ...same].join(' = '));
  return [...new Set(sets)].map((names) => `Equal on every item, and so one row: ${names}.`);
}
