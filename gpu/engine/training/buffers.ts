// The buffers of a training step, and how samples are packed into them. T: rows of a step; P: those with a target; a d
// before the name of an activation: its gradient.

import { TAPS, type Tap } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { Gpu } from '../../device/device.ts';
import type { Pool } from '../../device/memory.ts';
import { headBlocks } from '../../kernels/index.ts';
import { tapWidth } from '../forward/layers.ts';
import { openRotations } from '../forward/rope.ts';
import type { Sample } from '../types.ts';

/** Most tokens of the vocabulary whose logits exist at once. */
const MAX_VOCAB_BLOCK = 2048;
/** What stands for no row. */
const NONE = 0xffffffff;

/** Tokens of a block, so that all blocks are nearly full; a multiple of the four values of a load. */
export function vocabBlock(vocab: number): number {
  return 4 * Math.ceil(vocab / Math.ceil(vocab / MAX_VOCAB_BLOCK) / 4);
}

/** Words of each buffer for steps of `rows` rows, of which all may have targets; `ranks`: the highest of each tap. */
export function bufferWords(spec: Spec, rows: number, ranks: Readonly<Record<Tap, number>>, dropout: boolean) {
  const { hidden, ffn, heads, kvHeads, headSize, vocab, gated, parallel } = spec;
  const queries = heads * headSize;
  const keys = kvHeads * headSize;
  const wide = (gated ? 2 : 1) * ffn;
  const matrices = [(queries + 2 * keys) * hidden, queries * hidden, wide * hidden, ffn * hidden];
  const block = vocabBlock(vocab);
  return {
    tokens: rows,
    positions: rows,
    path: rows, // row of the sequence's first token
    line: rows, // 0, 1, 2, ...
    scored: rows, // [P] rows
    targets: rows, // [P]
    weights: rows, // [P], f32: of a target's nats in the loss
    from: rows, // [T]: index of the row among the scored ones, or 2^32 - 1
    key: 4, // of the dropout
    between: rows * hidden, // after attention
    normed1: rows * hidden,
    normed2: rows * hidden,
    qkv: rows * (queries + 2 * keys),
    q: rows * queries,
    k: rows * keys,
    v: rows * keys,
    attended: rows * queries,
    sum: rows * wide, // before the activation
    inner: rows * ffn,
    'low qkv': rows * ranks.qkv, // A x
    'low o': rows * ranks.o,
    'low up': rows * ranks.up,
    'low down': rows * ranks.down,
    left: dropout ? rows * Math.max(...TAPS.map((tap) => tapWidth(spec, tap))) : 0, // after dropout
    dx: rows * hidden,
    dnormed1: rows * hidden,
    dnormed2: parallel ? rows * hidden : 0,
    dqkv: rows * (queries + 2 * keys),
    dq: rows * queries,
    dk: rows * keys,
    dv: rows * keys,
    dattended: rows * queries,
    sums: rows * 2 * heads, // of the attention's backward pass
    dsum: rows * wide,
    dinner: rows * ffn,
    dlow: rows * Math.max(...Object.values(ranks)),
    transposed: Math.max(...matrices, block * hidden), // the matrix that a gradient goes back through, transposed, f32
    last: rows * hidden, // [P, hidden]
    dlast: rows * hidden,
    block: block * hidden, // of the head
    logits: rows * block, // [P, block]
    part: rows * 2 * headBlocks(vocab),
    best: rows * headBlocks(vocab),
    logit: rows,
    logprob: rows,
    greedy: rows,
  };
}

type BufferName = keyof ReturnType<typeof bufferWords>;

/** The buffers of a step by name; see `bufferWords` for their shapes. */
export interface TrainingBuffers extends Readonly<Record<BufferName, GPUBuffer>> {
  readonly rotations: GPUBuffer; // cos and sin per position and pair
  readonly kept: readonly GPUBuffer[]; // [T, hidden] before each layer, and after the last
}

/**
 * Makes the buffers of a step of at most `rows` rows, with the sizes of `bufferWords`, in `pool`. Throws `gpu-memory`.
 */
export function openBuffers(
  gpu: Gpu,
  pool: Pool,
  spec: Spec,
  words: ReturnType<typeof bufferWords>,
  rows: number,
): TrainingBuffers {
  const names = Object.keys(words) as BufferName[];
  const made = Object.fromEntries(names.map((name) => [name, pool.buffer(name, 4 * words[name])]));
  const buffers = made as Record<BufferName, GPUBuffer>;
  gpu.device.queue.writeBuffer(
    buffers.line,
    0,
    Uint32Array.from({ length: rows }, (_, i) => i),
  );
  return {
    ...buffers,
    rotations: openRotations(gpu, pool, spec, Math.min(spec.maxPositions, rows)),
    kept: Array.from({ length: spec.layers + 1 }, (_, i) => pool.buffer(`kept ${i}`, 4 * rows * spec.hidden)),
  };
}

/** Samples one after the other; of each the tokens before its last target go in. `weight`: of a target's nats. */
export function packed(samples: readonly Sample[], weight: number) {
  const rows = samples.reduce((sum, { to }) => sum + to - 1, 0);
  const count = samples.reduce((sum, { from, to }) => sum + to - from, 0);
  const tokens = new Uint32Array(rows);
  const positions = new Uint32Array(rows);
  const path = new Uint32Array(rows);
  const from = new Uint32Array(rows).fill(NONE);
  const scored = new Uint32Array(count);
  const targets = new Uint32Array(count);
  let row = 0;
  let scoredRows = 0;
  for (const sample of samples) {
    const start = row;
    for (let i = 0; i < sample.to - 1; i++, row++) {
      tokens[row] = sample.tokens[i]!;
      positions[row] = i;
      path[row] = start;
      if (i + 1 < sample.from) continue;
      from[row] = scoredRows;
      scored[scoredRows] = row;
      targets[scoredRows] = sample.tokens[i + 1]!;
      scoredRows++;
    }
  }
  return { tokens, positions, path, from, scored, targets, weights: new Float32Array(count).fill(weight) };
}
