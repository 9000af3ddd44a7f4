// A method and one of what it is compared with, as the units of a paired test; which comparisons are one and the same by
// construction, and which test nothing.

import { grouped, mean } from '../../base/grouped.ts';
import type { ComparedKind, RowScope } from '../record/run-record.ts';
import type { PairedUnit } from '../stats/paired.ts';
import type { Pair, Side } from './pairs.ts';

/** Figures closer than this are the same. */
const SAME = 1e-9;

/** What a method is compared with. */
export interface Comparator {
  readonly name: string;
  readonly kind: ComparedKind;
  readonly side: Side;
}

/** A method against one comparator, or several that are the same one. */
export interface Compared {
  readonly comparator: Comparator;
  readonly same: readonly string[];
  readonly units: readonly PairedUnit[];
}

type Filter = (pair: Pick<Pair, 'persona' | 'trait'>) => boolean;

export const within =
  ({ trait, persona }: RowScope): Filter =>
  (pair) =>
    (trait === null || pair.trait === trait) && (persona === null || pair.persona === persona);

/**
 * One unit for each item or group that every seed of the method answered: its figures averaged over the poles of `filter`. Of a
 * comparator that was not asked a unit there is no figure; a unit that it was asked, and of which an answer is missing, is left
 * out, and so is what has no unit of its trait on the other side.
 */
export function unitsOf(method: Side, other: Side, filter: Filter): readonly PairedUnit[] {
  const [first, ...more] = method.repeats;
  if (first === undefined || other.repeats.length === 0) return [];
  const own = [...first].filter(([key, pair]) => filter(pair) && more.every((seed) => seed.has(key)));
  const units = [...grouped(own, ([, { unit }]) => unit)].flatMap(([unit, pairs]): readonly PairedUnit[] => {
    const shared = pairs.filter(([key]) => other.repeats.every((draw) => draw.has(key)));
    const asked = pairs.some(([key]) => other.planned.has(key));
    if (shared.length === 0 && asked) return [];
    const keys = (shared.length === 0 ? pairs : shared).map(([key]) => key);
    const over = (side: Side['repeats'][number]) => mean(keys.map((key) => side.get(key)?.aligned ?? Number.NaN));
    const stratum = pairs[0][1].trait;
    return [{ unit, stratum, a: method.repeats.map(over), b: shared.length === 0 ? null : other.repeats.map(over) }];
  });
  const strata = new Set(units.flatMap(({ stratum, b }) => (b === null ? [] : [stratum])));
  return units.filter(({ stratum }) => strata.has(stratum));
}

/** Comparisons of which all units are worth the same are the first of them, which names the others. */
export function merged(all: readonly Compared[]): readonly Compared[] {
  const known = new Map<string, Compared>();
  all.forEach((one, k) => {
    const key = valuesOf(one.units) ?? `alone ${k}`;
    const first = known.get(key);
    known.set(key, first === undefined ? one : { ...first, same: [...first.same, one.comparator.name] });
  });
  return [...known.values()];
}

/** What the comparator is worth on each unit, as text; null where it was not asked all, or its draws differ. */
function valuesOf(units: readonly PairedUnit[]): string | null {
  const values = units.map(({ b }) => {
    const [first = Number.NaN] = b ?? [];
    return b?.every((value) => Math.abs(value - first) < SAME) ? Math.round(first / SAME) : null;
  });
  return units.length === 0 || values.includes(null) ? null : JSON.stringify(values);
}

/** Whether the comparator is 1 less the method on every unit: then it tests what a constant 0.5 tests. */
export function mirrors(units: readonly PairedUnit[]): boolean {
  return units.length > 0 && units.every(({ a, b }) => b !== null && Math.abs(mean(a) + mean(b) - 1) < SAME);
}

/** Whether the comparator answers both poles of every item alike: 0.5 on each unit of both. */
export function blind(units: readonly PairedUnit[]): boolean {
  return units.length > 0 && units.every(({ b }) => b?.every((value) => Math.abs(value - 0.5) < SAME) === true);
}
