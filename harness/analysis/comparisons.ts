// How every method stands against what it must beat: the dense network, its controls, and the answerers without a model. One
// paired test for all of them, over all items, by trait and by persona (docs/method.md#paired-statistics).

import { grouped } from '../../base/grouped.ts';
import type { Persona } from '../config/resolved.ts';
import type { Cell } from '../plan/cell.ts';
import type { ComparedKind, ComparisonRow, MethodPoint, RowScope, VerdictRow } from '../record/run-record.ts';
import { type PairedOptions, pairedDifference } from '../stats/paired.ts';
import type { AnswererSide } from './answerers.ts';
import { type Answered, stated } from './metrics.ts';
import { type Side, Sides } from './pairs.ts';
import { type Difference, standingOf } from './standing.ts';
import { blind, type Comparator, type Compared, merged, mirrors, unitsOf, within } from './units.ts';

/** Each difference is judged at this level. All must be above zero, so that their number calls for no correction. */
const ALPHA = 0.05;
/** Random draws of the shuffled control without which a subnetwork gets no verdict. */
const LEAST_DRAWS = 2;
const NO_DRAWS = 'no draws at this sparsity';

/** A suite entry that another must beat. */
export interface Against {
  readonly kind: ComparedKind;
  readonly id: string;
  readonly levels?: readonly string[]; // sparsities of the method at which it is compared; all without
  readonly evaluations?: readonly string[]; // ids of those on which it is compared; all without
}

/** What an entry of a suite must beat. */
export interface Opponents {
  readonly entries: readonly Against[];
  readonly drawn: boolean; // it is a subnetwork: no verdict without draws of the shuffled control
}

export interface ComparedRun {
  readonly personas: readonly Persona[]; // the suite's
  readonly plan: readonly Cell[]; // what should be there: a cell without outcomes has failed; the tuning split is left out
  readonly answered: readonly Answered[];
  /** Method entry -> what it must beat. An entry that is not in it has no rows. */
  readonly against: ReadonlyMap<string, Opponents>;
  readonly answerers?: ReadonlyMap<string, readonly AnswererSide[]>; // by evaluation
  readonly graded?: ReadonlySet<string>; // evaluations whose answers are more or less the persona's
  readonly alpha?: number;
}

export interface Comparisons {
  readonly comparisons: readonly ComparisonRow[];
  readonly verdicts: readonly VerdictRow[];
  readonly notes: readonly string[]; // comparisons that are left out, since they test nothing
}

const pointOf = ({ model, method, sparsity, evaluation }: Cell): MethodPoint => ({
  model,
  evaluation: evaluation.id,
  method,
  sparsity,
});

/**
 * Rows of each method on the evaluation split, in the order of the plan: pooled, by trait, by persona; within each what it is
 * compared with, as written. A verdict for each of these scopes.
 */
export function compare(run: ComparedRun): Comparisons {
  const { personas: all, plan: whole, answered, against, answerers, graded, alpha = ALPHA } = run;
  const plan = whole.filter(({ split }) => split === 'evaluation');
  const personas = stated(all, plan); // of what was asked for: a cell may have failed
  const sides = new Sides(personas, answered);
  const known = new Map<string, Side>();
  const places = new Map(plan.map((cell, k) => [cell, k]));
  const sideOf = (cells: readonly Cell[]): Side => {
    const key = cells.map((cell) => places.get(cell)).join();
    const side = known.get(key) ?? sides.of(cells);
    known.set(key, side);
    return side;
  };
  const comparisons: ComparisonRow[] = [];
  const verdicts: VerdictRow[] = [];
  const notes = new Set<string>();
  for (const cells of grouped(plan, (cell) => JSON.stringify(pointOf(cell))).values()) {
    const point = pointOf(cells[0]);
    const opponents = against.get(point.method);
    if (opponents === undefined) continue;
    const entries = opponents.entries.filter(
      ({ levels, evaluations }) =>
        (levels === undefined || point.sparsity === null || levels.includes(point.sparsity)) &&
        evaluations?.includes(point.evaluation) !== false,
    );
    const comparators = [
      ...entries.map(({ kind, id }) => ({ name: id, kind, side: sideOf(besides(plan, point, id, cells)) })),
      ...(answerers?.get(point.evaluation) ?? []).map((one) => ({ ...one, kind: 'answerer' as const })),
    ];
    if (comparators.length === 0 && !opponents.drawn) continue;
    const row: MethodRow = {
      method: sideOf(cells),
      comparators,
      point,
      personas,
      options: { alpha, graded: graded?.has(point.evaluation) ?? false },
      drawn: opponents.drawn,
      blinds: new Map(),
    };
    for (const scope of scopesOf(row.method, personas)) {
      const { rows, verdict, left } = judged(row, scope);
      comparisons.push(...rows);
      verdicts.push(verdict);
      for (const note of left) notes.add(note);
    }
  }
  return { comparisons, verdicts, notes: [...notes] };
}

/**
 * A control's planned cells that a method's cells are compared with: at its sparsity, or without any; for its personas, or for
 * all.
 */
function besides(plan: readonly Cell[], point: MethodPoint, control: string, cells: readonly Cell[]): readonly Cell[] {
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

/** All together, each trait, each persona: of those that the method was to be asked. */
function scopesOf(method: Side, personas: readonly Persona[]): readonly RowScope[] {
  const asked = new Set(method.planned.values());
  const own = personas.filter(({ id }) => asked.has(id));
  return [
    { scope: 'pooled', trait: null, persona: null },
    ...[...new Set(own.map(({ trait }) => trait))].map((trait) => ({ scope: 'trait' as const, trait, persona: null })),
    ...own.map(({ id, trait }) => ({ scope: 'persona' as const, trait, persona: id })),
  ];
}

interface MethodRow {
  readonly method: Side;
  readonly comparators: readonly Comparator[];
  readonly point: MethodPoint;
  readonly personas: readonly Persona[];
  readonly options: PairedOptions;
  readonly drawn: boolean;
  readonly blinds: Map<string, boolean>; // what is known of answerers, by name and trait
}

interface Judged {
  readonly rows: readonly ComparisonRow[];
  readonly verdict: VerdictRow;
  readonly left: readonly string[];
}

function judged(row: MethodRow, scope: RowScope): Judged {
  const { method, comparators, point, options } = row;
  const all = comparators.flatMap((comparator): readonly Compared[] => {
    const units = unitsOf(method, comparator.side, within(scope));
    const compared = [{ comparator, same: [], units }];
    // Poles that are answered alike: what one gains the other loses, and a share by persona is that of the items' keys.
    return comparator.kind === 'answerer' && scope.persona !== null && isBlind(row, comparator, scope) ? [] : compared;
  });
  const kept = merged(all.filter(({ units }) => units.some(({ b }) => b !== null)));
  const left = kept.filter(({ comparator, units }) => comparator.kind === 'opposite' && mirrors(units));
  const differences = kept
    .filter((one) => !left.includes(one))
    .map(({ comparator: { name, kind }, same, units }) => ({
      name,
      kind,
      same,
      ...pairedDifference(units, options),
    }));
  return {
    rows: differences.map((one) => comparisonOf(one, point, scope)),
    verdict: { ...point, ...scope, ...standingOf(differences, missingOf(row, scope)), broken: [] },
    left: left.map(
      ({ comparator: { name } }) =>
        `In ${point.evaluation}, "${name}" is 100 % less "${point.method}" on every item: it tests what 50 % tests, and is no comparison of its own.`,
    ),
  };
}

/** Whether an answerer gives both poles of a persona's trait one answer. */
function isBlind({ method, blinds }: MethodRow, { name, side }: Comparator, scope: RowScope): boolean {
  const key = JSON.stringify([name, scope.trait]);
  const found = blinds.get(key) ?? blind(unitsOf(method, side, within({ ...scope, persona: null })));
  blinds.set(key, found);
  return found;
}

function comparisonOf(
  {
    name,
    kind,
    same,
    n,
    seeds,
    draws,
    difference,
    low,
    high,
    above,
  }: Difference & { readonly same: readonly string[] },
  point: MethodPoint,
  scope: RowScope,
): ComparisonRow {
  // A difference of two shares; and JSON has no infinity.
  const [from, to] = [Math.max(-1, low), Math.min(1, high)];
  return {
    ...point,
    ...scope,
    control: name,
    same,
    kind,
    n,
    seeds,
    draws,
    difference,
    low: from,
    high: to,
    beats: above,
  };
}

/** What a verdict needs and has not, by name. */
function missingOf({ method, comparators, point, personas, drawn }: MethodRow, scope: RowScope): readonly string[] {
  const own = new Set(personas.filter(({ id, trait }) => within(scope)({ persona: id, trait })).map(({ id }) => id));
  const wanted = new Set([...method.planned.values()].filter((id) => own.has(id)));
  const whole = ({ failed, planned, repeats }: Side): boolean => {
    const covered = new Set(planned.values());
    const lost = failed.some((persona) => persona === null || own.has(persona));
    return repeats.length > 0 && !lost && [...wanted].every((id) => covered.has(id));
  };
  const draws = comparators.some(({ kind, side }) => kind === 'shuffled' && side.repeats.length >= LEAST_DRAWS);
  return [
    ...(whole(method) ? [] : [point.method]),
    ...comparators.filter(({ side }) => !whole(side)).map(({ name }) => name),
    ...(drawn && !draws ? [NO_DRAWS] : []),
  ];
}
