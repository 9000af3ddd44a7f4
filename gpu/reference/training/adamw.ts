// One step of AdamW with decoupled decay (Loshchilov and Hutter 2019, arXiv 1711.05101).

import type { Numbers } from '../common/numbers.ts';

/** The moments of a parameter. */
export interface AdamWState {
  readonly first: Numbers; // running mean of the gradient; zeros before step 1
  readonly second: Numbers; // of its square
}

/** The settings of a step. */
export interface AdamWOptions {
  readonly rate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly decay: number;
  readonly step: number; // from 1
}

/** The parameter and its state after the step, as new arrays. */
export function adamw(
  parameter: Numbers,
  gradient: Numbers,
  state: AdamWState,
  { rate, beta1, beta2, eps, decay, step }: AdamWOptions,
): {
  readonly parameter: Float64Array;
  readonly state: { readonly first: Float64Array; readonly second: Float64Array };
} {
  const first = Float64Array.from(gradient, (g, i) => beta1 * state.first[i]! + (1 - beta1) * g);
  const second = Float64Array.from(gradient, (g, i) => beta2 * state.second[i]! + (1 - beta2) * g * g);
  const moved = Float64Array.from(parameter, (p, i) => {
    const m = first[i]! / (1 - beta1 ** step);
    const v = second[i]! / (1 - beta2 ** step);
    return p - rate * decay * p - (rate * m) / (Math.sqrt(v) + eps);
  });
  return { parameter: moved, state: { first, second } };
}
