// silu(x) = x / (1 + e^-x); gelu(x) = x Phi(x), exactly or in the tanh form of Hendrycks and Gimpel (arXiv 1606.08415);
// and gated activations (Shazeer 2020, arXiv 2002.05202).

import type { Spec } from '../../formats/checkpoint/spec.ts';
import type { Numbers } from './common/numbers.ts';

/** x / (1 + e^-x). */
export function silu(x: number): number {
  return x / (1 + Math.exp(-x));
}

/** x Phi(x), by erf. */
export function gelu(x: number): number {
  return 0.5 * x * erfc(-x / Math.SQRT2);
}

/** The tanh form of gelu. */
export function geluTanh(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
}

/** By its name in a spec. */
export const ACTIVATIONS: Readonly<Record<Spec['activation'], (x: number) => number>> = {
  silu,
  gelu,
  'gelu-tanh': geluTanh,
};

/** x: any shape -> act(x), element by element. */
export function activation(x: Numbers, kind: Spec['activation']): Float64Array {
  return Float64Array.from(x, ACTIVATIONS[kind]);
}

/** gate, up: the same shape -> act(gate) * up, element by element. */
export function gated(gate: Numbers, up: Numbers, kind: Spec['activation']): Float64Array {
  return Float64Array.from(gate, (value, i) => ACTIVATIONS[kind](value) * up[i]!);
}

/** 1 - erf(x), to about 1e-15 of its own size for |x| < 26 (Abramowitz and Stegun 7.1.6 and 7.1.14). */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 2) {
    // erf(x) = 2/sqrt(pi) e^-x^2 sum 2^n x^(2n+1) / (2n+1)!!: every term is positive, so nothing cancels.
    let term = x;
    let total = x;
    for (let n = 1; term > total * 1e-17; n++) {
      term *= (2 * x * x) / (2 * n + 1);
      total += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
  }
  // The continued fraction e^-x^2 / sqrt(pi) / (x + (1/2)/(x + (2/2)/(x + ...))), from the far end.
  let tail = x;
  for (let n = 120; n >= 1; n--) tail = x + n / 2 / tail;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
}
