// The head of a training step: log-probabilities of the targets, and the gradient of their cross-entropy down to the
// residual stream after the last layer, by blocks of the vocabulary.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Command } from '../../device/commands.ts';
import * as kernels from '../../kernels/index.ts';
import { normBack, softmaxBack, transpose } from '../../kernels/training/index.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { type TrainingBuffers, vocabBlock } from './buffers.ts';

/** The commands of the head: `logprob` [P] of the targets, and `dx` [T, hidden] after the last layer. */
export function trainHead(
  on: kernels.Recorder,
  spec: Spec,
  weights: DeviceWeights,
  buffers: TrainingBuffers,
): readonly Command[] {
  const { hidden, normEps: eps } = spec;
  const { head, norm } = weights;
  const { last, dlast, block, transposed, logits, scored, targets } = buffers;
  const x = buffers.kept.at(-1)!;
  const width = vocabBlock(spec.vocab);
  const blocks = head.chunks.flatMap(({ first, rows }, chunk) =>
    Array.from({ length: Math.ceil(rows / width) }, (_, i) => {
      const from = i * width;
      return { chunk, from, first: first + from, count: Math.min(width, rows - from) };
    }),
  );
  const own = { label: 'head block', bias: null } as const;
  // A block and its transpose, in f32 whatever the head's format; rows beyond the vocabulary are 0.
  const chunks = (rows: number, buffer: GPUBuffer) => [{ first: 0, rows, buffer, format: 'f32' as const }];
  const down = { ...own, rows: width, columns: hidden, chunks: chunks(width, block) };
  const across = { ...own, rows: hidden, columns: width, chunks: chunks(hidden, transposed) };
  return [
    kernels.norm(on, { label: 'norm', x, ...norm, from: scored, y: last }, { width: hidden, eps, over: 'scored' }),
    ...kernels.scoreHead(on, { ...buffers, x: last }, head),
    ...blocks.flatMap(({ chunk, from, first, count }, index) => [
      ...transpose(on, { w: head, y: transposed }, { chunk, from, count, width }),
      ...transpose(on, { w: across, y: block }),
      ...kernels.matmul(on, { x: last, w: down, y: logits }, { over: 'scored' }),
      softmaxBack(
        on,
        { ...buffers, targets, bias: head.bias, y: logits },
        { columns: width, first, vocab: first + count },
      ),
      ...kernels.matmul(on, { x: logits, w: across, y: dlast }, { over: 'scored', residual: index > 0 }),
    ]),
    normBack(
      on,
      { x, weight: norm.weight, dy: dlast, from: buffers.from, dx: buffers.dx },
      { width: hidden, eps, layer: spec.norm === 'layer', add: false },
    ),
  ];
}
