// How the weights of each matrix are ranked: from the sums of calibration passes to the contract's `Score`. The device
// multiplies |w| in; here are the vectors over the columns. Ye et al. 2026 (Eq. 3, 8, 9) and its code; Sun et al. 2023
// (wanda); Frantar and Alistarh 2023 (sparse-diag); Wei et al. 2024 (set-difference); contrastive-ratio is ours.

import { BenchError } from '../../base/error.ts';
import { mean } from '../../base/grouped.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import type { MaskTensor, Score, TapSums } from '../../gpu/index.ts';
import { demandContrast, greatest, ratio, softplus, standardised, standardisedMeans } from './contrast.ts';
import type { Options } from './options.ts';
import { figure, meanSquares, sampleMoments, tapKey, tokenMoments } from './statistics.ts';
import { groupOf, spansMatrices } from './targets.ts';

/** Sums of the calibration passes as the score function is to take them: controls put others in their place. */
export interface Statistics {
  readonly persona: readonly TapSums[]; // empty where the score function does not look at it
  readonly opposite?: readonly TapSums[];
  readonly generic?: readonly TapSums[]; // neutral text
}

/** What some score functions take besides statistics; masks by the weight's name. */
export interface Extra {
  /** contrastive-sparse by the code's rule, pole low: the mask of pole high, whose places come last. */
  readonly without?: ReadonlyMap<string, MaskTensor>;
  /** set-difference: the top share `utility` by wanda on neutral text. */
  readonly protect?: ReadonlyMap<string, MaskTensor>;
  readonly seed?: number; // random
}

/**
 * Every element for a tap in which all is 0: what is kept there makes no difference, but |w| ranks it (a power of two is
 * exact) and it comes after what other taps hold. The order of the columns never decides.
 */
export const SILENT = 2 ** -90;

/** By `tapKey`; each [channels] of the tap. */
type PerTap<T> = ReadonlyMap<string, T>;

/**
 * The score of each of `matrices`, which are those that are masked. A vector is divided by its greatest element before it is
 * rounded to f32 (by that of all taps where weights of different matrices compete): a common factor of all statistics changes
 * nothing. `pole` matters only to contrastive-sparse by the code's rule. Throws `no-opposite`, `no-generic`, `no-contrast`,
 * `no-mask` and `no-seed` for what is missing, `bad-statistics` where a matrix has no sums of its size, and as `figure`.
 */
export function scoresOf(
  options: Options,
  matrices: readonly MatrixInfo[],
  statistics: Statistics,
  pole: 'high' | 'low',
  extra: Extra = {},
): ReadonlyMap<string, Score> {
  const make = scorer(options, matrices, statistics, pole, extra);
  return new Map(matrices.map((matrix) => [matrix.name, make(matrix, tapKey(matrix))]));
}

type Scorer = (matrix: MatrixInfo, key: string) => Score;

function scorer(
  options: Options,
  matrices: readonly MatrixInfo[],
  statistics: Statistics,
  pole: 'high' | 'low',
  { without, protect, seed }: Extra,
): Scorer {
  const together = spansMatrices(groupOf(options));
  const units = (values: PerTap<Float64Array>) => unitsOf(values, together, SILENT);
  const persona = () => tapsOf(statistics.persona, matrices);
  const opposite = () => tapsOf(given(options, statistics, 'opposite'), matrices);
  const generic = () => tapsOf(given(options, statistics, 'generic'), matrices);
  const size = (sums: TapSums) => sizeOf(sums, options);
  const wanda = (taps: PerTap<TapSums>) => units(each(taps, size));

  switch (options.score) {
    case 'magnitude':
      return product(new Map(matrices.map((matrix) => [tapKey(matrix), new Float32Array(matrix.columns).fill(1)])));
    case 'random':
      if (seed === undefined) throw new BenchError('no-seed', 'a random mask needs a seed');
      return () => ({ kind: 'random', seed });
    case 'wanda':
      return product(wanda(persona()));
    case 'sparse-diag':
      return product(units(each(persona(), (sums) => damped(meanSquares(sums), options.damping))));
    case 'contrastive-wanda': {
      const [own, other] = [persona(), opposite()];
      demandContrast(zip(own, other).values(), (sums) => sampleMoments(sums, options.statistic).mean);
      const z = each(zip(own, other), ([p, q]) => standardised(p, q, options.statistic, options.epsilon));
      if (options.activation === 'softplus')
        return product(units(each(z, (values) => values.map((value) => softplus(value / options.tau)))));
      // Zeros stay: `fill` ranks them.
      const by = unitsOf(
        each(z, (values) => values.map((value) => Math.max(value, 0))),
        together,
        0,
      );
      const fill = wanda(own);
      return (_, key) => ({ kind: 'filled', by: by.get(key)!, fill: fill.get(key)! });
    }
    case 'contrastive-sparse': {
      const [own, other] = [persona(), opposite()];
      if (options.rule === 'paper') {
        // A share of a row does not see a common factor of the tap: then there is nothing between the two.
        demandContrast(zip(own, other).values(), (sums) => relative(size(sums)));
        const [by, against] = [wanda(own), wanda(other)];
        return (_, key) => ({ kind: 'shares', by: by.get(key)!, against: against.get(key)! });
      }
      demandContrast(zip(own, other).values(), (sums) => tokenMoments(sums).mean);
      const by = units(each(zip(own, other), ([p, q]) => standardisedMeans(p, q)));
      if (pole === 'high') return product(by);
      const fill = wanda(own);
      const taken = (matrix: MatrixInfo) =>
        maskOf(without, matrix, 'the mask of the pole high, which this one leaves out');
      return (matrix, key) => ({ kind: 'apart', by: by.get(key)!, fill: fill.get(key)!, without: taken(matrix) });
    }
    case 'contrastive-ratio': {
      const both = zip(persona(), opposite());
      demandContrast(both.values(), size);
      return product(units(each(both, ([p, q]) => ratio(size(p), size(q), options.beta))));
    }
    case 'set-difference': {
      const [other, neutral] = [opposite(), generic()];
      demandContrast(zip(other, neutral).values(), size);
      const [by, against] = [wanda(neutral), wanda(other)];
      const kept = (matrix: MatrixInfo) => maskOf(protect, matrix, 'the mask of what neutral text needs');
      return (matrix, key) => ({ kind: 'spared', by: by.get(key)!, against: against.get(key)!, protect: kept(matrix) });
    }
  }
}

const product =
  (by: PerTap<Float32Array>): Scorer =>
  (_, key) => ({ kind: 'product', by: by.get(key)! });

/** Wanda's vector by the statistic. `rms` and `wanda` differ by a factor alone: one formula makes them bit-identical. */
function sizeOf(sums: TapSums, { statistic }: Options): Float64Array {
  return figure(sums, statistic === 'wanda' ? 'rms' : statistic);
}

/**
 * sqrt(H_jj + lambda), lambda = damping x mean of diag H: |w| times it orders as w^2 (H_jj + lambda) does, and with damping
 * 0 it is Wanda's vector to the bit.
 */
function damped(diagonal: Float64Array, damping: number): Float64Array {
  const lambda = damping * (diagonal.length === 0 ? 0 : mean(diagonal));
  return diagonal.map((h) => Math.sqrt(h + lambda));
}

/** Each vector over its greatest element, or over that of all where they are compared `together`; `silent` where all is 0. */
function unitsOf(values: PerTap<Float64Array>, together: boolean, silent: number): PerTap<Float32Array> {
  const of = each(values, greatest);
  const most = together ? Math.max(...of.values()) : undefined;
  return new Map(
    [...values].map(([key, vector]) => {
      if (of.get(key) === 0) return [key, new Float32Array(vector.length).fill(silent)];
      const unit = most ?? of.get(key)!;
      return [key, Float32Array.from(vector, (value) => value / unit)];
    }),
  );
}

function relative(values: Float64Array): Float64Array {
  const most = greatest(values);
  return most === 0 ? values : values.map((value) => value / most);
}

/** The sums of the taps that the matrices hang on. */
function tapsOf(texts: readonly TapSums[], matrices: readonly MatrixInfo[]): PerTap<TapSums> {
  const found = new Map(texts.map((sums) => [tapKey(sums), sums]));
  return new Map(
    matrices.map((matrix): [string, TapSums] => {
      const key = tapKey(matrix);
      const sums = found.get(key);
      if (sums?.squares.length === matrix.columns) return [key, sums];
      const held = sums === undefined ? 'none' : `those of ${sums.squares.length} channels`;
      throw new BenchError(
        'bad-statistics',
        `${matrix.name} needs sums of ${matrix.columns} channels: there are ${held}`,
        {
          where: `layer ${matrix.layer}, input of ${matrix.tap}`,
          hint: 'calibrate this model',
        },
      );
    }),
  );
}

const MISSING = {
  opposite: ['no-opposite', 'an opposite persona', 'give the persona an `opposite` in the personas file'],
  generic: ['no-generic', 'neutral text', 'name some under `neutral.texts` in the personas file'],
} as const;

function given({ score }: Options, statistics: Statistics, side: 'opposite' | 'generic'): readonly TapSums[] {
  const found = statistics[side];
  if (found !== undefined) return found;
  const [code, what, hint] = MISSING[side];
  throw new BenchError(code, `${score} needs the activations on the texts of ${what}`, {
    where: 'options.score',
    hint: `${hint}, or choose score: wanda`,
  });
}

function maskOf(masks: ReadonlyMap<string, MaskTensor> | undefined, matrix: MatrixInfo, what: string): MaskTensor {
  const mask = masks?.get(matrix.name);
  if (mask === undefined) throw new BenchError('no-mask', `${matrix.name} lacks ${what}`);
  if (mask.rows === matrix.rows && mask.columns === matrix.columns) return mask;
  const shape = `[${mask.rows}, ${mask.columns}], not [${matrix.rows}, ${matrix.columns}]`;
  throw new BenchError('bad-mask', `${what} of ${matrix.name} is ${shape}`);
}

function each<A, B>(values: PerTap<A>, change: (value: A) => B): PerTap<B> {
  return new Map([...values].map(([key, value]) => [key, change(value)]));
}

/** Both of each tap; the maps have the same keys. */
function zip<T>(one: PerTap<T>, other: PerTap<T>): PerTap<readonly [T, T]> {
  return new Map([...one].map(([key, value]) => [key, [value, other.get(key)!]]));
}
