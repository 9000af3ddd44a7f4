// The gradient of an activation's input.

import type { Command } from '../../device/commands.ts';
import { ACTIVATION, type Activation } from '../activation.ts';
import { LANES, type Recorder, record } from '../record.ts';

/** ds, of s, from s and dy[T, width]; the shapes of s and ds are those of `activation`'s s. */
export function activationBack(
  on: Recorder,
  io: Record<'s' | 'dy' | 'ds', GPUBuffer>,
  { width, activation, gated }: { width: number; activation: Activation; gated: boolean },
): Command {
  return record(on, {
    kernel: 'training/activation',
    label: 'activation back',
    constants: { GATED: gated, [ACTIVATION[activation]]: true },
    bindings: 'uurrw',
    shape: [width],
    buffers: [io.s, io.dy, io.ds],
    grid: ({ rows }) => [Math.ceil(width / LANES), rows],
  });
}
