// The paired difference between a method and what it is compared with, by item, with three parts of chance in its interval:
// the items, the draws of a random control, and the method's own seeds. Why these formulas: docs/method.md#paired-statistics.

import { BenchError } from '../../base/error.ts';
import { grouped, mean } from '../../base/grouped.ts';
import { componentsOf, type Draws } from './draws.ts';
import { tQuantile } from './t.ts';

/** A variance below this share of the figures' square is rounding of equal differences. */
const ROUNDING = 1e-24;

/**
 * One independent observation: an item, with its poles averaged where a comparison is over both (they are mirror images).
 * Figures are from 0 to 1.
 */
export interface PairedUnit {
  readonly unit: string;
  readonly stratum: string; // its trait: a control that is asked fewer items is weighted to the method's mix of them
  readonly a: readonly number[]; // the method's figure, one per own seed, in one order for all units
  readonly b: readonly number[] | null; // the control's, one per draw; null: the control was not asked this one
}

export interface PairedOptions {
  readonly alpha: number;
  /** Answers are more or less the persona's, instead of right or wrong: then nothing is known of answers not seen. */
  readonly graded?: boolean;
}

export interface PairedDifference {
  readonly n: number; // units of the method
  readonly asked: number; // of these, those that the control was asked
  readonly seeds: number;
  readonly draws: number;
  readonly difference: number; // of the means
  readonly low: number; // -Infinity where the data bound nothing
  readonly high: number;
  readonly above: boolean; // low > 0
  /** Squares of the parts of the half width: `items` falls as 1 / n, `draws` stays. */
  readonly parts: { readonly items: number; readonly draws: number };
}

interface Weighted extends PairedUnit {
  readonly mean: number; // of a
  readonly control: number; // mean of b
  readonly weight: number; // in the control's mean; all together the units of the method
}

/**
 * Two-sided (1 - alpha) interval of mean(a) - mean(b). Half width^2 = t^2 V_items + t^2 V_draws + t^2 V_seeds, each with the
 * t quantile of its own degrees of freedom (Howe 1974; Zou and Donner 2008).
 *
 * - Items. Where the control was asked all units: s^2 of the differences / n. Where it was asked some of them, its mean over
 *   all is estimated by regression on the method's figures (double sampling, Cochran 1977, 12.6).
 * - Draws, K >= 2: s_d^2 (1/K + 1), since without an effect the method is one more draw; for its own S >= 2 seeds s_o^2 / S in
 *   place of the 1 where that is wider. `componentsOf` says how s_d^2 is estimated.
 * - Unless `graded`, two observations are added for the interval alone: an item on which the method takes every answer, and one
 *   on which it takes none (Bonett and Price 2012). So answers that are all alike bound no more than their number does.
 *
 * One unit, or one that both have, bounds nothing: the interval is infinite. Graded figures whose differences are all equal
 * have no t; there the sign test speaks: 2^(1-n) <= alpha makes the interval the point itself, and nothing before.
 * Throws `bad-statistics`: no unit, none that both have, a unit twice, ragged or no figures, NaN, alpha outside (0, 1).
 */
export function pairedDifference(units: readonly PairedUnit[], options: PairedOptions): PairedDifference {
  const { alpha, graded = false } = options;
  const both = weighted(requirePairs(units, alpha));
  const n = units.length;
  const means = units.map(({ a }) => mean(a));
  const slope = both.length === n ? 0 : slopeOf(both);
  // Of the control's own mean over the items that it was not asked: as far as the method's figures foretell it.
  const terms = both.map((unit) => unit.weight * (slope * unit.mean - unit.control) + (1 - slope) * unit.mean);
  const rest =
    (1 - slope) *
    (n - both.length) *
    meanOr(
      0,
      units.filter(({ b }) => b === null).map(({ a }) => mean(a)),
    );
  const difference = (sum(terms) + rest) / n;
  const seeds = units[0]!.a.length;
  const draws = both[0]!.b!.length;
  const known = { n, asked: both.length, seeds, draws, difference };
  const nothing = { low: Number.NEGATIVE_INFINITY, high: Number.POSITIVE_INFINITY, above: false };
  if (both.length < 2) return { ...known, ...nothing, parts: { items: Number.POSITIVE_INFINITY, draws: 0 } };

  const ofBoth = (both.length * variance(terms)) / n ** 2;
  const ofRest = both.length === n ? 0 : ((1 - slope) ** 2 * (n - both.length) * variance(means)) / n ** 2;
  const up = Math.max(...both.map(({ control }) => 1 - control));
  const down = Math.max(...both.map(({ control }) => control));
  const { centre, extra } = graded
    ? { centre: difference, extra: 0 }
    : withExtremes({ n, difference, variance: ofBoth + ofRest, up, down });
  const t = (df: number) => tQuantile(1 - alpha / 2, df) ** 2;
  const items = t(both.length - 1) * (ofBoth + extra) + (ofRest === 0 ? 0 : t(n - 1) * ofRest);
  const control = drawPart(draws, () => ({
    rows: both.map(({ stratum, b, weight }) => ({ stratum, values: b!, weight: weight / n })),
  }));
  const own = drawPart(seeds, () => ({
    rows: units.map(({ stratum, a }) => ({ stratum, values: a, weight: 1 / n })),
  }));
  const single = control.variance === 0 ? 0 : t(control.df) * control.variance;
  const repeated = own.variance === 0 ? 0 : (t(own.df) * own.variance) / seeds;
  const random = single / draws + Math.max(single, repeated);
  const parts = { items, draws: random };
  const size = sizeOf(units);
  if (items + random <= ROUNDING * size * size) {
    if (2 ** (1 - both.length) > alpha) return { ...known, ...nothing, parts };
    // Rounding must not turn "equal" into "above".
    const point = Math.abs(difference) <= Math.sqrt(ROUNDING) * size ? 0 : difference;
    return { ...known, difference: point, low: point, high: point, above: point > 0, parts };
  }
  const half = Math.sqrt(items + random);
  // No answer is worth less than 0 or more than 1: where the control is one constant, that bounds the difference.
  const [most, least] = graded ? [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] : extremesOf(both);
  const low = Math.min(difference, Math.max(centre - half, -most));
  const high = Math.max(difference, Math.min(centre + half, 1 - least));
  return { ...known, low, high, above: low > 0, parts };
}

/** Each unit that the control was asked, with the weight that gives the strata the method's shares. */
function weighted(units: readonly PairedUnit[]): readonly [Weighted, ...Weighted[]] {
  const weights = new Map(
    [...grouped(units, ({ stratum }) => stratum)].map(([stratum, own]) => [
      stratum,
      own.length / own.filter(({ b }) => b !== null).length,
    ]),
  );
  return units.flatMap((unit): readonly Weighted[] => {
    if (unit.b === null) return [];
    return [{ ...unit, mean: mean(unit.a), control: mean(unit.b), weight: weights.get(unit.stratum) ?? 1 }];
  }) as unknown as readonly [Weighted, ...Weighted[]];
}

/** Of the control's figures on the method's, within strata, from 0 to 1: 0 where nothing is known of it. */
function slopeOf(units: readonly Weighted[]): number {
  let products = 0;
  let squares = 0;
  for (const own of grouped(units, ({ stratum }) => stratum).values()) {
    const [a, b] = [mean(own.map((unit) => unit.mean)), mean(own.map(({ control }) => control))];
    for (const unit of own) {
      products += (unit.mean - a) * (unit.control - b);
      squares += (unit.mean - a) ** 2;
    }
  }
  return squares === 0 ? 0 : Math.min(1, Math.max(0, products / squares));
}

interface Seen {
  readonly n: number;
  readonly difference: number;
  readonly variance: number; // of the mean
  readonly up: number; // the largest difference that an item can have
  readonly down: number; // the least is -down
}

/** Mean, and what is added to its variance, with an observation at either extreme added to the n. */
function withExtremes({ n, difference, variance: seen, up, down }: Seen): { centre: number; extra: number } {
  const centre = (n * difference + up - down) / (n + 2);
  const squares = (n - 1) * n * seen + n * (difference - centre) ** 2 + (up - centre) ** 2 + (down + centre) ** 2;
  return { centre, extra: Math.max(0, squares / (n + 1) / (n + 2) - seen) };
}

function drawPart(count: number, draws: () => Draws): { readonly variance: number; readonly df: number } {
  return count < 2 ? { variance: 0, df: 1 } : { variance: componentsOf(draws()).draws, df: count - 1 };
}

/** The largest figure of either side, without its sign. */
function sizeOf(units: readonly PairedUnit[]): number {
  let size = 0;
  for (const { a, b } of units) {
    for (const value of a) size = Math.max(size, Math.abs(value));
    for (const value of b ?? []) size = Math.max(size, Math.abs(value));
  }
  return size;
}

/** The control's largest and least figure. */
function extremesOf(units: readonly PairedUnit[]): readonly [number, number] {
  let [most, least] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { b } of units) {
    for (const value of b ?? []) {
      most = Math.max(most, value);
      least = Math.min(least, value);
    }
  }
  return [most, least];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const meanOr = (otherwise: number, values: readonly number[]): number =>
  values.length === 0 ? otherwise : mean(values);

/** s^2 of the values. */
function variance(values: readonly number[]): number {
  const centre = mean(values);
  return sum(values.map((value) => (value - centre) ** 2)) / (values.length - 1);
}

function requirePairs(units: readonly PairedUnit[], alpha: number): readonly PairedUnit[] {
  const fail = (message: string, where?: string) => {
    throw new BenchError('bad-statistics', message, where === undefined ? {} : { where });
  };
  if (!(alpha > 0 && alpha < 1)) fail(`${alpha} is not a level: a level is between 0 and 1`);
  if (new Set(units.map(({ unit }) => unit)).size !== units.length) fail('a unit is given twice');
  const first = units.find(({ b }) => b !== null);
  if (first === undefined) return fail('there is no pair to compare') as never;
  const [seeds, draws] = [first.a.length, first.b!.length];
  if (seeds === 0) fail('the method has no figure');
  if (draws === 0) fail('the control has no figure');
  const strata = new Set(units.flatMap(({ stratum, b }) => (b === null ? [] : [stratum])));
  for (const { unit, stratum, a, b } of units) {
    if (a.length !== seeds) fail(`it has ${a.length} seeds of the method, and another unit ${seeds}`, unit);
    if (b !== null && b.length !== draws) fail(`it has ${b.length} draws, and another unit ${draws}`, unit);
    if (!a.every(Number.isFinite) || b?.every(Number.isFinite) === false) fail('its figure is not a number', unit);
    if (!strata.has(stratum)) fail(`the control was asked nothing of ${stratum}`, unit);
  }
  return units;
}
