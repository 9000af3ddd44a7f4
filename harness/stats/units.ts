// From the rows of two sides to one observation per item, or per group of role replies: the poles of a trait on one item are
// mirror images, its wordings, orders and seeds repeats, and who asks the same question is answered from the same replies.

import { BenchError } from '../../base/error.ts';

interface RowKey {
  readonly item: string;
  readonly group?: string | undefined; // items of one group are one observation; absent: the item is one by itself
  readonly trait: string;
  readonly persona: string;
  readonly wording: string | null; // null: the side has no wordings
  readonly order?: string;
  readonly seed: number | null; // null: the side has no seeds
}

export interface OutcomeRow extends RowKey {
  readonly outcome: number; // in [0, 1]
}

/** The outcomes of two sides that are asked the same; null where a side has none. */
export interface PairedRow extends RowKey {
  readonly a: number | null;
  readonly b: number | null;
}

export interface Unit {
  readonly item: string; // or the group
  readonly trait: string;
  readonly difference: number; // mean of a - b over its rows
  readonly weight: number; // rows: weighted means of units are means of rows
}

/** What only some methods have: a side without it is paired with every value of the other's. */
const SPREAD = ['wording', 'seed'] as const;

const bad = (message: string, where: string, hint?: string) =>
  new BenchError('bad-statistics', message, { where, ...(hint === undefined ? {} : { hint }) });

const unitOf = ({ item, group }: RowKey): string => group ?? item;

const placeOf = ({ item, trait, persona, wording, order, seed }: RowKey): string =>
  [item, trait, persona, wording, order ?? null, seed === null ? null : `seed ${seed}`]
    .filter((part) => part !== null)
    .join(', ');

const observationKeyOf = (
  { item, trait, persona, wording, order, seed }: RowKey,
  without: readonly string[] = [],
): string =>
  JSON.stringify([
    trait,
    item,
    persona,
    order ?? null,
    without.includes('wording') ? null : wording,
    without.includes('seed') ? null : seed,
  ]);

function groupedBy<T extends RowKey>(rows: readonly T[], key: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(key(row));
    if (group) group.push(row);
    else groups.set(key(row), [row]);
  }
  return groups;
}

function checkOnce(rows: readonly RowKey[]): void {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = observationKeyOf(row);
    if (seen.has(key)) throw bad('it is there twice', placeOf(row));
    seen.add(key);
  }
}

/**
 * Joins the rows of two sides by all that they share. A side that has no wordings or seeds at all (all null) stands beside
 * each of the other's. Groups are those of the first side.
 * Throws `bad-statistics`: a row of one side only, or one that is there twice.
 */
export function pairRows(a: readonly OutcomeRow[], b: readonly OutcomeRow[]): readonly PairedRow[] {
  checkOnce(a);
  checkOnce(b);
  const lacks = (rows: readonly OutcomeRow[], axis: 'wording' | 'seed') => rows.every((row) => row[axis] === null);
  const spread = SPREAD.filter((axis) => lacks(a, axis) !== lacks(b, axis));
  const others = groupedBy(b, (row) => observationKeyOf(row, spread));
  const pairs: PairedRow[] = [];
  const met = new Set<string>();
  for (const { outcome, ...key } of a) {
    const shared = observationKeyOf(key, spread);
    met.add(shared);
    const beside = others.get(shared);
    if (beside === undefined) throw bad('only the first side has it', placeOf(key), 'compare what both have answered');
    for (const other of beside) {
      const { wording, seed } = { wording: key.wording ?? other.wording, seed: key.seed ?? other.seed };
      pairs.push({ ...key, wording, seed, a: outcome, b: other.outcome });
    }
  }
  for (const [shared, [row]] of others) {
    if (!met.has(shared)) throw bad('only the second side has it', placeOf(row!), 'compare what both have answered');
  }
  return pairs;
}

function checkOutcome(row: PairedRow, side: 'a' | 'b'): void {
  const value = row[side];
  if (value === null || value === undefined) {
    const which = side === 'a' ? 'second' : 'first';
    throw bad(`only the ${which} side has it`, placeOf(row), 'compare what both have answered');
  }
  if (!(value >= 0 && value <= 1)) throw bad(`${value} is not an outcome: an outcome is between 0 and 1`, placeOf(row));
}

/**
 * One unit per item or group: the mean of a - b over its poles, wordings, orders and seeds. Sorted by trait and item, and
 * summed in one order, so that the same rows in another order give the same figures to the last bit. (Pairing by item: E.
 * Miller,
 * "Adding error bars to evals", 2024, sections 2.2 and 4.2.)
 * Throws `bad-statistics`: no rows, a row of one side only or there twice, an outcome outside [0, 1], an item
 * under two traits.
 */
export function unitsOf(rows: readonly PairedRow[]): readonly Unit[] {
  if (rows.length === 0) throw new BenchError('bad-statistics', 'there are no rows to compare');
  checkOnce(rows);
  const traits = new Map<string, string>();
  for (const row of rows) {
    checkOutcome(row, 'a');
    checkOutcome(row, 'b');
    const unit = unitOf(row);
    const trait = traits.get(unit) ?? row.trait;
    if (trait !== row.trait) {
      throw bad(`it is under "${trait}" and "${row.trait}"`, unit, 'an item is one observation of one trait');
    }
    traits.set(unit, trait);
  }
  const keyed = rows.map((row) => [observationKeyOf(row), row] as const).sort(([x], [y]) => (x < y ? -1 : 1));
  const groups = groupedBy(
    keyed.map(([, row]) => row),
    unitOf,
  );
  return [...groups].map(([item, [...own]]) => ({
    item,
    trait: traits.get(item)!,
    difference: own.reduce((sum, { a, b }) => sum + (a! - b!), 0) / own.length,
    weight: own.length,
  }));
}

/** The mean difference over the rows of all units. */
export function meanOf(units: readonly Pick<Unit, 'difference' | 'weight'>[]): number {
  const weight = units.reduce((sum, unit) => sum + unit.weight, 0);
  return units.reduce((sum, unit) => sum + unit.weight * unit.difference, 0) / weight;
}
