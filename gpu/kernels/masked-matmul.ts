// A masked matrix product. For few rows of x the mask is applied as the weights are read; for many, the weights are
// first expanded into scratch, which costs less than masking them in every tile. Both give the same bits.

import type { Command } from '../device/commands.ts';
import { expand, expandable } from './expand.ts';
import { type MatmulOptions, matmul } from './matmul.ts';
import { tilesFor } from './matmul-tiles.ts';
import type { DeviceMask, DeviceMatrix } from './matrix.ts';
import type { Recorder } from './record.ts';

/** `matmul` of w with `mask` applied. `scratch` has room for the largest chunk of w; null: never expand. */
export function maskedMatmul(
  on: Recorder,
  io: { x: GPUBuffer; w: DeviceMatrix; y: GPUBuffer },
  options: MatmulOptions & { readonly mask: DeviceMask; readonly scratch: GPUBuffer | null },
): readonly Command[] {
  const { mask, scratch, ...plain } = options;
  const { w } = io;
  const fused = matmul(on, io, { ...plain, mask });
  const { expandFrom } = tilesFor(on.gpu);
  if (scratch === null || expandFrom === Infinity || !expandable(w, mask)) return fused;
  const over = plain.over ?? 'rows';
  const only = (many: boolean, commands: readonly Command[]): readonly Command[] =>
    commands.map((one) => ({ ...one, grid: (step) => (step[over] >= expandFrom === many ? one.grid(step) : [0, 0]) }));
  const dense = w.chunks.flatMap((chunk, index) => [
    expand(on, { w, mask, chunk: index, y: scratch }),
    ...matmul(on, { ...io, w: { ...w, chunks: [{ ...chunk, buffer: scratch }] } }, plain),
  ]);
  return [...only(false, fused), ...only(true, dense)];
}
