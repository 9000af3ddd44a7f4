// Which rows of a run stand against which of its reference, why a row cannot be compared, and which rows need their next look.

import type { Verdict } from '../record/verdicts.ts';
import { type Matched, openRows } from './alignment.ts';
import { methodOf, said, type Titles } from './levels.ts';
import { answerKeyOf, askedOf } from './looks.ts';
import { titlesOf } from './rows.ts';
import type { Answer, Candidate, GateRow, Reference, Rules } from './types.ts';

interface Matching {
  readonly matched: readonly Matched[];
  readonly missing: readonly Verdict[]; // rows that cannot be compared, and why
  readonly sameClass: boolean; // of devices, with the same kernels
  readonly titleOf: Titles;
}

/** The gated rows of both sides. */
export function matching(now: Candidate, then: Reference, rules: Rules): Matching {
  const verdicts: Verdict[] = [];
  const matched: Matched[] = [];
  const sameClass = now.deviceClass === then.deviceClass && now.kernels === then.kernels;
  const gated = (row: GateRow): boolean => isGated(row, rules);
  const inWords = titlesOf(now.rows, then.rows);
  const titleOf: Titles = (row) => inWords(row.name, row);
  for (const name of rules.rows) {
    if (now.rows.some((row) => methodOf(row.name) === name)) continue;
    verdicts.push(said('rows', name, 'incomparable', 'the run has no such row'));
  }
  for (const row of now.rows.filter(gated)) {
    const other = then.rows.find((one) => sameRow(one, row, now.rows, then.rows));
    const reason = other === undefined ? 'the reference has no such row' : apart(row, other, now, then, rules.looks);
    if (reason !== null) verdicts.push(said('rows', titleOf(row), 'incomparable', reason));
    else matched.push({ title: titleOf(row), now: row, was: other! });
  }
  for (const row of then.rows.filter(gated)) {
    if (now.rows.some((one) => sameRow(row, one, then.rows, now.rows))) continue;
    if (!verdicts.some((one) => one.row === titleOf(row) || one.row === methodOf(row.name)))
      verdicts.push(said('rows', titleOf(row), 'incomparable', 'the run lacks a row that the reference has'));
  }
  return { matched, missing: verdicts, sameClass, titleOf };
}

export function isGated({ name }: Pick<GateRow, 'name'>, { rows }: Pick<Rules, 'rows'>): boolean {
  return rows.includes(methodOf(name));
}

/** What the alignment rule goes by. */
export function alignmentRule({ alignment, looks }: Rules): Rules['alignment'] & Pick<Rules, 'looks'> {
  return { ...alignment, ...(looks !== undefined && { looks }) };
}

/**
 * The gated rows that the looks up to `look` (0-based) leave open and that have items in a later look: those whose next look
 * is to be asked. Rows that cannot be compared are not among them. Deterministic in the order of the reference's items.
 */
export function undecided(
  now: Candidate,
  then: Reference,
  rules: Rules,
  look: number,
): readonly Pick<GateRow, 'name' | 'model' | 'evaluation'>[] {
  const { matched, sameClass } = matching(now, then, rules);
  return openRows(matched, alignmentRule(rules), look, sameClass).map(({ now: { name, model, evaluation } }) => {
    return { name, model, evaluation };
  });
}

/** Why two rows cannot be compared, or null. */
function apart(now: GateRow, was: GateRow, run: Candidate, reference: Reference, looks: Rules['looks']): string | null {
  if (now.answers.length === 0 || was.answers.length === 0) return 'it has no items';
  const settings = ({ evaluations }: Pick<Reference, 'evaluations'>) => {
    const found = evaluations.find(({ id }) => id === now.evaluation);
    return found && JSON.stringify([found.kind, found.scorer, found.settings]);
  };
  if (settings(run) === undefined) return 'its evaluation has no settings';
  if (settings(run) !== settings(reference)) return 'its evaluation has other settings';
  const broken = [...now.answers, ...was.answers].find(
    ({ aligned, p }) => !(aligned >= 0 && aligned <= 1 && p >= 0 && p <= 1),
  );
  if (broken !== undefined) return `item ${broken.item} has a figure that is not a number`;
  const before = new Map(was.answers.map((answer) => [answerKeyOf(answer), answer]));
  const after = new Set(now.answers.map(answerKeyOf));
  if (after.size < now.answers.length || before.size < was.answers.length) return 'it has a duplicate answer';
  for (const answer of now.answers) {
    const blessed = before.get(answerKeyOf(answer));
    if (blessed === undefined) return newIn(answer, was.answers);
    if (blessed.content !== answer.content) return `item ${answer.item} has other content`;
    if (blessed.trait !== answer.trait) return `item ${answer.item} is of another trait`;
  }
  const { asked, whole } = askedOf(now, was, looks);
  return asked > 0 && whole ? null : 'the reference has items that the run lacks';
}

/** Why the reference lacks an answer: it has the item with other seeds only, or not at all. */
function newIn({ item, persona, wording, seed }: Answer, blessed: readonly Answer[]): string {
  const same = blessed.filter((one) => one.item === item && one.persona === persona && one.wording === wording);
  if (same.length === 0) return `item ${item} is new`;
  const seeds = [...new Set(same.map((one) => one.seed ?? 'none'))].join(', ');
  return `item ${item} was answered with seed ${seed ?? 'none'}, and in the reference with seed ${seeds}`;
}

/** Rows match on name and evaluation; on the model only where a side has several. */
function sameRow(a: GateRow, b: GateRow, ofA: readonly GateRow[], ofB: readonly GateRow[]): boolean {
  const several = (rows: readonly GateRow[]): boolean => new Set(rows.map(({ model }) => model)).size > 1;
  const model = several(ofA) || several(ofB) ? a.model === b.model : true;
  return model && a.name === b.name && a.evaluation === b.evaluation;
}
