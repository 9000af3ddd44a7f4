// What a suite's gate can find: the chance that a drop turns a row red, at the level that Holm leaves the first of the rows.

import type { GateRules } from '../config/resolved.ts';
import type { Cell } from '../plan/method.ts';
import { mcnemarPower, minimumDetectableDrop } from '../stats/power.ts';

/** Share of items that a harmless change turns either way, and the drop that is asked about; both said beside the figure. */
const CHANGED = 0.1;
const DROP = 0.05;

export interface RowPower {
  readonly row: string;
  readonly items: number;
  readonly power: number; // of a drop of 5 points
  readonly least: number | null; // drop that is found four times in five
}

/** One entry per gated row of the plan. */
export function gatePower(
  cells: readonly Cell[],
  { rows, alignment: { margin, alpha } }: GateRules,
): readonly RowPower[] {
  const found = new Map<string, Set<string>>();
  for (const { method, sparsity, model, evaluation, part, items } of cells) {
    if (part !== 'evaluation' || !rows.includes(method)) continue;
    const key = JSON.stringify([model, evaluation.id, sparsity === null ? method : `${method} at ${sparsity}`]);
    const known = found.get(key) ?? new Set<string>();
    found.set(key, known);
    for (const { id, group } of items) known.add(group ?? id);
  }
  const level = alpha / Math.max(1, found.size);
  return [...found].map(([key, items]) => {
    const design = { n: items.size, discordance: CHANGED, alpha: level, margin };
    return {
      row: (JSON.parse(key) as string[])[2]!,
      items: items.size,
      power: mcnemarPower({ ...design, drop: DROP }),
      least: minimumDetectableDrop(design),
    };
  });
}

/** In words, a line per row. */
export function powerLines(powers: readonly RowPower[]): readonly string[] {
  return powers.map(({ row, items, power, least }) => {
    const found =
      least === null
        ? 'no drop is found four times in five'
        : `${(100 * least).toFixed(1)} points are found four times in five`;
    return `gate: ${row}, ${items} items: a drop of 5 points is found ${(100 * power).toFixed(0)} times in a hundred where 10 % of items turn; ${found}`;
  });
}
