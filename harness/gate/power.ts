// What a suite's gate can find: the chance that a drop turns a row red, at the level that Holm leaves the first of the rows.

import type { GateRules } from '../config/resolved.ts';
import type { Cell } from '../plan/cell.ts';
import { mcnemarPower, minimumDetectableDrop } from '../stats/power.ts';
import { nameOf, titlesOf } from './rows.ts';

/** Share of items that a harmless change turns either way, and the drop that is asked about; both said beside the figure. */
const CHANGED = 0.1;
const DROP = 0.05;

export interface RowPower {
  readonly row: string;
  readonly items: number;
  /** Null on a scale, where it hangs on a spread that no plan knows. */
  readonly found: {
    readonly power: number; // of a drop of 5 points
    readonly least: number | null; // drop that is found four times in five
  } | null;
}

/** One entry per gated row of the plan. */
export function gatePower(
  cells: readonly Cell[],
  { rows, alignment: { margin, alpha } }: GateRules,
): readonly RowPower[] {
  const gated = cells.filter(({ part, method }) => part === 'evaluation' && rows.includes(method));
  const inWords = titlesOf(gated.map(({ model, evaluation }) => ({ model, evaluation: evaluation.id })));
  const families = new Map<string, { readonly graded: boolean; readonly units: Set<string> }>();
  for (const cell of gated) {
    const { model, evaluation, items } = cell;
    const row = inWords(nameOf(cell), { model, evaluation: evaluation.id });
    const family = families.get(row) ?? { graded: evaluation.kind === 'likert', units: new Set<string>() };
    families.set(row, family);
    for (const { id, group } of items) family.units.add(group ?? id);
  }
  const level = alpha / Math.max(1, families.size);
  return [...families].map(([row, { graded, units }]) => {
    const design = { n: units.size, discordance: CHANGED, alpha: level, margin };
    const found = { power: mcnemarPower({ ...design, drop: DROP }), least: minimumDetectableDrop(design) };
    return { row, items: units.size, found: graded ? null : found };
  });
}

/** In words, a line per row. */
export function powerLines(powers: readonly RowPower[]): readonly string[] {
  return powers.map(({ row, items, found }) => {
    if (found === null) return `gate: ${row}, ${items} items on a scale: what is found hangs on their spread`;
    const { power, least } = found;
    const most =
      least === null
        ? 'no drop is found four times in five'
        : `${(100 * least).toFixed(1)} points are found four times in five`;
    return `gate: ${row}, ${items} items: a drop of 5 points is found ${(100 * power).toFixed(0)} times in a hundred where 10 % of items turn; ${most}`;
  });
}
