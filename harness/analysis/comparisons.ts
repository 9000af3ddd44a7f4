// Does a method beat its controls? The paired difference in alignment to each of them, and one verdict over all.
// A unit is an item: its poles are averaged first, since on two options they are mirror images and no second observation.

import { BenchError } from '../../base/error.ts';
import { grouped, mean } from '../../base/grouped.ts';
import type { Persona } from '../config/resolved.ts';
import type { Cell } from '../plan/cell.ts';
import type { ComparedKind, ComparisonRow, VerdictRow } from '../record/run-record.ts';
import { type PairedUnit, pairedDifference } from '../stats/paired.ts';
import { type Answered, judgeFor, stated } from './metrics.ts';

/** Each difference is judged at this level. All must be above zero, so that their number calls for no correction. */
const ALPHA = 0.05;

/** A suite entry that is a control of another. */
export interface Against {
  readonly kind: ComparedKind;
  readonly id: string;
  readonly levels?: readonly string[]; // sparsities of the method at which it is compared; all without
  readonly evaluations?: readonly string[]; // ids of those on which it is compared; all without
}

export interface Compared {
  readonly personas: readonly Persona[]; // the suite's
  readonly plan: readonly Cell[]; // what should be there: a cell without outcomes has failed; the tuning split is left out
  readonly answered: readonly Answered[];
  /** Method entry -> its controls. An entry without any gets no verdict, since it would beat them all. */
  readonly against: ReadonlyMap<string, readonly Against[]>;
  readonly alpha?: number;
}

export interface Comparisons {
  readonly comparisons: readonly ComparisonRow[];
  readonly verdicts: readonly VerdictRow[];
}

/** Alignment on one item under one persona, over all cells that asked it. */
interface Pair {
  readonly unit: string; // what is one observation: the item, or its group of role replies
  readonly trait: string;
  readonly aligned: number;
}

/** [item, persona] as JSON -> pair. */
type Pairs = ReadonlyMap<string, Pair>;

type RowPoint = Pick<Cell, 'model' | 'method' | 'sparsity'> & { readonly evaluation: string };

const pointOf = ({ model, method, sparsity, evaluation }: Cell): RowPoint => ({
  model,
  evaluation: evaluation.id,
  method,
  sparsity,
});
/** Not the cell's id: two entries with equal inputs share it. */
const cellKeyOf = (cell: Cell) => JSON.stringify([pointOf(cell), cell.persona, cell.wording, cell.seed]);

/**
 * Rows of each method, on the evaluation split and in the order of the plan: its controls as written, pooled and then by trait;
 * one verdict each.
 */
export function compare({ personas: all, plan: whole, answered, against, alpha = ALPHA }: Compared): Comparisons {
  const plan = whole.filter(({ split }) => split === 'evaluation');
  const personas = stated(all, plan); // of what was asked for: a cell may have failed
  const byKey = new Map(
    answered.filter(({ cell }) => cell.split === 'evaluation').map((one) => [cellKeyOf(one.cell), one]),
  );
  const comparisons: ComparisonRow[] = [];
  const verdicts: VerdictRow[] = [];
  const points = grouped(plan, (cell) => JSON.stringify(pointOf(cell)));
  // A control is compared with many methods: its pairs are computed once.
  const judged = new Map<Cell, Pairs>();
  const pairsOf = (cell: Cell): Pairs => {
    const known = judged.get(cell) ?? pairsOfCell(personas, byKey.get(cellKeyOf(cell)));
    judged.set(cell, known);
    return known;
  };
  for (const cells of points.values()) {
    const point = pointOf(cells[0]);
    const controls = (against.get(point.method) ?? []).filter(
      ({ levels, evaluations }) =>
        (levels === undefined || point.sparsity === null || levels.includes(point.sparsity)) &&
        evaluations?.includes(point.evaluation) !== false,
    );
    if (controls.length === 0) continue;
    const method = averaged(cells.map(pairsOf));
    const missing = new Set(cells.every((cell) => byKey.has(cellKeyOf(cell))) ? [] : [point.method]);
    const own = new Set(cells.map(({ seed }) => seed)).size;
    const fails: VerdictRow['fails'][number][] = [];
    for (const { kind, id } of controls) {
      const beside = besides(plan, point, id, cells);
      const seeds = [...grouped(beside, ({ seed }) => seed).values()].map((one) => averaged(one.map(pairsOf)));
      const present = seeds.filter(({ size }) => size > 0);
      const complete =
        beside.length > 0 &&
        beside.every((cell) => byKey.has(cellKeyOf(cell))) &&
        // Draws are asked a third of the items.
        (beside.every(({ lean }) => lean === true) ||
          [...method.keys()].every((key) => seeds.every((seed) => seed.has(key))));
      if (!complete) missing.add(id);
      const rows = present.length === 0 ? [] : rowsOf(unitsOf(method, present), alpha);
      comparisons.push(...rows.map((row) => ({ ...point, control: id, same: [], kind, seeds: own, ...row })));
      if (rows.some((row) => row.scope === 'pooled' && !row.beats)) fails.push({ name: id, kind });
    }
    verdicts.push({
      ...point,
      scope: 'pooled',
      trait: null,
      persona: null,
      standing: missing.size > 0 ? 'not-measured' : fails.length === 0 ? 'held' : 'undecided',
      fails,
      missing: [...missing],
      decides: null,
      broken: [],
    });
  }
  return { comparisons, verdicts };
}

/**
 * A control's planned cells that a method's cells are compared with: at its sparsity, or without any; for its personas, or for
 * all.
 */
function besides(plan: readonly Cell[], point: RowPoint, control: string, cells: readonly Cell[]): readonly Cell[] {
  const asked = new Set(cells.map(({ persona }) => persona));
  return plan.filter(
    (cell) =>
      cell.method === control &&
      cell.model === point.model &&
      cell.evaluation.id === point.evaluation &&
      (cell.sparsity === null || cell.sparsity === point.sparsity) &&
      (cell.persona === null || asked.has(null) || asked.has(cell.persona)),
  );
}

function pairsOfCell(personas: readonly Persona[], answered: Answered | undefined): Pairs {
  if (answered === undefined) return new Map();
  const own = personas.filter(({ id }) => answered.cell.persona === null || answered.cell.persona === id);
  return new Map(
    own
      .flatMap((persona) => judgeFor(persona, answered))
      .map(({ item, unit, persona, trait, aligned }) => [JSON.stringify([item, persona]), { unit, trait, aligned }]),
  );
}

/** Repeats of the same pairs (wordings, a method's seeds) become one figure each. */
function averaged(repeats: readonly Pairs[]): Pairs {
  const together = grouped(
    repeats.flatMap((pairs) => [...pairs]),
    ([key]) => key,
  );
  return new Map(
    [...together].map(([key, same]) => {
      const first = same[0][1];
      return [key, { ...first, aligned: mean(same.map(([, { aligned }]) => aligned)) }];
    }),
  );
}

interface Unit extends PairedUnit {
  readonly trait: string;
}

/** Items that the method and every seed answered, each over the poles that all of them answered it for. */
function unitsOf(method: Pairs, seeds: readonly Pairs[]): readonly Unit[] {
  const shared = [...method].filter(([key]) => seeds.every((seed) => seed.has(key)));
  const units = grouped(shared, ([, { unit }]) => unit);
  return [...units].map(([unit, pairs]) => {
    const over = (side: Pairs) => mean(pairs.map(([key]) => side.get(key)?.aligned ?? Number.NaN));
    return { unit, trait: pairs[0][1].trait, a: over(method), b: seeds.map(over) };
  });
}

type DifferenceFigures = Pick<
  ComparisonRow,
  'scope' | 'trait' | 'persona' | 'n' | 'draws' | 'difference' | 'low' | 'high' | 'beats'
>;

/** Pooled, then by trait; none without units. */
function rowsOf(units: readonly Unit[], alpha: number): readonly DifferenceFigures[] {
  if (units.length === 0) return [];
  const row = (trait: string | null, own: readonly Unit[]): DifferenceFigures => {
    const { n, seeds, difference, low, high, above } = pairedDifference(own, alpha);
    return {
      scope: trait === null ? 'pooled' : 'trait',
      trait,
      persona: null,
      n,
      draws: seeds,
      difference,
      low: Math.max(-1, low), // a difference of two shares; and JSON has no infinity
      high: Math.min(1, high),
      beats: above,
    };
  };
  return [row(null, units), ...[...grouped(units, ({ trait }) => trait)].map(([trait, own]) => row(trait, own))];
}

/**
 * The configuration that a headline shows: the greatest alignment, of equal ones the first; null of none. `rows` come from
 * the tuning split: chosen on the items it is shown on, the best of many would be above its controls by chance.
 * Throws `bad-statistics` when an alignment is not a number.
 */
export function headline(
  rows: readonly { readonly method: string; readonly sparsity: string | null; readonly alignment: number }[],
): { readonly method: string; readonly sparsity: string | null } | null {
  const wrong = rows.find(({ alignment }) => !Number.isFinite(alignment));
  if (wrong) throw new BenchError('bad-statistics', 'its alignment is not a number', { where: wrong.method });
  const top = Math.max(...rows.map(({ alignment }) => alignment));
  const best = rows.find(({ alignment }) => alignment === top);
  return best === undefined ? null : { method: best.method, sparsity: best.sparsity };
}
