// The alignment rule: did a row hold its persona less than the blessed run by a margin? One paired test per gated row over
// items (poles, wordings and seeds of an item averaged), in one or several looks, and Holm over the rows.

import { points } from '../../base/words.ts';
import type { Verdict } from '../record/verdicts.ts';
import { discordant } from '../stats/mcnemar.ts';
import { differencesOf, meanScore, type Observed, scoreBound } from '../stats/mean-score.ts';
import { normalCdf } from '../stats/normal.ts';
import { itemsToDecide, itemsToDecideGraded, itemsToReject } from '../stats/power.ts';
import { type PairedRow, pairRows, type Unit, unitsOf } from '../stats/units.ts';
import { dropTest } from './drop-test.ts';
import { flipsOf } from './flips.ts';
import { type Asked, answerKeyOf, askedOf, upTo } from './looks.ts';
import { fallen } from './losses.ts';
import { type Decision, decide, type Evidence, type Levels, type Sequence } from './sequence.ts';
import type { Answer, GateRow, Rules } from './types.ts';

/** A row and its reference, ready for the verdict. */
export interface Matched {
  readonly title: string; // as verdicts name it
  readonly now: GateRow;
  readonly was: GateRow;
}

/** What a row's answers say up to one look. */
interface Seen extends Evidence {
  readonly pairs: readonly PairedRow[];
  readonly units: readonly Unit[];
  readonly observed: Observed;
}

interface Row extends Sequence {
  readonly title: string;
  readonly perTrait: readonly number[]; // items that each look has reached
  at(look: number): Seen;
  flipsAt(look: number): readonly string[];
}

/** Options closer than this may rank either way on another class of devices. */
const TIE = 1e-4;

type Alignment = Levels & Pick<Rules, 'looks'>;

/**
 * One verdict per row: that of the first look which decides; on two classes of devices near options are ties. Rows whose items
 * differ have been taken out before.
 */
export function alignmentVerdicts(
  rows: readonly Matched[],
  { looks, ...levels }: Alignment,
  sameClass = true,
): readonly Verdict[] {
  const read = rows.map((row) => rowOf(sameClass ? row : levelled(row), levels, looks));
  return decide(read, levels).map((decision, k) => verdictOf(read[k]!, decision, levels));
}

/** The rows that the looks up to `look` (0-based) leave open and that have further items in the reference. */
export function openRows(
  rows: readonly Matched[],
  { looks, ...levels }: Alignment,
  look: number,
  sameClass = true,
): readonly Matched[] {
  const read = rows
    .map((row) => rowOf(sameClass ? row : levelled(row), levels, looks))
    .map((row) => ({ ...row, asked: Math.min(row.asked, look + 1) }));
  const decided = decide(read, levels);
  return rows.filter((_, k) => decided[k]!.outcome === 'open' && decided[k]!.look < decided[k]!.looks - 1);
}

function rowOf({ title, now, was }: Matched, { margin }: Levels, looks: Rules['looks']): Row {
  const { asked, fractions, perTrait, ...places }: Asked = askedOf(now, was, looks);
  const seen = new Map<number, Seen>();
  const at = (look: number): Seen => {
    const known = seen.get(look) ?? seenIn(upTo(now.answers, places, look), upTo(was.answers, places, look), margin);
    seen.set(look, known);
    return known;
  };
  const flipsAt = (look: number) => flipsOf({ ...now, answers: upTo(now.answers, places, look) }, was);
  return { title, fractions, asked, perTrait, at, flipsAt };
}

function seenIn(now: readonly Answer[], was: readonly Answer[], margin: number): Seen {
  const pairs = pairRows(now.map(outcomeOf), was.map(outcomeOf));
  const units = unitsOf(pairs);
  const observed = differencesOf(units);
  const { n, mean } = observed;
  const equal = pairs.every(({ a, b }) => a === b);
  return { pairs, units, observed, n, mean, equal, score: meanScore(observed, -margin), p: dropTest(units) };
}

/** Both sides with ties counted half. */
export function levelled({ now, was, ...rest }: Matched): Matched {
  const level = (row: GateRow, beside: GateRow): GateRow => {
    const others = new Map(beside.answers.map((answer) => [answerKeyOf(answer), answer]));
    const answers = row.answers.map((answer) =>
      isTied(answer, others.get(answerKeyOf(answer))) ? { ...answer, aligned: 0.5 } : answer,
    );
    return { ...row, answers };
  };
  return { ...rest, now: level(now, was), was: level(was, now) };
}

/** Whether its options lie so close, or as near to a tie of the other side's, that which is likelier says nothing. */
function isTied({ gap }: Answer, other: Answer | undefined): boolean {
  const near = other !== undefined && other.gap !== null && other.gap < TIE ? 2 * TIE : TIE;
  return gap !== null && gap < near;
}

function outcomeOf({ item, group, trait, persona, wording, seed, aligned }: Answer) {
  return { item, group, trait, persona, wording, seed, outcome: aligned };
}

function verdictOf(row: Row, decision: Decision, { margin, alpha }: Levels): Verdict {
  const { look, looks, level, bound } = decision;
  const { pairs, units, observed, equal, mean, p } = row.at(look);
  const flips = row.flipsAt(look);
  const verdict = (outcome: Verdict['outcome'], message: string): Verdict => {
    return { rule: 'alignment', row: row.title, outcome, message, flips };
  };
  const items = `${units.length} items${looks === 1 ? '' : `, look ${look + 1} of ${looks}`}`;
  if (equal && decision.outcome === 'pass') return verdict('pass', `equal on all ${items}`);
  const [low, high] = [scoreBound(observed, bound), scoreBound(observed, -bound)];
  const said = `${points(mean)} points on ${items} (p ${chance(p)} tested at ${chance(level)}, lower bound ${points(low)}, margin ${points(-margin)})`;
  const down = fallen(pairs, margin, alpha);
  if (decision.outcome === 'fail') {
    const what = high < -margin ? 'a drop beyond the margin' : 'a drop, beyond the margin by its estimate';
    return verdict('fail', `${said}: ${what}${down}`);
  }
  if (decision.outcome === 'pass') return verdict('pass', `${said}${down}`);
  if (look < looks - 1) {
    const more = row.perTrait[look + 1]! - row.perTrait[look]!;
    return verdict('inconclusive', `${said}${down}; the next ${more} items per trait are asked by run --gate`);
  }
  const wanted = deciding(units, mean, margin, { pass: normalCdf(-bound), fail: level });
  const more = wanted === null ? 'no number of items can decide this' : `about ${wanted} items would decide it`;
  return verdict('inconclusive', `${said}${down}; ${more}`);
}

function chance(p: number): string {
  return p < 0.0001 ? '< 0.0001' : p.toFixed(4);
}

/** Units are right or wrong as a whole, not graded, and count alike. */
function areBinary(units: readonly Unit[]): boolean {
  return units.every(
    ({ difference, weight }) => (difference === 0 || Math.abs(difference) === 1) && weight === units[0]!.weight,
  );
}

/** Items at which the row would fail, or from above the margin pass, if all stayed as it is. */
function deciding(
  units: readonly Unit[],
  mean: number,
  margin: number,
  levels: { readonly pass: number; readonly fail: number },
): number | null {
  const n = units.length;
  const fails = mean <= -margin;
  const question = fails ? { margin: 0, alpha: levels.fail } : { margin, alpha: levels.pass };
  if (areBinary(units)) {
    const changed = { ...discordant(units), n };
    return fails ? itemsToReject(changed, question) : (itemsToDecide(changed, question)?.n ?? null);
  }
  const squares = units.reduce((sum, unit) => sum + (unit.difference - mean) ** 2, 0);
  const sd = n < 2 ? 0 : Math.sqrt(squares / (n - 1));
  return itemsToDecideGraded({ mean, sd }, question)?.n ?? null;
}
