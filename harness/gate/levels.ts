// Rules on how aligned a run's rows are, whatever the blessed run was: a least share, and an order of two rows.

import type { Verdict } from '../record/verdicts.ts';
import { rowsOfOrder } from './names.ts';
import type { GateRow, Rules } from './types.ts';

/** A row as verdicts name it. */
export type Titles = (row: GateRow) => string;

export function said(rule: Verdict['rule'], row: string, outcome: Verdict['outcome'], message: string): Verdict {
  return { rule, row, outcome, message, flips: [] };
}

export function alignmentOf({ answers }: GateRow): number {
  return answers.reduce((sum, { aligned }) => sum + aligned, 0) / answers.length;
}

export function floors(rows: readonly GateRow[], rules: Rules, titleOf: Titles): readonly Verdict[] {
  return Object.entries(rules.floors).flatMap(([name, least]) => {
    const own = rows.filter((row) => row.name === name || methodOf(row.name) === name);
    if (own.length === 0) return [said('floor', name, 'incomparable', 'the run has no such row')];
    return own.map((row) => {
      const reached = alignmentOf(row);
      const text = `${percent(reached)} %, and at least ${percent(least)} % is required`;
      return said('floor', titleOf(row), reached >= least ? 'pass' : 'fail', text);
    });
  });
}

/** Every row of the first name paired with those of the second: of its model and evaluation, at its sparsity or at none. */
export function orders(rows: readonly GateRow[], rules: Rules, titleOf: Titles): readonly Verdict[] {
  return rules.order.flatMap((rule) => {
    const [first, second, ...others] = rowsOfOrder(rule);
    const sign = rule.includes('>=') ? '>=' : '>';
    const named = (name: string | undefined) =>
      rows.filter((row) => row.answers.length > 0 && (row.name === name || methodOf(row.name) === name));
    const lacks = (row: string) => said('order', row, 'incomparable', 'the run lacks one of its rows');
    const left = named(first);
    if (left.length === 0 || others.length > 0) return [lacks(rule)];
    return left.flatMap((a) => {
      const levels = [sparsityOf(a.name), null];
      const beside = named(second).filter(
        ({ name, model, evaluation }) =>
          model === a.model &&
          evaluation === a.evaluation &&
          (levels[0] === null || name === second || levels.includes(sparsityOf(name))),
      );
      if (beside.length === 0) return [lacks(`${titleOf(a)} ${sign} ${second}`)];
      return beside.map((b) => {
        const [x, y] = [alignmentOf(a), alignmentOf(b)];
        const holds = sign === '>' ? x > y : x >= y;
        const row = `${titleOf(a)} ${sign} ${titleOf(b)}`;
        return said('order', row, holds ? 'pass' : 'fail', `${percent(x)} % against ${percent(y)} %`);
      });
    });
  });
}

/** The method's id of a row's name. */
export function methodOf(name: string): string {
  return name.split(' at ', 1)[0]!;
}

/** The sparsity's label of a row's name. */
function sparsityOf(name: string): string | null {
  return name.split(' at ', 2)[1] ?? null;
}

function percent(value: number): string {
  return (100 * value).toFixed(1);
}
