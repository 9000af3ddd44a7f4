// Outcomes of cells -> metric rows: per persona, per trait and pooled, by wording and over wordings, each with its n.
// A unit is a pair of item and persona; over wordings and seeds a pair's results are averaged first, so n never grows
// by asking the same thing again.

import type { Persona, Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import { keyedFor } from '../method/keying.ts';
import type { Outcome } from '../method/outcome.ts';
import type { Cell } from '../plan/cell.ts';
import type { AnswererRow, MetricRow } from '../record/run-record.ts';
import { type KeyedOutcome, keyedOutcomes, standardAnswerers, summarise } from '../score/index.ts';
import { type Judged, shareOf } from './shares.ts';

/** A finished cell and its outcomes. */
export interface Answered {
  readonly cell: Cell;
  readonly outcomes: readonly Outcome[];
}

interface Group {
  readonly model: string;
  readonly evaluation: string;
  readonly method: string;
  readonly sparsity: string | null;
  readonly cells: Answered[];
}

/** Rows in the order of the plan: for each method over all wordings, then for each wording where there are several. */
export function metricRows(whole: Suite, all: readonly Answered[]): readonly MetricRow[] {
  const answered = all.filter(({ cell }) => cell.split === 'evaluation');
  const suite = { ...whole, personas: stated(whole.personas, cellsOf(answered)) };
  const groups = new Map<string, Group>();
  for (const one of answered) {
    const { model, method, sparsity } = one.cell;
    const evaluation = one.cell.evaluation.id;
    const key = JSON.stringify([model, evaluation, method, sparsity]);
    const group = groups.get(key) ?? { model, evaluation, method, sparsity, cells: [] };
    groups.set(key, group);
    group.cells.push(one);
  }
  return [...groups.values()].flatMap((group) => {
    const wordings = [...new Set(group.cells.map(({ cell }) => cell.wording))];
    const rows = rowsOf(suite, group, group.cells, null);
    if (wordings.length === 1) return rows;
    return rows.concat(
      wordings.flatMap((wording) =>
        rowsOf(
          suite,
          group,
          group.cells.filter(({ cell }) => cell.wording === wording),
          wording,
        ),
      ),
    );
  });
}

/** What the answerers without a model reach on the items of each evaluation: those of its kind, or the standard ones. */
export function answererRows(
  suite: Suite,
  kinds: EvaluationRegistry,
  all: readonly Answered[],
): readonly AnswererRow[] {
  const answered = all.filter(({ cell }) => cell.split === 'evaluation');
  const rows: AnswererRow[] = [];
  const personas = stated(suite.personas, cellsOf(answered));
  for (const { id: evaluation, kind } of suite.evaluations) {
    const { answer, answerers } = kindOf(kinds, { id: evaluation, kind });
    if (answer === undefined) continue; // there is nothing to choose from
    const cells = answered.filter(({ cell }) => cell.evaluation.id === evaluation);
    const items = [...new Map(cells.flatMap(({ cell }) => cell.items.map((item) => [item.id, item]))).values()];
    for (const { name: answerer, credit } of answerers?.(items, suite.personas) ?? standardAnswerers(suite.personas)) {
      const units = personas.flatMap((persona) =>
        asked(items, null, persona).map((item) => ({
          persona: persona.id,
          trait: persona.trait,
          unit: item.group ?? item.id,
          value: credit(persona, item),
          chance: item.scale === true ? 0.5 : 1 / item.options.length,
        })),
      );
      for (const scope of scopes(units)) {
        const { units: judged, ...names } = scope;
        const graded = items.some(({ scale }) => scale === true);
        rows.push({ evaluation, answerer, ...names, alignment: shareOf(judged, { graded, free: true }) });
      }
    }
  }
  return rows;
}

/**
 * The personas that some of the cells states, or all where none does: a control, which is asked once for all, is judged on
 * those that the methods beside it were asked, also when a filter or a failure left the others out.
 */
export function stated(personas: readonly Persona[], cells: Iterable<Pick<Cell, 'persona'>>): readonly Persona[] {
  const ids = new Set<string>();
  for (const { persona } of cells) if (persona !== null) ids.add(persona);
  return ids.size === 0 ? personas : personas.filter(({ id }) => ids.has(id));
}

export const cellsOf = (answered: readonly Answered[]): readonly Cell[] => answered.map(({ cell }) => cell);

/** How answers of these cells become a share: on a scale, or without a persona to items of both poles. */
export function shareOptions(cells: readonly Answered[]): { readonly graded: boolean; readonly free: boolean } {
  return {
    graded: cells.some(({ cell }) => cell.items.some(({ scale }) => scale === true)),
    free: cells.every(({ cell }) => cell.persona === null && cell.items.every(({ unpaired }) => unpaired !== true)),
  };
}

/** What outcomes are worth, by `figure` of each. */
export function judgedBy(
  outcomes: readonly KeyedOutcome[],
  figure: (outcome: KeyedOutcome) => number,
): readonly Judged[] {
  return outcomes.map((outcome) => ({ unit: outcome.unit, value: figure(outcome), chance: outcome.chance }));
}

/** Items of one cell judged for one persona: those whose answers count for it (`keyedFor`). */
export function judgeFor(persona: Persona, { cell, outcomes }: Answered): readonly KeyedOutcome[] {
  const items = asked(cell.items, cell.persona, persona);
  if (items.length === 0) return [];
  const wanted = new Set(items.map(({ id }) => id));
  return keyedOutcomes(
    outcomes.filter(({ item }) => wanted.has(item)),
    items,
    persona.id,
  );
}

function rowsOf(suite: Suite, group: Group, cells: readonly Answered[], wording: string | null): MetricRow[] {
  const judged = suite.personas.flatMap((persona) =>
    averaged(
      cells
        .filter(({ cell }) => cell.persona === null || cell.persona === persona.id)
        .map((one) => judgeFor(persona, one)),
    ),
  );
  const control = suite.methods.find(({ id }) => id === group.method)?.control ?? false;
  const options = shareOptions(cells);
  return scopes(judged).map(({ units, ...names }) => {
    const { chance, meanP, byOrder } = summarise(units);
    return {
      model: group.model,
      evaluation: group.evaluation,
      method: group.method,
      control,
      sparsity: group.sparsity,
      wording,
      ...names,
      alignment: shareOf(
        judgedBy(units, ({ aligned }) => aligned),
        options,
      ),
      meanP,
      chance,
      orders: byOrder.map((_, k) => {
        const asked = units.filter(({ orders }) => k < orders.length);
        return shareOf(
          judgedBy(asked, ({ orders }) => orders[k] ?? Number.NaN),
          options,
        );
      }),
    };
  });
}

/** Repeats of the same pairs of item and persona (wordings, seeds) become one unit each: the mean of all figures. */
function averaged(repeats: readonly (readonly KeyedOutcome[])[]): readonly KeyedOutcome[] {
  const byItem = new Map<string, KeyedOutcome[]>();
  for (const one of repeats.flat()) {
    const known = byItem.get(one.item);
    if (known === undefined) byItem.set(one.item, [one]);
    else known.push(one);
  }
  return [...byItem.values()].map((units) => {
    const first = units[0] as KeyedOutcome;
    if (units.length === 1) return first;
    const mean = (figure: (unit: KeyedOutcome) => number) =>
      units.reduce((sum, unit) => sum + figure(unit), 0) / units.length;
    return {
      ...first,
      p: mean(({ p }) => p),
      aligned: mean(({ aligned }) => aligned),
      orders: first.orders.map((_, k) => mean(({ orders }) => orders[k] ?? Number.NaN)),
    };
  });
}

type Scoped<T> = Pick<MetricRow, 'scope' | 'trait' | 'persona'> & { readonly units: readonly T[] };

function scopes<T extends { readonly persona: string; readonly trait: string }>(units: readonly T[]): Scoped<T>[] {
  if (units.length === 0) return [];
  const by = (key: 'trait' | 'persona') => [...new Set(units.map((unit) => unit[key]))];
  return [
    { scope: 'pooled' as const, trait: null, persona: null, units },
    ...by('trait').map((trait) => ({
      scope: 'trait' as const,
      trait,
      persona: null,
      units: units.filter((unit) => unit.trait === trait),
    })),
    ...by('persona').map((persona) => {
      const own = units.filter((unit) => unit.persona === persona);
      return { scope: 'persona' as const, trait: own[0]?.trait ?? null, persona, units: own };
    }),
  ];
}

function asked(items: readonly Item[], told: string | null, persona: Persona): readonly Item[] {
  return items.filter((item) => keyedFor(item, told, [persona]).length > 0);
}
