// The head: logits reduced by blocks of the vocabulary, so that they are never stored, and merged to log-probabilities.

import { BYTES } from '../../formats/tensors/numbers.ts';
import type { Command } from '../device/commands.ts';
import { logprob } from './logprob.ts';
import { HEAD_BLOCK, tilesFor } from './matmul-tiles.ts';
import type { DeviceMatrix } from './matrix.ts';
import { loads, type Recorder, record } from './record.ts';

/** Blocks of HEAD_BLOCK tokens that `vocab` tokens take. */
export function headBlocks(vocab: number): number {
  return Math.ceil(vocab / HEAD_BLOCK);
}

/**
 * logprob[P] of targets[P] given x[P, hidden] and the head's w[vocab, hidden], and greedy[P], whether each is the
 * argmax: one command per chunk of w, then the merge. part[P, blocks, 2], best[P, blocks] and logit[P] are scratch;
 * blocks = `headBlocks(vocab)`.
 */
export function scoreHead(
  on: Recorder,
  io: Record<'x' | 'targets' | 'part' | 'best' | 'logit' | 'logprob' | 'greedy', GPUBuffer>,
  w: DeviceMatrix,
): readonly Command[] {
  const aligned = w.columns % 4 === 0;
  const blocks = headBlocks(w.rows);
  const { rows: perLane, columns, lanes } = tilesFor(on.gpu).head;
  const constants = {
    MT: perLane,
    U: 1,
    NR: columns,
    WG: lanes,
    BLOCK: HEAD_BLOCK,
    BIAS: w.bias !== null,
  };
  return [
    ...w.chunks.map(({ buffer, first, rows, format }) =>
      record(on, {
        kernel: 'head',
        label: 'head',
        constants: { ...loads(format, aligned), ...constants },
        bindings: 'uurrrrwww',
        shape: [rows, aligned ? w.columns / 4 : w.columns, first, blocks],
        buffers: [io.x, buffer, w.bias ?? io.x, io.targets, io.part, io.best, io.logit],
        grid: ({ scored }) => [Math.ceil(headBlocks(rows) / lanes), Math.ceil(scored / perLane)],
        account: ({ scored }) => ({
          flops: 2 * scored * rows * w.columns,
          bytes:
            rows * (w.columns * BYTES[format] + (w.bias ? 4 : 0)) + 4 * scored * (w.columns + 3 * headBlocks(rows)),
        }),
      }),
    ),
    logprob(on, io, blocks),
  ];
}
