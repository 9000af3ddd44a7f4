// What an answer says, derived from the scores of its options alone: whoever reads a stored answer derives it again, so that a
// figure that its own scores contradict is never counted.

import { mean } from '../../base/grouped.ts';
import { softmax } from '../stats/softmax.ts';

/** Probabilities this close are a tie: the mean over orders of an answerer by position is 0.5 up to rounding. */
const TIE = 1e-9;
/** A stored figure may differ by the rounding of another summation, or of another exp(), only. */
const ROUNDING = 1e-9;

/** Agreement with a statement from the probabilities of its answers, least agreement first: 0 to 1. */
export function agreement(probabilities: readonly number[]): number {
  const steps = probabilities.reduce((sum, p, k) => sum + k * p, 0);
  // Rounding must not carry it out of [0, 1].
  return Math.min(1, steps / (probabilities.length - 1));
}

/** What one order says from its options' scores: the softmax at `target`, on a scale the agreement. */
export function shareOf(scores: readonly number[], target: number, scale: boolean): number {
  const probabilities = softmax(scores);
  return scale ? agreement(probabilities) : (probabilities[target] ?? Number.NaN);
}

/** Whether the target is the most probable option: 1, 0, or a share of the tie. */
export function alignedAt(probabilities: readonly number[], target: number): number {
  const top = Math.max(...probabilities);
  const best = probabilities.flatMap((p, k) => (p >= top - TIE ? [k] : []));
  return best.includes(target) ? 1 / best.length : 0;
}

interface Answer {
  readonly keyed: 1 | 0 | -1; // on a scale, -1 counts from its other end
  readonly options: readonly { readonly aligned: boolean }[];
  readonly orders: readonly { readonly scores: readonly number[] }[];
}

/** The p and the alignment that the scores of an answer give, and the p of each order. */
export function derivedOf({ keyed, options, orders }: Answer, scale: boolean) {
  const target = options.findIndex(({ aligned }) => aligned);
  const shares = orders.map(({ scores }) => {
    const share = shareOf(scores, target, scale);
    return scale && keyed === -1 ? 1 - share : share;
  });
  const p = mean(shares);
  if (scale) return { p, aligned: p, orders: shares };
  const byOrder = orders.map(({ scores }) => softmax(scores));
  const averaged = options.map((_, option) => mean(byOrder.map((each) => each[option] ?? Number.NaN)));
  return { p, aligned: alignedAt(averaged, target), orders: shares };
}

/** Whether two figures are one, up to rounding. */
export function same(a: number, b: number): boolean {
  return Math.abs(a - b) <= ROUNDING;
}
