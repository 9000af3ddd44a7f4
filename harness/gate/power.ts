// What a suite's gate can find: the chance that a drop turns a row red, at the level that Holm leaves the first of the rows.

import type { GateRules } from '../config/resolved.ts';
import type { Cell } from '../plan/cell.ts';
import { entryName } from '../record/row-name.ts';
import type { EvaluationRecord } from '../record/run-record.ts';
import { mcnemarPower, minimumDetectableDrop } from '../stats/power.ts';
import { titlesOf } from './rows.ts';

/** Share of answers that a harmless change flips either way, and the drop in question; both are printed with the figure. */
const CHANGED = 0.1;
const DROP = 0.05;

export interface RowPower {
  readonly row: string;
  readonly items: number; // observations
  readonly unit: EvaluationRecord['unit']; // what one is
  /** Null on a scale, where it hangs on a spread that no plan knows. */
  readonly found: {
    readonly power: number; // of a drop of 5 points
    readonly least: number | null; // drop that is found four times in five
  } | null;
}

/** One entry per gated row of the plan. `evaluations`: what the plan's own say of their answers. */
export function gatePower(
  cells: readonly Cell[],
  { rows, alignment: { margin, alpha } }: GateRules,
  evaluations: readonly Pick<EvaluationRecord, 'id' | 'graded' | 'unit'>[],
): readonly RowPower[] {
  const gated = cells.filter(({ split, method }) => split === 'evaluation' && rows.includes(method));
  const inWords = titlesOf(gated.map(({ model, evaluation }) => ({ model, evaluation: evaluation.id })));
  const said = new Map(evaluations.map((one) => [one.id, one]));
  const families = new Map<
    string,
    Pick<RowPower, 'unit'> & { readonly graded: boolean; readonly units: Set<string> }
  >();
  for (const cell of gated) {
    const { model, evaluation, items } = cell;
    const row = inWords(entryName(cell), { model, evaluation: evaluation.id });
    const { graded = false, unit = 'item' } = said.get(evaluation.id) ?? {};
    const family = families.get(row) ?? { graded, unit, units: new Set<string>() };
    families.set(row, family);
    for (const { id, group } of items) family.units.add(group ?? id);
  }
  const level = alpha / Math.max(1, families.size);
  return [...families].map(([row, { graded, unit, units }]) => {
    const design = { n: units.size, discordance: CHANGED, alpha: level, margin };
    const found = { power: mcnemarPower({ ...design, drop: DROP }), least: minimumDetectableDrop(design) };
    return { row, items: units.size, unit, found: graded ? null : found };
  });
}

/** In words, a line per row. */
export function powerLines(powers: readonly RowPower[]): readonly string[] {
  return powers.map(({ row, items, unit, found }) => {
    const many = unit === 'group' ? `${items} groups of items` : `${items} items`;
    if (found === null) return `gate: ${row}, ${many} on a scale: the smallest drop found depends on their spread`;
    const { power, least } = found;
    const most =
      least === null
        ? 'these are too few items to find any drop reliably (80 %)'
        : `a drop of ${(100 * least).toFixed(1)} points is found reliably (80 %)`;
    return `gate: ${row}, ${many}: a drop of 5 points is found ${(100 * power).toFixed(0)} times in a hundred where 10 % of answers change; ${most}`;
  });
}
