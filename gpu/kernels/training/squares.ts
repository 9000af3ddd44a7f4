// Sums of squares, for the norm of a gradient.

import type { Command } from '../../device/commands.ts';
import { type Recorder, record } from '../record.ts';

/** Elements that one partial sum of `squares` covers. */
export const SQUARES_RUN = 4096;

/** Partial sums that `squares` writes for `count` elements. */
export function squareSums(count: number): number {
  return Math.ceil(count / SQUARES_RUN);
}

/** y[squareSums(count)] = partial sums of the squares of x[count]. */
export function squares(on: Recorder, io: Record<'x' | 'y', GPUBuffer>, count: number): Command {
  return record(on, {
    kernel: 'training/squares',
    label: 'squares',
    constants: {},
    bindings: 'uurw',
    shape: [count, SQUARES_RUN],
    buffers: [io.x, io.y],
    grid: () => [squareSums(count), 1],
  });
}
