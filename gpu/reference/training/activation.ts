// Derivatives of the activations, and gradients of the MLP's inner part, gated or not.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { ACTIVATIONS, erfc } from '../activation.ts';
import type { Numbers } from '../common/numbers.ts';

function siluBack(x: number): number {
  const share = 1 / (1 + Math.exp(-x));
  return share * (1 + x * (1 - share));
}

/** Phi(x) + x phi(x). */
function geluBack(x: number): number {
  return 0.5 * erfc(-x / Math.SQRT2) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
}

function geluTanhBack(x: number): number {
  const root = Math.sqrt(2 / Math.PI);
  const tanh = Math.tanh(root * (x + 0.044715 * x * x * x));
  return 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * root * (1 + 3 * 0.044715 * x * x);
}

const DERIVATIVES: Readonly<Record<Spec['activation'], (x: number) => number>> = {
  silu: siluBack,
  gelu: geluBack,
  'gelu-tanh': geluTanhBack,
};

/** dx of y = act(x), element by element. */
export function activationBack(x: Numbers, dy: Numbers, kind: Spec['activation']): Float64Array {
  return Float64Array.from(x, (value, i) => DERIVATIVES[kind](value) * dy[i]!);
}

/** Gradients of inner = act(gate) * up, element by element. */
export function gatedBack(
  gate: Numbers,
  up: Numbers,
  dInner: Numbers,
  kind: Spec['activation'],
): { readonly dGate: Float64Array; readonly dUp: Float64Array } {
  return {
    dGate: Float64Array.from(gate, (value, i) => DERIVATIVES[kind](value) * up[i]! * dInner[i]!),
    dUp: Float64Array.from(gate, (value, i) => ACTIVATIONS[kind](value) * dInner[i]!),
  };
}
