// Rows of the embedding by token.

import { BYTES } from '../../formats/tensors/numbers.ts';
import type { Command, Step } from '../device/commands.ts';
import type { DeviceMatrix } from './matrix.ts';
import { LANES, loads, MAX_GRID, type Recorder, record, wide } from './record.ts';

/**
 * x[T, width] = rows of `table` [vocab, width] by tokens[T], plus rows of `learned` [positions, width] by positions[T]
 * where positions are learned. One command per chunk of the table; it writes the rows whose token is in its chunk.
 */
export function embed(
  on: Recorder,
  io: { tokens: GPUBuffer; positions: GPUBuffer; table: DeviceMatrix; learned: GPUBuffer | null; x: GPUBuffer },
): readonly Command[] {
  const { columns: width, chunks } = io.table;
  return chunks.map(({ buffer, first, rows: held, format }) =>
    record(on, {
      kernel: 'embed',
      label: 'embed',
      constants: { ...loads(format, false), GRID_X: MAX_GRID, LEARNED: io.learned !== null },
      bindings: 'uurrrrw',
      shape: [width, first, held],
      buffers: [io.tokens, buffer, io.positions, io.learned ?? io.tokens, io.x],
      grid: ({ rows }) => wide(Math.ceil((rows * width) / LANES)),
      ...(chunks.length === 1 && {
        account: ({ rows }: Step) => ({ flops: 0, bytes: rows * width * (BYTES[format] + (io.learned ? 8 : 4)) }),
      }),
    }),
  );
}
