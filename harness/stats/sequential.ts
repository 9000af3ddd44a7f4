// Group-sequential boundaries: one-sided nominal levels for looks at growing shares of the data, so that the level of all looks
// together is alpha. Spending functions of Lan & DeMets (Biometrika 70, 1983); the recursive numerical integration of
// Armitage, McPherson & Rowe (Journal of the Royal Statistical Society A 132, 1969).

import { BenchError } from '../../base/error.ts';
import { normalCdf, normalQuantile } from './normal.ts';

/** Steps of Simpson's rule over the range that goes on: the levels are exact to about 1e-7. */
const STEPS = 200;
/** Standard deviations below which the statistic's density adds nothing. */
const LOWEST = -9;
/** Newton's steps end where they are this small. */
const SMALL = 1e-11;
const MOST_STEPS = 100;
/** Less than so much of the level left to spend at a look is none: the boundary is infinite. */
const NOTHING = 1e-14;

/** The share of the level spent up to information fraction t: 0 at 0, alpha at 1, rising. */
export type Spending = (t: number, alpha: number) => number;

/** Close to O'Brien & Fleming (Biometrics 35, 1979): 2 - 2 Phi(z_(alpha/2) / sqrt t). Next to nothing at the first looks. */
export const obrienFleming: Spending = (t, alpha) =>
  t >= 1 ? alpha : 2 * normalCdf(normalQuantile(alpha / 2) / Math.sqrt(t));

/** Close to Pocock (Biometrika 64, 1977): alpha log(1 + (e - 1) t). Much at the first looks, a stricter last one. */
export const pocock: Spending = (t, alpha) => (t >= 1 ? alpha : alpha * Math.log1p((Math.E - 1) * t));

/** alpha t^rho (Kim & DeMets, Biometrika 74, 1987): between the two for rho from 1 to 3. */
export const power =
  (rho: number): Spending =>
  (t, alpha) =>
    t >= 1 ? alpha : alpha * t ** rho;

/** The density of the sum of scores at the last look, where no boundary was crossed. */
interface Going {
  readonly t: number;
  readonly at: Float64Array; // scores S = Z sqrt(t)
  readonly weight: Float64Array; // density times Simpson's weight
}

const density = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

function requireFractions(fractions: readonly number[]): void {
  const rising = fractions.every((t, k) => t > (fractions[k - 1] ?? 0) && t <= 1);
  if (fractions.length > 0 && rising) return;
  throw new BenchError(
    'bad-statistics',
    `looks at ${fractions.join(', ')} of the data do not rise from 0 to at most 1`,
  );
}

/** P(Z at the next look above z, and no boundary crossed before). */
function crossingNow(before: Going | null, t: number, z: number): number {
  if (before === null) return normalCdf(-z);
  const [score, step] = [z * Math.sqrt(t), Math.sqrt(t - before.t)];
  let sum = 0;
  for (let k = 0; k < before.at.length; k++) sum += before.weight[k]! * normalCdf((before.at[k]! - score) / step);
  return sum;
}

/** The z that is crossed at this look, and no boundary before, with chance `more`: Newton's method within a bracket. */
function boundaryAt(before: Going, t: number, more: number): number {
  const step = Math.sqrt(t - before.t);
  let [low, high] = [LOWEST, -LOWEST];
  let z = -normalQuantile(Math.min(more, 0.5));
  for (let k = 0; k < MOST_STEPS; k++) {
    const over = crossingNow(before, t, z) - more;
    if (over > 0) low = z;
    else high = z;
    let slope = 0;
    for (let j = 0; j < before.at.length; j++)
      slope += before.weight[j]! * density((z * Math.sqrt(t) - before.at[j]!) / step);
    const next = z + (over * step) / (slope * Math.sqrt(t));
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - z) < SMALL) return inside;
    z = inside;
  }
  return z;
}

/** The density below the boundary z. */
function goingOn(before: Going | null, t: number, z: number): Going {
  const [low, high] = [LOWEST * Math.sqrt(t), Math.min(z, -LOWEST) * Math.sqrt(t)];
  const width = (high - low) / STEPS;
  const at = Float64Array.from({ length: STEPS + 1 }, (_, k) => low + k * width);
  const step = Math.sqrt(before === null ? t : t - before.t);
  const weight = at.map((score, k) => {
    let sum = 0;
    if (before === null) sum = density(score / step) / step;
    else {
      for (let j = 0; j < before.at.length; j++) sum += before.weight[j]! * density((score - before.at[j]!) / step);
      sum /= step;
    }
    return (sum * width * (k === 0 || k === STEPS ? 1 : k % 2 === 1 ? 4 : 2)) / 3;
  });
  return { t, at, weight };
}

export interface Boundary {
  readonly z: number; // infinite where nothing is spent
  readonly level: number; // one-sided nominal level: P(Z > z) at this look alone
  readonly spent: number; // by this look and those before it
}

/**
 * The boundary of each look at information fractions `fractions` (rising, the last one 1 where all is asked): crossing at the
 * first k looks has probability spending(t_k, alpha) where the statistic is a normal sum of independent parts without drift.
 * Throws `bad-statistics`: fractions that do not rise within (0, 1], or an alpha outside (0, 0.5).
 */
export function boundaries(fractions: readonly number[], alpha: number, spending: Spending): readonly Boundary[] {
  requireFractions(fractions);
  if (!(alpha > 0 && alpha < 0.5)) {
    throw new BenchError('bad-statistics', `${alpha} is not a one-sided level: a level is between 0 and 0.5`);
  }
  const found: Boundary[] = [];
  let going: Going | null = null;
  let spent = 0;
  for (const [look, t] of fractions.entries()) {
    const more = spending(t, alpha) - spent;
    let z = Number.POSITIVE_INFINITY;
    if (more > NOTHING) {
      z = going === null ? -normalQuantile(more) : boundaryAt(going, t, more);
      spent += more;
    }
    found.push({ z, level: Number.isFinite(z) ? normalCdf(-z) : 0, spent });
    if (look < fractions.length - 1) going = goingOn(going, t, z);
  }
  return found;
}

/**
 * P(the statistic first crosses z_k at look k), for each look. `z`: one-sided upper boundaries, infinite for none.
 * Throws `bad-statistics`: as {@link boundaries}, or another number of boundaries than of looks.
 */
export function crossings(fractions: readonly number[], z: readonly number[]): readonly number[] {
  requireFractions(fractions);
  if (z.length !== fractions.length) {
    throw new BenchError('bad-statistics', `${z.length} boundaries for ${fractions.length} looks`);
  }
  let going: Going | null = null;
  return fractions.map((t, k) => {
    const now = crossingNow(going, t, z[k]!);
    going = goingOn(going, t, z[k]!);
    return now;
  });
}
