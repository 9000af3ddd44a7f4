// Does a method move the trait of its persona, and nothing else? With h(i) how far item i is answered the way of its trait's
// high pole, d(P, i) = h(i) under persona P minus h(i) where none is stated, shift(P, T) = mean of d over the items of T:
//   target = mean over P of s(P) shift(P, trait of P), where s is 1 for a high pole and -1 for a low one
//   others = mean over P and the other traits of |shift(P, T)|
//   desirable = mean over P and the other traits of g(T) shift(P, T), where g is the sign of the trait's desirable pole
// Intervals hold the signs of the observed shifts, by which every figure is a mean over items. A mean of noise taken
// absolutely is above zero, so that `others`, and with it the difference target - others, errs against a method.

import { grouped, mean } from '../../base/grouped.ts';
import type { Persona, Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { Estimate, SpecificityRow } from '../record/run-record.ts';
import { DESIRABLE, keyedOutcomes } from '../score/index.ts';
import { bcaInterval } from '../stats/bca.ts';
import { type Answered, cellsOf, stated } from './metrics.ts';

/** Item id -> h, from 0 to 1. */
type Heights = ReadonlyMap<string, number>;

interface Asked {
  readonly personas: readonly Persona[];
  readonly items: readonly Item[]; // of all traits, each with a height
  readonly base: Heights; // where no persona is stated
}

/**
 * Rows of every method and sparsity compared with `dense`, and of the desirable-option answerer; none where fewer than two
 * traits are asked.
 */
export function specificityRows(suite: Suite, all: readonly Answered[], dense: string): readonly SpecificityRow[] {
  const answered = all.filter(({ cell }) => cell.evaluation.traits === 'all' && cell.split === 'evaluation');
  const places = grouped(answered, ({ cell }) => JSON.stringify([cell.model, cell.evaluation.id]));
  return [...places.values()].flatMap((here) => {
    const base = heightsOf(here.filter(({ cell }) => cell.method === dense));
    const { model, evaluation } = here[0].cell;
    const place = { model, evaluation: evaluation.id };
    const known = new Map(here.flatMap(({ cell }) => cell.items.map((item) => [item.id, item])));
    const personas = stated(suite.personas, cellsOf(here));
    const askedOn = (heights: readonly Heights[]): Asked => ({
      personas,
      items: [...known.values()].filter(({ id }) => base.has(id) && heights.every((one) => one.has(id))),
      base,
    });
    const points = grouped(
      here.filter(({ cell }) => cell.method !== dense),
      ({ cell }) => JSON.stringify([cell.method, cell.sparsity]),
    );
    const rows = [...points.values()].flatMap((cells): readonly SpecificityRow[] => {
      const { method, sparsity } = cells[0].cell;
      const control = suite.methods.find(({ id }) => id === method)?.control ?? false;
      const heights = personas.map(({ id }) =>
        heightsOf(cells.filter(({ cell }) => cell.persona === null || cell.persona === id)),
      );
      const row = rowOf(askedOn(heights), heights);
      return row === null ? [] : [{ ...place, method, answerer: false, control, sparsity, ...row }];
    });
    if (rows.length === 0) return [];
    const pleasing = desirableHeights(personas, [...known.values()]);
    const answerer = rowOf(
      askedOn([pleasing]),
      personas.map(() => pleasing),
    );
    if (answerer === null) return rows;
    return [...rows, { ...place, method: DESIRABLE, answerer: true, control: true, sparsity: null, ...answerer }];
  });
}

type ShiftFigures = Omit<SpecificityRow, 'model' | 'evaluation' | 'method' | 'answerer' | 'control' | 'sparsity'>;

/** `heights`: by persona, in their order. */
function rowOf({ personas, items, base }: Asked, heights: readonly Heights[]): ShiftFigures | null {
  const traits = [...grouped(items, ({ trait }) => trait)];
  if (traits.length < 2 || personas.length === 0) return null;
  const moved = (k: number, { id }: Item) => (heights[k]?.get(id) ?? Number.NaN) - (base.get(id) ?? Number.NaN);
  const shifts = personas.flatMap(({ id }, k) =>
    traits.map(([trait, own]) => ({
      persona: id,
      trait,
      n: own.length,
      shift: mean(own.map((item) => moved(k, item))),
    })),
  );
  const shiftOf = (persona: string, trait: string) =>
    shifts.find((one) => one.persona === persona && one.trait === trait)?.shift ?? Number.NaN;

  /** The mean over personas of `weight` times the shift, summed over traits: a mean over items once the weights are fixed. */
  const estimate = (weight: (persona: Persona, trait: string) => number): Estimate => {
    const units = traits.flatMap(([trait, own]) =>
      own.map((item) => ({
        trait,
        difference: traits.length * mean(personas.map((persona, k) => weight(persona, trait) * moved(k, item))),
        weight: 1 / own.length,
      })),
    );
    const { mean: value, low, high } = bcaInterval(units) ?? { mean: units[0]!.difference, low: -1, high: 1 };
    return { value, low, high };
  };
  const others = traits.length - 1;
  const target = (persona: Persona, trait: string) => (persona.trait === trait ? signOf(persona) : 0);
  const absolute = ({ id, trait: own }: Persona, trait: string) =>
    own === trait ? 0 : Math.sign(shiftOf(id, trait)) / others;
  const good = desirableSigns(personas);
  const difference = estimate((persona, trait) => target(persona, trait) - absolute(persona, trait));
  return {
    items: items.length,
    shifts,
    target: estimate(target),
    others: estimate(absolute).value,
    difference,
    desirable: traits.every(([trait]) => good.has(trait))
      ? estimate((persona, trait) => (persona.trait === trait ? 0 : (good.get(trait) ?? 0) / others))
      : null,
    specific: difference.low > 0,
  };
}

/** Over wordings and seeds. Items of more options than two that are no scale have no high pole. */
function heightsOf(cells: readonly Answered[]): Heights {
  const said = cells.flatMap(({ cell, outcomes }) => {
    const byItem = new Map(outcomes.map((outcome) => [outcome.item, outcome]));
    return cell.items.flatMap((item): readonly (readonly [string, number])[] => {
      const outcome = byItem.get(item.id);
      if (outcome === undefined || (item.options.length !== 2 && item.scale !== true)) return [];
      const [judged] = keyedOutcomes([outcome], [item], item.persona);
      const aligned = judged?.aligned ?? Number.NaN;
      return [[item.id, item.keying === '+' ? aligned : 1 - aligned]];
    });
  });
  const repeats = grouped(said, ([item]) => item);
  return new Map([...repeats].map(([item, same]) => [item, mean(same.map(([, height]) => height))]));
}

function desirableHeights(personas: readonly Persona[], items: readonly Item[]): Heights {
  const good = desirableSigns(personas);
  return new Map(
    items.flatMap(({ id, trait }) => {
      const sign = good.get(trait);
      return sign === undefined ? [] : [[id, sign === 1 ? 1 : 0] as const];
    }),
  );
}

const signOf = ({ pole }: Persona): 1 | -1 => (pole === 'high' ? 1 : -1);

/** Trait -> 1 where its high pole is the desirable one, -1 where the low one is; traits of which nothing is said are left out. */
function desirableSigns(personas: readonly Persona[]): ReadonlyMap<string, 1 | -1> {
  return new Map(
    personas.flatMap((persona) => {
      if (persona.desirable === undefined) return [];
      const sign = signOf(persona);
      return [[persona.trait, persona.desirable ? sign : sign === 1 ? -1 : 1] as const];
    }),
  );
}
