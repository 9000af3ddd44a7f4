// The head for pairs of rows, dense and variant: their divergence over the whole vocabulary, by blocks of it.

import { BYTES } from '../../formats/tensors/numbers.ts';
import type { Command } from '../device/commands.ts';
import { divergenceMerge } from './divergence-merge.ts';
import { headBlocks } from './head.ts';
import { HEAD_BLOCK, tilesFor } from './matmul-tiles.ts';
import type { DeviceMatrix } from './matrix.ts';
import { loads, type Recorder, record } from './record.ts';

/** Words of scratch per pair of rows: part, gap and logit. */
export function divergenceWords(vocab: number): number {
  return 5 * headBlocks(vocab) + 2;
}

/**
 * divergence[P, 3] of targets[P] (see `divergenceMerge`) given the head's w[vocab, hidden] and x[2 apart, hidden]: row p
 * is the dense network's, row apart + p the variant's; P <= apart. One command per chunk of w, then the merge.
 * part[P, blocks, 4], gap[P, blocks] and logit[P, 2] are scratch; blocks = `headBlocks(vocab)`.
 */
export function headDivergence(
  on: Recorder,
  io: Record<'x' | 'targets' | 'part' | 'gap' | 'logit' | 'divergence', GPUBuffer>,
  w: DeviceMatrix,
  apart: number,
): readonly Command[] {
  const aligned = w.columns % 4 === 0;
  const blocks = headBlocks(w.rows);
  const { rows: perLane, columns, lanes } = tilesFor(on.gpu).head;
  const pairs = Math.max(1, perLane / 2);
  const constants = {
    MT: 2 * pairs,
    PAIRS: pairs,
    PAIRED: true,
    U: 1,
    NR: columns,
    WG: lanes,
    BLOCK: HEAD_BLOCK,
    BIAS: w.bias !== null,
  };
  return [
    ...w.chunks.map(({ buffer, first, rows, format }) =>
      record(on, {
        kernel: 'divergence',
        label: 'divergence',
        constants: { ...loads(format, aligned), ...constants },
        bindings: 'uurrrrwww',
        shape: [rows, aligned ? w.columns / 4 : w.columns, first, blocks, apart],
        buffers: [io.x, buffer, w.bias ?? io.x, io.targets, io.part, io.gap, io.logit],
        grid: ({ scored }) => [Math.ceil(headBlocks(rows) / lanes), Math.ceil(scored / pairs)],
        account: ({ scored }) => ({
          flops: 4 * scored * rows * w.columns,
          bytes:
            rows * (w.columns * BYTES[format] + (w.bias ? 4 : 0)) +
            4 * scored * (2 * w.columns + 1 + 5 * headBlocks(rows)),
        }),
      }),
    ),
    divergenceMerge(on, io, blocks),
  ];
}
