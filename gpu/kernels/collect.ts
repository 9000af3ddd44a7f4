// Activation statistics: what enters a matrix, summed per sample and channel.

import type { Command } from '../device/commands.ts';
import { type Recorder, record } from './record.ts';

const LANES = 16;

/**
 * y[samples, 3, width] = sums of x, |x| and x^2 over each sample's rows of x[T, width]; spans: [samples] (first, rows).
 */
export function collect(
  on: Recorder,
  io: { label: string; x: GPUBuffer; spans: GPUBuffer; y: GPUBuffer },
  width: number,
): Command {
  return record(on, {
    kernel: 'collect',
    label: io.label,
    constants: { WG: LANES },
    bindings: 'uurrw',
    shape: [width],
    buffers: [io.x, io.spans, io.y],
    grid: ({ scored }) => [scored === 0 ? 0 : Math.ceil(width / LANES), scored],
  });
}
