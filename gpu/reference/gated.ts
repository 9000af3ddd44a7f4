// act(gate) * up, element by element (Shazeer 2020, arXiv 2002.05202).

import type { Spec } from '../../formats/checkpoint/spec.ts';
import { ACTIVATIONS } from './activation.ts';
import type { Numbers } from './numbers.ts';

export function gated(gate: Numbers, up: Numbers, kind: Spec['activation']): Float64Array {
  return Float64Array.from(gate, (value, i) => ACTIVATIONS[kind](value) * up[i]!);
}
