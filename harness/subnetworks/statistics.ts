// The figures per channel that score functions weigh weights with, from the sums of a calibration pass. Ye et al., Eq. 2;
// Sun et al. 2023 (Wanda); `code-l2` and the moments as in the paper's released code.

import { BenchError } from '../../base/error.ts';
import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import type { TapSums } from '../../gpu/index.ts';

export const STATISTICS = ['mean-abs', 'rms', 'wanda', 'code-l2'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Mean and population variance per channel, [channels]; the variance is never below 0. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/**
 * How much enters each channel, [channels]: `mean-abs` is the mean of |x| over the tokens, `rms` the root of the mean of x^2
 * over the tokens, `wanda` the root of the mean over the samples of their sums of x^2, and `code-l2` the mean over the
 * samples of their L2 norms. Throws `no-tokens` where nothing was summed up, `bad-statistics` where a sum is no number.
 */
export function figure(sums: TapSums, statistic: Statistic): Float64Array {
  const { tokens, samples } = counted(sums);
  switch (statistic) {
    case 'mean-abs':
      return checked(sums, sums.abs).map((total) => total / tokens);
    case 'rms':
      return checked(sums, sums.squares).map((total) => Math.sqrt(total / tokens));
    case 'wanda':
      return checked(sums, sums.squares).map((total) => Math.sqrt(total / samples));
    case 'code-l2':
      return checked(sums, sums.norms).map((total) => total / samples);
  }
}

/** Mean of x^2 over the tokens, [channels]: but for a factor the diagonal of SparseGPT's Hessian. Throws as `figure`. */
export function meanSquares(sums: TapSums): Float64Array {
  const { tokens } = counted(sums);
  return checked(sums, sums.squares).map((total) => total / tokens);
}

/** Of x over the tokens, signed. Throws as `figure`. */
export function tokenMoments(sums: TapSums): Moments {
  return moments(sums, sums.sum, sums.squares, counted(sums).tokens);
}

/**
 * Of one figure per sample: its root mean square (`rms`, `wanda`) or its mean of |x| (`mean-abs`) over its tokens, which do not
 * grow with its length; or, by the paper's code, its L2 norm (`code-l2`), which grows with the root of it. Throws as `figure`.
 */
export function sampleMoments(sums: TapSums, statistic: Statistic): Moments {
  const { samples } = counted(sums);
  switch (statistic) {
    case 'rms':
    case 'wanda':
      return moments(sums, sums.rms, sums.rmsSquares, samples);
    case 'mean-abs':
      return moments(sums, sums.means, sums.meansSquares, samples);
    case 'code-l2':
      return moments(sums, sums.norms, sums.normSquares, samples);
  }
}

/** Names a tap: the matrices that share one have the same columns entering. */
export const tapKey = ({ layer, tap }: Pick<TapSums | MatrixInfo, 'layer' | 'tap'>): string => `${layer} ${tap}`;

function moments(sums: TapSums, first: Float64Array, second: Float64Array, count: number): Moments {
  const mean = checked(sums, first).map((total) => total / count);
  const squares = checked(sums, second);
  // Rounding may leave the variance of a constant a hair below 0.
  return { mean, variance: mean.map((m, j) => Math.max(0, squares[j]! / count - m * m)) };
}

function counted(sums: TapSums): TapSums {
  if (sums.tokens > 0 && sums.samples > 0) return sums;
  throw new BenchError('no-tokens', 'no token of the calibration texts counts', {
    where: placeOf(sums),
    hint: 'give texts with an answer, or choose `tokens: all`',
  });
}

function checked(sums: TapSums, totals: Float64Array): Float64Array {
  const at = totals.findIndex((total) => !Number.isFinite(total));
  if (at < 0) return totals;
  throw new BenchError('bad-statistics', `the activations of channel ${at} sum up to ${totals[at]}`, {
    where: placeOf(sums),
    hint: 'the network overflows on a calibration text; leave it out, or give shorter ones',
  });
}

const placeOf = ({ layer, tap }: TapSums): string => `layer ${layer}, input of ${tap}`;
