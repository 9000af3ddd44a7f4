// The alignment rule as a group-sequential test: at each look a row passes, fails or stays open, and only open rows are asked
// further items. One look is the fixed rule. Pure: the gate and its simulation decide by the same code.

import { boundaries, obrienFleming, power, type Spending } from '../stats/sequential.ts';

/** Of the level of "a drop": next to nothing at the first looks, so that the last one tests almost as the fixed rule does. */
const OF_FAIL: Spending = obrienFleming;
/** Of the level of "no drop of the margin": alpha t^1.5, more at the first looks, where a harmless change can end. */
const OF_PASS: Spending = power(1.5);
/** Identical answers pass at once where so few would hide a drop of the margin with at most this share of alpha. */
const OF_EQUAL = 0.1;

/** What a row's answers say at a look, all looks before it included. */
export interface Evidence {
  readonly n: number; // units
  readonly mean: number; // difference, now less before
  readonly equal: boolean; // every answer is, and not only the means
  readonly score: number; // normal score of a true drop of the margin: high speaks against it
  readonly p: number; // of no drop, exact
}

/** One gated row. */
export interface Sequence {
  readonly fractions: readonly number[]; // share of its items that each look has seen, rising to 1
  readonly asked: number; // looks that were asked in full
  at(look: number): Evidence; // look: 0-based
}

export interface Decision {
  readonly outcome: 'pass' | 'fail' | 'open';
  readonly look: number; // that decided; else the last one asked
  readonly looks: number; // of the row
  readonly level: number; // of the test of a drop at this look, corrected for the rows
  readonly bound: number; // normal quantile of the lower bound at this look
}

export interface Levels {
  readonly margin: number;
  readonly alpha: number; // one-sided: of all rows together for "fail", of each row for "pass"
}

type Table = ReturnType<typeof boundaries>;

const known = new WeakMap<readonly number[], Map<string, Table>>();

/** Boundaries, remembered. */
function tableOf(fractions: readonly number[], alpha: number, of: 'fail' | 'pass'): Table {
  const own = known.get(fractions) ?? new Map<string, Table>();
  known.set(fractions, own);
  const key = `${of} ${alpha}`;
  const found = own.get(key) ?? boundaries(fractions, alpha, of === 'fail' ? OF_FAIL : OF_PASS);
  own.set(key, found);
  return found;
}

interface State {
  readonly row: Sequence;
  look: number;
  rejected: boolean; // "no drop" was rejected at some look, and its share of alpha is the others'
  decision: Decision | null;
}

/**
 * One decision per row. At each look, over the rows that are open: "fail" where the exact p of no drop is below the look's
 * nominal level and the estimated drop is at least the margin; "pass" where the lower bound at the look's level is above
 * -margin, or all answers are identical. The levels are those of alpha-spending boundaries; those of "fail" are corrected by
 * Holm's step-down procedure over the rows, each row at its latest look (Maurer & Bretz, Statistics in Biopharmaceutical
 * Research 5, 2013): a row whose drop is shown leaves its share of alpha to the others. Answers after the look that decides
 * make no difference.
 */
export function decide(rows: readonly Sequence[], { margin, alpha }: Levels): readonly Decision[] {
  const states: State[] = rows.map((row) => ({ row, look: -1, rejected: false, decision: null }));
  const longest = Math.max(0, ...rows.map(({ asked }) => asked));
  for (let look = 0; look < longest; look++) {
    for (const state of states) if (state.decision === null && look < state.row.asked) state.look = look;
    reject(states, alpha);
    for (const state of states) {
      // A row that has had its last look can still fail by the level that another row leaves it.
      if (state.decision !== null || state.look < 0) continue;
      const outcome = outcomeOf(state, levelOf(state, states, alpha), { margin, alpha });
      if (outcome !== 'open') state.decision = decisionOf(state, states, outcome, alpha);
    }
  }
  return states.map((state) => state.decision ?? decisionOf(state, states, 'open', alpha));
}

/** Holm: the share of alpha of each row that is not rejected yet rises with each one that is. */
function reject(states: readonly State[], alpha: number): void {
  for (let again = true; again; ) {
    again = false;
    for (const state of states) {
      if (state.decision !== null || state.rejected || state.look < 0) continue;
      if (state.row.at(state.look).p >= levelOf(state, states, alpha)) continue;
      state.rejected = true;
      again = true;
    }
  }
}

/** The nominal level of a row at its latest look. */
function levelOf({ row, look, rejected }: State, states: readonly State[], alpha: number): number {
  const left = states.filter((state) => !state.rejected).length + (rejected ? 1 : 0);
  return tableOf(row.fractions, alpha / left, 'fail')[Math.max(0, look)]!.level;
}

function outcomeOf(state: State, level: number, { margin, alpha }: Levels): Decision['outcome'] {
  const { row, look } = state;
  const { n, mean, equal, score, p } = row.at(look);
  if (mean <= -margin && p < level) return 'fail';
  const last = look === row.fractions.length - 1;
  if (equal && (last || (1 - margin) ** n <= OF_EQUAL * alpha)) return 'pass';
  return score > tableOf(row.fractions, alpha, 'pass')[look]!.z ? 'pass' : 'open';
}

function decisionOf(state: State, states: readonly State[], outcome: Decision['outcome'], alpha: number): Decision {
  const { row } = state;
  const look = Math.max(0, state.look);
  const bound = tableOf(row.fractions, alpha, 'pass')[look]!.z;
  return { outcome, look, looks: row.fractions.length, level: levelOf(state, states, alpha), bound };
}
