// What a gate does, by simulation of its real rule (`decide`): how often a harmless change passes, how often it is red, how
// often a drop is found, and how many items that takes. Seeded: the same design gives the same figures.

import { exactFlip } from '../stats/lattice.ts';
import { meanScore, tabled } from '../stats/mean-score.ts';
import { normalQuantile } from '../stats/normal.ts';
import { rngOf } from '../stats/rng.ts';
import { decide, type Evidence, type Levels, type Sequence } from './sequence.ts';

/** Share of answers that hold the persona before the change. */
const HELD = 0.8;
/** Share of the latent variance that the two poles of an item have in common, with opposite signs. */
const MIRRORED = 0.5;
/** Answers this far from a tie, in standard deviations, change 1/e as often as those at it. */
const REACH = 0.5;
/** Items by which the law of a unit's difference is computed. */
const SAMPLE = 20_000;
const HALVINGS = 40;

/** A gated row as the simulation needs it. */
export interface RowDesign {
  readonly units: readonly number[]; // that each look has reached, rising; one entry: one look
  readonly answers: number; // of one unit: its poles, wordings and seeds
}

/** How a change works on a row. */
export interface Change {
  readonly changed: number; // share of answers that change either way
  readonly drop: number; // of the share of answers that hold the persona
  readonly together?: boolean; // all answers of a unit change alike: the hardest case; false
}

export interface Characteristic {
  readonly pass: number; // all rows
  readonly fail: number; // some row
  readonly open: number; // the rest: inconclusive
  readonly found: number; // some row that drops fails
  readonly missed: number; // share of the rows that drop which pass
  readonly asked: number; // units of a row in the mean
}

interface Simulated {
  readonly runs?: number; // 1000
  readonly seed?: number; // 1
  readonly others?: number; // 0
}

/** The difference of one unit: how likely each value is. `equal`: none of its answers changed. */
interface Law {
  readonly values: readonly number[];
  readonly below: Float64Array; // cumulative probabilities
  readonly equal: number; // the index of "no answer changed"
}

const laws = new Map<string, Law>();

/**
 * The law of a unit's difference: an item has a difficulty that its two poles share with opposite signs, answers near a tie
 * change more often, and shares of losses and gains are those of the change exactly. The order in which options stand moves
 * both sides alike, and leaves nothing once two orders are averaged.
 */
function lawOf(answers: number, { changed, drop, together = false }: Change): Law {
  const key = JSON.stringify([answers, changed, drop, together]);
  const found = laws.get(key) ?? computedLaw(together ? 1 : answers, changed, drop);
  laws.set(key, found);
  return found;
}

function computedLaw(answers: number, changed: number, drop: number): Law {
  const rng = rngOf(1);
  const normal = () => normalQuantile(Math.min(Math.max(rng.next(), 1e-12), 1 - 1e-12));
  const [shared, own] = [Math.sqrt(MIRRORED), Math.sqrt(1 - MIRRORED)];
  const centre = normalQuantile(HELD);
  const latent = Float64Array.from({ length: SAMPLE * answers });
  for (let item = 0; item < SAMPLE; item++) {
    const difficulty = shared * normal();
    for (let k = 0; k < answers; k++)
      latent[item * answers + k] = centre + (k % 2 === 0 ? difficulty : -difficulty) + own * normal();
  }
  const near = latent.map((x) => Math.exp(-Math.abs(x) / REACH));
  const losing = rateFor((changed + drop) / 2, near, (k) => latent[k]! > 0);
  const gaining = rateFor((changed - drop) / 2, near, (k) => latent[k]! <= 0);
  // Sums of losses and gains, and the units of which no answer changed apart from those whose changes cancel.
  const chances = new Float64Array(2 * answers + 2);
  for (let item = 0; item < SAMPLE; item++) {
    let sums = Float64Array.of(1);
    let still = 1;
    for (let k = item * answers; k < (item + 1) * answers; k++) {
      const down = latent[k]! > 0 ? Math.min(1, losing * near[k]!) : 0;
      const up = latent[k]! > 0 ? 0 : Math.min(1, gaining * near[k]!);
      const next = new Float64Array(sums.length + 2);
      sums.forEach((p, j) => {
        next[j]! += p * down;
        next[j + 1]! += p * (1 - down - up);
        next[j + 2]! += p * up;
      });
      sums = next;
      still *= 1 - down - up;
    }
    sums.forEach((p, j) => {
      chances[j]! += (j === answers ? p - still : p) / SAMPLE;
    });
    chances[2 * answers + 1]! += still / SAMPLE;
  }
  let sum = 0;
  const below = chances.map((p) => (sum += p));
  const values = Array.from(chances, (_, j) => (j > 2 * answers ? 0 : (j - answers) / answers));
  return { values, below, equal: 2 * answers + 1 };
}

/** The factor by which answers near a tie change, so that the share of all that do is `share`. */
function rateFor(share: number, near: Float64Array, may: (k: number) => boolean): number {
  const reached = (rate: number): number => {
    let sum = 0;
    for (let k = 0; k < near.length; k++) if (may(k)) sum += Math.min(1, rate * near[k]!);
    return sum / near.length;
  };
  let [low, high] = [0, 1];
  while (reached(high) < share && high < 1e6) high *= 2;
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    if (reached(middle) < share) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Of fewer standard errors below zero the p of no drop is above 0.1, and is not computed where no level is that high. */
const UNTESTED = 1;
const HIGH = 0.1;

/** One row of one simulated run. */
function drawn(
  design: RowDesign,
  fractions: readonly number[],
  law: Law,
  { margin, alpha }: Levels,
  next: () => number,
): Sequence {
  const { values, below, equal } = law;
  const counts = new Array<number>(values.length).fill(0);
  const perUnit = Math.log1p(-Math.min(below[equal - 1]!, 1 - 1e-12));
  const gap = () => 1 + Math.floor(Math.log1p(-next()) / perUnit);
  const seen: Evidence[] = [];
  const at = (look: number): Evidence => {
    while (seen.length <= look) {
      const all = design.units[seen.length]!;
      // Most units do not change: those that do are drawn by the distance to the next.
      let still = all - (design.units[seen.length - 1] ?? 0);
      for (still -= gap(); still >= 0; still -= gap()) {
        const u = next() * below[equal - 1]!;
        let k = 0;
        while (u >= below[k]!) k++;
        counts[k]!++;
      }
      counts[equal] = 0;
      counts[equal] = all - counts.reduce((sum, count) => sum + count, 0);
      const own = counts.slice();
      const observed = tabled(values, own);
      const { n, mean } = observed;
      const score = meanScore(observed, -margin);
      const squares = own.reduce((sum, count, k) => sum + count * values[k]! * values[k]!, 0);
      const open = alpha <= HIGH && mean * n > -UNTESTED * Math.sqrt(squares);
      const p = open ? 1 : exactFlip(values, own)!;
      seen.push({ n, mean, equal: own[equal] === n, score, p });
    }
    return seen[look]!;
  };
  return { fractions, asked: design.units.length, at };
}

/** A row that Holm counts and nobody can simulate: it never rejects. */
const SILENT: Sequence = {
  fractions: [1],
  asked: 0,
  at: () => {
    throw new RangeError('a row without looks has no evidence');
  },
};

/**
 * The characteristic of a family of rows under one change of each, over `runs` simulated runs. `changes`: one per row.
 * `others`: further rows of the family that are not simulated; they leave each test a stricter level.
 */
export function characteristicOf(
  rows: readonly RowDesign[],
  changes: readonly Change[],
  levels: Levels,
  { runs = 1000, seed = 1, others = 0 }: Simulated = {},
): Characteristic {
  const { next } = rngOf(seed);
  const fractions = rows.map(({ units }) => units.map((n) => n / units.at(-1)!));
  const laws = rows.map(({ answers }, k) => lawOf(answers, changes[k]!));
  const silent = new Array<Sequence>(others).fill(SILENT);
  const drops = changes.map(({ drop }) => drop > 0);
  const counts = { pass: 0, fail: 0, found: 0, missed: 0, asked: 0 };
  for (let run = 0; run < runs; run++) {
    const own = rows.map((row, k) => drawn(row, fractions[k]!, laws[k]!, levels, next));
    const decided = decide([...own, ...silent], levels).slice(0, rows.length);
    if (decided.some(({ outcome }) => outcome === 'fail')) counts.fail++;
    else if (decided.every(({ outcome }) => outcome === 'pass')) counts.pass++;
    if (decided.some(({ outcome }, k) => outcome === 'fail' && drops[k])) counts.found++;
    decided.forEach(({ outcome, look }, k) => {
      if (outcome === 'pass' && drops[k]) counts.missed++;
      counts.asked += rows[k]!.units[look]!;
    });
  }
  return {
    pass: counts.pass / runs,
    fail: counts.fail / runs,
    open: 1 - (counts.pass + counts.fail) / runs,
    found: counts.found / runs,
    missed: counts.missed / runs / Math.max(1, drops.filter(Boolean).length),
    asked: counts.asked / runs / rows.length,
  };
}
