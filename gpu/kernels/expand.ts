// A matrix with its mask applied, written to memory.

import { BYTES } from '../../formats/tensors/numbers.ts';
import { type Format, isBlocks } from '../../formats/tensors/tensor.ts';
import type { Command } from '../device/commands.ts';
import type { DeviceMask, DeviceMatrix } from './matrix.ts';
import { loads, MAX_GRID, type Recorder, record, wide } from './record.ts';

const LANES = 16;

/** y = chunk `chunk` of w with its mask applied, [rows of the chunk, columns] in w's format; w must be `expandable`. */
export function expand(
  on: Recorder,
  { w, mask, chunk, y }: { w: DeviceMatrix; mask: DeviceMask; chunk: number; y: GPUBuffer },
): Command {
  const perRow = Math.ceil(w.columns / 32);
  const { rows, format, buffer } = w.chunks[chunk]!;
  const words = rows * perRow;
  const soft = mask.gamma !== 0;
  return record(on, {
    kernel: 'expand',
    label: `expand ${w.label}`,
    constants: { ...loads(format, true), MASK: 2, SOFT: soft, GRID_X: MAX_GRID },
    bindings: 'uurrw',
    shape: [words, perRow, w.columns / 4],
    floats: soft ? [mask.gamma] : [],
    buffers: [mask.chunks[chunk]!, buffer, y],
    grid: () => wide(Math.ceil(words / LANES)),
    account: () => ({ flops: 0, bytes: 4 * words + 2 * rows * w.columns * BYTES[format] }),
  });
}

/** Whether the rows of `w` can be expanded in their own bits; others are masked as they are read. */
export function expandable(w: DeviceMatrix, { gamma }: DeviceMask): boolean {
  const own = (format: Format): boolean => format === 'f32' || (gamma === 0 && !isBlocks(format));
  return w.columns % 4 === 0 && w.chunks.every(({ format }) => own(format));
}
