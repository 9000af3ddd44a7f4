// A step of AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101).

import type { Bound, Command } from '../../device/commands.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from '../record.ts';

/** What a step of AdamW multiplies with, in the order of adamw.wgsl. */
export interface Hyper {
  readonly rate: number;
  readonly decay: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly eps: number;
  readonly clip: number; // factor of the gradient
  readonly step: number; // from 1
}

/**
 * The nine factors of adamw.wgsl. Computed in f64, so that the bias corrections of the first steps keep their digits.
 */
export function hyperOf({ rate, decay, beta1, beta2, eps, clip, step }: Hyper): Float32Array<ArrayBuffer> {
  const moved = rate / (1 - beta1 ** step);
  const root = 1 / Math.sqrt(1 - beta2 ** step);
  return Float32Array.of(1 - rate * decay, moved, beta1, 1 - beta1, beta2, 1 - beta2, eps, root, clip);
}

/**
 * One step on p[rows, columns] and its moments `first` and `second`, in place; `transposed` [columns, rows] and, where
 * it is given, `applied` [rows, columns] = scale p. `hyper`: what `hyperOf` gives.
 */
export function adamw(
  on: Recorder,
  io: Record<'hyper' | 'p' | 'first' | 'second' | 'transposed', GPUBuffer> & {
    gradient: Bound;
    applied: GPUBuffer | null;
  },
  { rows, columns, scale }: { rows: number; columns: number; scale: number },
): Command {
  const { hyper, gradient, p, first, second, transposed, applied } = io;
  return record(on, {
    kernel: 'training/adamw',
    label: 'adamw',
    constants: { GRID_X: MAX_GRID, SCALED: applied !== null },
    bindings: applied === null ? 'uurrwwww' : 'uurrwwwww',
    shape: [rows, columns],
    floats: [scale],
    buffers: [hyper, gradient, p, first, second, transposed, ...(applied === null ? [] : [applied])],
    grid: () => wide(Math.ceil((rows * columns) / LANES)),
  });
}
