// What sets one persona's activations apart from another's, per channel: Ye et al. 2026, Eq. 8, its released code, and the
// ratio of ours; and the refusal of two personas between which there is nothing.

import { BenchError } from '../../base/error.ts';
import { mean } from '../../base/grouped.ts';
import type { TapSums } from '../../gpu/index.ts';
import { type Statistic, sampleMoments, tokenMoments } from './statistics.ts';

/** What keeps the denominators from 0: the code's under the root; the paper's, whose value it leaves open. */
const EPSILON = 1e-6;
/** Figures nearer than this, as a share of the greatest, are one: the same texts in another order round differently. */
const SAME = 1e-9;
/** A channel that is as good as silent under the opposite counts as active at this share of the mean. */
export const RATIO_FLOOR = 1e-3;
/** Below it softplus is a constant: its f32 would else run into 0, and channels into ties. */
const SOFTPLUS_FLOOR = -30;

/**
 * z of Eq. 8, [channels], on one figure per sample by `statistic` (`sampleMoments`): (m_p - m_q) / (sqrt(v_p + v_q) + eps), or
 * (`code`) over sqrt(v_p + v_q + 1e-6). The paper's eps is 1e-6 of the greatest mean: a common factor of all activations
 * changes nothing, which cannot be said of the code's.
 */
export function standardised(
  persona: TapSums,
  opposite: TapSums,
  statistic: Statistic,
  epsilon: 'paper' | 'code',
): Float64Array {
  const [p, q] = [sampleMoments(persona, statistic), sampleMoments(opposite, statistic)];
  const beside = epsilon === 'paper' ? EPSILON * Math.max(greatest(p.mean), greatest(q.mean)) : 0;
  const under = epsilon === 'code' ? EPSILON : 0;
  return p.mean.map((mean, j) => {
    const difference = mean - q.mean[j]!;
    return difference === 0 ? 0 : difference / (Math.sqrt(p.variance[j]! + q.variance[j]! + under) + beside);
  });
}

/** The code's score of contrastive-sparse, [channels]: |mu_p - mu_q| / sqrt(var_p + var_q + 1e-6) of x over the tokens. */
export function standardisedMeans(persona: TapSums, opposite: TapSums): Float64Array {
  const [p, q] = [tokenMoments(persona), tokenMoments(opposite)];
  return p.mean.map((mean, j) => Math.abs(mean - q.mean[j]!) / Math.sqrt(p.variance[j]! + q.variance[j]! + EPSILON));
}

/** A_p (A_p / A_q)^beta, [channels]; an A_q below a thousandth of its mean is taken as that, and all 0 as no contrast. */
export function ratio(persona: Float64Array, opposite: Float64Array, beta: number): Float64Array {
  const floor = RATIO_FLOOR * (opposite.length === 0 ? 0 : mean(opposite));
  if (floor === 0) return persona;
  return persona.map((a, j) => a * (a / Math.max(opposite[j]!, floor)) ** beta);
}

/** ln(1 + e^x), above 0 for every x. */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(Math.max(x, SOFTPLUS_FLOOR))));
}

/** Throws `no-contrast` where `figureOf` is the same on both sides of every pair: a mask would follow from chance alone. */
export function demandContrast(
  pairs: Iterable<readonly [TapSums, TapSums]>,
  figureOf: (sums: TapSums) => Float64Array,
): void {
  for (const [one, other] of pairs) {
    const [p, q] = [figureOf(one), figureOf(other)];
    const most = SAME * Math.max(greatest(p), greatest(q));
    if (p.some((value, j) => Math.abs(value - q[j]!) > most)) return;
  }
  throw new BenchError('no-contrast', 'the two sets of calibration texts leave the same activations in every channel', {
    hint: 'give the persona and its opposite texts of their own, or choose score: wanda',
  });
}

/** The greatest of |x|, 0 of none. */
export const greatest = (values: Float64Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
