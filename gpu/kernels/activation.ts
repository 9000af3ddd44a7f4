// The activation of an MLP, by itself.

import type { Command } from '../device/commands.ts';
import { LANES, type Recorder, record } from './record.ts';

/** The activation of an MLP. */
export type Activation = 'silu' | 'gelu' | 'gelu-tanh';

/** The flag of each activation in _activation.wgsl. */
export const ACTIVATION: Readonly<Record<Activation, string>> = {
  silu: 'SILU',
  gelu: 'GELU',
  'gelu-tanh': 'GELU_TANH',
};

/** y[T, width] = act(s[T, width]); gated: act(first half of each row of s) * second half, with s[T, 2 width]. */
export function activation(
  on: Recorder,
  io: { s: GPUBuffer; y: GPUBuffer },
  { width, activation: kind, gated }: { width: number; activation: Activation; gated: boolean },
): Command {
  return record(on, {
    kernel: 'activation',
    label: 'activation',
    constants: { GATED: gated, [ACTIVATION[kind]]: true },
    bindings: 'uurw',
    shape: [width],
    buffers: [io.s, io.y],
    grid: ({ rows }) => [Math.ceil(width / LANES), rows],
    account: ({ rows }) => ({ flops: 0, bytes: 4 * rows * width * (gated ? 3 : 2) }),
  });
}
