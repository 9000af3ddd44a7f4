// A matrix transposed to f32.

import type { Command } from '../../device/commands.ts';
import type { DeviceMatrix } from '../matrix.ts';
import { loads, MAX_GRID, type Recorder, record, wide } from '../record.ts';

/**
 * y[K, N] = w[N, K]^T in f32, one command per chunk. With `part`: y[K, width] = the transpose of `count` rows of chunk
 * `part.chunk`, from its row `from`; the columns of y after those are 0.
 */
export function transpose(
  on: Recorder,
  { w, y }: { w: DeviceMatrix; y: GPUBuffer },
  part?: { readonly from: number; readonly count: number; readonly chunk: number; readonly width: number },
): readonly Command[] {
  const aligned = w.columns % 4 === 0;
  const loadsPerRow = aligned ? w.columns / 4 : w.columns;
  const stored = ({ buffer, format }: DeviceMatrix['chunks'][number]) => ({ buffer, format });
  const parts = part
    ? [{ ...part, rows: part.count, first: 0, fill: part.width, ...stored(w.chunks[part.chunk]!) }]
    : w.chunks.map((chunk) => ({
        from: 0,
        rows: chunk.rows,
        first: chunk.first,
        fill: chunk.rows,
        width: w.rows,
        ...stored(chunk),
      }));
  return parts.map(({ from, rows, first, fill, width, buffer, format }) =>
    record(on, {
      kernel: 'training/transpose',
      label: `transpose ${w.label}`,
      constants: { ...loads(format, aligned), W: 2, GRID_X: MAX_GRID },
      bindings: 'uurw',
      shape: [rows, loadsPerRow, from, first, width, fill],
      buffers: [buffer, y],
      grid: () => wide(Math.ceil((loadsPerRow * Math.ceil(fill / 4)) / 16)),
    }),
  );
}
