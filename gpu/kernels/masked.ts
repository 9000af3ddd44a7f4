// A masked matrix product: for few rows the mask is applied as the weights are read; for many, they are first expanded
// into scratch, since that costs less than masking them again in every tile. Both give the same bits.

import { BYTES } from '../../formats/safetensors/numbers.ts';
import type { Node } from '../device/commands.ts';
import { type DeviceMask, type DeviceMatrix, type MatmulOptions, matmul } from './index.ts';
import { loads, MAX_GRID, node, type Recorder, wide } from './node.ts';
import { tilesFor } from './tiles.ts';

const LANES = 16;

/** The chunk of `w` as `mask` leaves it -> `y`, of the same format; `w` must be `expandable`. */
export function expand(
  on: Recorder,
  { w, mask, chunk, y }: { w: DeviceMatrix; mask: DeviceMask; chunk: number; y: GPUBuffer },
): Node {
  const perRow = Math.ceil(w.columns / 32);
  const words = w.chunks[chunk]!.rows * perRow;
  const soft = mask.gamma !== 0;
  return node(on, {
    kernel: 'expand',
    label: `expand ${w.label}`,
    constants: { ...loads(w.format, true), MASK: 2, SOFT: soft, GRID_X: MAX_GRID },
    bindings: 'uurrw',
    shape: [words, perRow, w.columns / 4],
    floats: soft ? [mask.gamma] : [],
    buffers: [mask.chunks[chunk]!, w.chunks[chunk]!.buffer, y],
    grid: () => wide(Math.ceil(words / LANES)),
    account: () => ({ flops: 0, bytes: 4 * words + 2 * w.chunks[chunk]!.rows * w.columns * BYTES[w.format] }),
  });
}

/** Whether the rows of `w` can be expanded in their own bits; others are masked as they are read. */
export function expandable(w: DeviceMatrix, { gamma }: DeviceMask): boolean {
  return w.columns % 4 === 0 && (gamma === 0 || w.format === 'f32');
}

/** `matmul` of w as `mask` leaves it; `scratch` holds the largest chunk, null: never expand. */
export function maskedMatmul(
  on: Recorder,
  io: { x: GPUBuffer; w: DeviceMatrix; y: GPUBuffer },
  options: MatmulOptions & { readonly mask: DeviceMask; readonly scratch: GPUBuffer | null },
): readonly Node[] {
  const { mask, scratch, ...plain } = options;
  const { w } = io;
  const fused = matmul(on, io, { ...plain, mask });
  const { expandFrom } = tilesFor(on.gpu);
  if (scratch === null || expandFrom === Infinity || !expandable(w, mask)) return fused;
  const over = plain.over ?? 'rows';
  const only = (many: boolean, nodes: readonly Node[]): readonly Node[] =>
    nodes.map((one) => ({ ...one, grid: (step) => (step[over] >= expandFrom === many ? one.grid(step) : [0, 0]) }));
  const dense = w.chunks.flatMap((chunk, index) => [
    expand(on, { w, mask, chunk: index, y: scratch }),
    ...matmul(on, { ...io, w: { ...w, chunks: [{ ...chunk, buffer: scratch }] } }, plain),
  ]);
  return [...only(false, fused), ...only(true, dense)];
}
