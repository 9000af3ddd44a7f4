// One typed wrapper per kernel: its bindings, constants and grid live here and nowhere else.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { BYTES } from '../../formats/safetensors/numbers.ts';
import type { Accounting, Grid, Node, Step } from '../device/commands.ts';
import { type Constants, kernelLines } from '../device/templates.ts';
import type { DeviceMask, DeviceMatrix } from './matrix.ts';
import { LANES, loads, MAX_GRID, node, type Recorder, wide } from './node.ts';
import { HEAD_BLOCK, TILES, type Tile, tileConstants, tileFor, tileSpan, tilesFor } from './tiles.ts';

export type { DeviceMask, DeviceMatrix } from './matrix.ts';
export type { Recorder } from './node.ts';

export type Activation = 'silu' | 'gelu' | 'gelu-tanh';

/** Which of the step's counts a kernel runs over. */
export type Rows = 'rows' | 'scored';

/** Loads of a head times heads per lane; beyond it the drivers take seconds to compile. */
const MAX_PARTS = 64;
export const ACTIVATION: Readonly<Record<Activation, string>> = {
  silu: 'SILU',
  gelu: 'GELU',
  'gelu-tanh': 'GELU_TANH',
};

/** x[T, width] = embedding rows of tokens[T] (+ learned[position]): a node per chunk, which writes the rows it holds. */
export function embed(
  on: Recorder,
  io: { tokens: GPUBuffer; positions: GPUBuffer; table: DeviceMatrix; learned: GPUBuffer | null; x: GPUBuffer },
): readonly Node[] {
  const { columns: width, format, chunks } = io.table;
  return chunks.map(({ buffer, first, rows: held }) =>
    node(on, {
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

/** y[p] = norm of x[p], or of x[from[p]]; RMS norm without a bias, layer norm with one. */
export function norm(
  on: Recorder,
  io: { label: string; x: GPUBuffer; weight: GPUBuffer; bias: GPUBuffer | null; from: GPUBuffer | null; y: GPUBuffer },
  shape: { width: number; eps: number; over: Rows },
): Node {
  return node(on, {
    kernel: 'norm',
    label: io.label,
    constants: { WG: 16, LAYER: io.bias !== null, GATHER: io.from !== null, ROWS: shape.over },
    bindings: 'uurrrrw',
    shape: [shape.width],
    floats: [shape.eps],
    buffers: [io.x, io.weight, io.bias ?? io.weight, io.from ?? io.weight, io.y],
    grid: (step) => [Math.ceil(step[shape.over] / 16), 1],
    account: (step) => ({ flops: 0, bytes: 4 * shape.width * (2 * step[shape.over] + (io.bias ? 2 : 1)) }),
  });
}

export interface MatmulOptions {
  readonly residual?: boolean; // y += instead of y =
  readonly base?: GPUBuffer; // y = base +, for a product without a mask
  readonly activation?: Activation;
  readonly gated?: boolean; // w: [gate; up], y = act(x gate) * (x up)
  readonly over?: Rows;
  readonly mask?: DeviceMask | undefined; // of w
  readonly tile?: Tile; // how a benchmark or a test forces one
  readonly scalar?: boolean; // single loads where vector loads are possible: the naive kernel of the benchmark
}

/** y[M, N] = epilogue(x[M, K] w[N, K]^T + bias): a node per chunk of w, which writes its columns of y. */
export function matmul(
  on: Recorder,
  io: { x: GPUBuffer; w: DeviceMatrix; y: GPUBuffer },
  options: MatmulOptions = {},
): readonly Node[] {
  const { w } = io;
  const { residual = false, base, activation, gated = false, over = 'rows', mask, scalar = false } = options;
  const table = tilesFor(on.gpu);
  const tile = (m: number): Tile => options.tile ?? tileFor(table, m);
  const aligned = w.columns % 4 === 0 && !scalar;
  const k4 = aligned ? w.columns / 4 : w.columns;
  const factors = gated ? 2 : 1;
  const bias = w.bias ?? on.pool.buffer(`${w.label} no bias`, 16);
  const made = new Map<Tile, Constants>();
  const constants = (step: Step): Constants => {
    const chosen = tile(step[over]);
    let found = made.get(chosen);
    if (found === undefined) {
      found = {
        ...loads(w.format, aligned),
        ...tileConstants(chosen, k4, factors),
        ROWS: over,
        BIAS: w.bias !== null,
        RESIDUAL: residual,
        BASE: base !== undefined,
        GATED: gated,
        ...masking(mask, aligned),
        ACTIVATE: activation !== undefined,
        ...(activation && { [ACTIVATION[activation]]: true }),
      };
      made.set(chosen, found);
    }
    return found;
  };
  const grid =
    (n: number): Grid =>
    (step) => {
      const span = tileSpan(tile(step[over]), factors);
      return [Math.ceil(n / span.columns), Math.ceil(step[over] / span.rows)];
    };
  const account =
    (rows: number): Accounting =>
    (step) => {
      const m = step[over];
      const perY = residual || base !== undefined ? 2 : 1;
      const held = rows * (w.columns * BYTES[w.format] + (w.bias ? 4 : 0) + (mask ? 4 * Math.ceil(w.columns / 32) : 0));
      return { flops: 2 * m * rows * w.columns, bytes: held + 4 * m * (w.columns + (perY * rows) / factors) };
    };
  return w.chunks.map(({ buffer, first, rows }, chunk) =>
    node(on, {
      kernel: 'matmul',
      label: `matmul ${w.label}`,
      constants,
      bindings: mask || base ? 'uurrrwr' : 'uurrrw',
      shape: [rows / factors, k4, first, w.rows / factors, ...(mask ? [Math.ceil(w.columns / 32)] : [])],
      floats: mask ? [mask.gamma] : [],
      buffers: [io.x, buffer, bias, io.y, ...(mask ? [mask.chunks[chunk]!] : base ? [base] : [])],
      grid: grid(rows / factors),
      account: account(rows),
    }),
  );
}

/** Constants of mask.wgsl. */
function masking(mask: DeviceMask | undefined, aligned: boolean): Constants {
  if (mask === undefined) return {};
  return { MASKED: true, MASK: 6, SOFT: mask.gamma !== 0, PER_WORD: aligned ? 8 : 32 };
}

export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

export interface RopeShape extends HeadShape {
  readonly pairs: number; // dimensions that turn, halved
  readonly byHead: boolean; // qkv rows are q, k and v of head 0, then of head 1
  readonly eps: number; // of the norm of queries and keys
}

/**
 * Splits qkv, norms its queries and keys where there are `norms`, rotates both, scales q, and writes k and v to their
 * cache rows. `turn`: [positions, pairs] cos, sin; `norms`: [2 * headSize].
 */
export function rope(
  on: Recorder,
  io: Record<'qkv' | 'turn' | 'positions' | 'cacheRows' | 'q' | 'k' | 'v', GPUBuffer> & { norms: GPUBuffer | null },
  { heads, kvHeads, headSize, pairs, byHead, eps }: RopeShape,
): Node {
  return node(on, {
    kernel: 'rope',
    label: 'rope',
    constants: { GRID_X: MAX_GRID, QK_NORM: io.norms !== null, BY_HEAD: byHead },
    bindings: 'uurrrrrwww',
    shape: [heads, kvHeads, headSize, pairs],
    floats: [1 / Math.sqrt(headSize), eps],
    buffers: [io.qkv, io.turn, io.positions, io.cacheRows, io.norms ?? io.turn, io.q, io.k, io.v],
    grid: ({ rows }) => wide(Math.ceil((rows * (heads + 2 * kvHeads)) / LANES)),
    account: ({ rows }) => ({ flops: 0, bytes: 8 * rows * ((heads + 2 * kvHeads) * headSize + pairs) }),
  });
}

/** y[T, heads * headSize] = attention of q over the cache rows that each row's path names (see `Packed`). */
export function attention(
  on: Recorder,
  io: Record<'q' | 'k' | 'v' | 'positions' | 'path' | 'rows' | 'y', GPUBuffer>,
  { heads, kvHeads, headSize, window }: HeadShape & { window: number },
): Node {
  const vec = headSize % 4 === 0;
  const parts = vec ? headSize / 4 : headSize;
  const together = headsTogether(heads / kvHeads, parts);
  return node(on, {
    kernel: 'attention',
    label: 'attention',
    constants: {
      GRID_X: MAX_GRID,
      VEC: vec ? 'vec4f' : 'f32',
      DOT: vec ? 'dot' : 'product',
      SCALAR: !vec,
      PARTS: parts,
      HEADS: together,
    },
    bindings: 'uurrrrrrw',
    shape: [heads, heads / kvHeads, window],
    buffers: [io.q, io.k, io.v, io.positions, io.path, io.rows, io.y],
    grid: ({ rows }) => wide(Math.ceil((rows * heads) / together / LANES)),
    account: ({ rows, seen }) => {
      const { keys, cacheRows } = seen?.(window) ?? { keys: 0, cacheRows: 0 };
      return { flops: 4 * heads * headSize * keys, bytes: 8 * headSize * (rows * heads + cacheRows * kvHeads) };
    },
  });
}

/** Heads of a group that one lane of the attention holds: as many as its registers, or the stack behind them, take. */
function headsTogether(group: number, parts: number): number {
  let most = 1;
  for (let heads = 2; heads <= group && heads * parts <= MAX_PARTS; heads++) if (group % heads === 0) most = heads;
  return most;
}

export function headBlocks(vocab: number): number {
  return Math.ceil(vocab / HEAD_BLOCK);
}

/** Log-probabilities of targets[P] given x[P, hidden], and whether each is the argmax: a node per chunk, then a merge. */
export function scoreHead(
  on: Recorder,
  io: Record<'x' | 'targets' | 'part' | 'best' | 'logit' | 'logprob' | 'greedy', GPUBuffer>,
  w: DeviceMatrix,
): readonly Node[] {
  const aligned = w.columns % 4 === 0;
  const blocks = headBlocks(w.rows);
  const { rows: perLane, columns, lanes } = tilesFor(on.gpu).head;
  const constants = {
    ...loads(w.format, aligned),
    MT: perLane,
    U: 1,
    NR: columns,
    WG: lanes,
    BLOCK: HEAD_BLOCK,
    BIAS: w.bias !== null,
  };
  return [
    ...w.chunks.map(({ buffer, first, rows }) =>
      node(on, {
        kernel: 'head',
        label: 'head',
        constants,
        bindings: 'uurrrrwww',
        shape: [rows, aligned ? w.columns / 4 : w.columns, first, blocks],
        buffers: [io.x, buffer, w.bias ?? io.x, io.targets, io.part, io.best, io.logit],
        grid: ({ scored }) => [Math.ceil(headBlocks(rows) / lanes), Math.ceil(scored / perLane)],
        account: ({ scored }) => ({
          flops: 2 * scored * rows * w.columns,
          bytes:
            rows * (w.columns * BYTES[w.format] + (w.bias ? 4 : 0)) + 4 * scored * (w.columns + 3 * headBlocks(rows)),
        }),
      }),
    ),
    node(on, {
      kernel: 'logprob',
      label: 'logprob',
      constants: {},
      bindings: 'uurrrrww',
      shape: [blocks],
      buffers: [io.part, io.best, io.logit, io.targets, io.logprob, io.greedy],
      grid: ({ scored }) => [Math.ceil(scored / LANES), 1],
      account: ({ scored }) => ({ flops: 0, bytes: 4 * scored * (3 * blocks + 4) }),
    }),
  ];
}

/** Raised when arithmetic outside the kernels changes what they are given: rope tables, conversions, order of nodes. */
const ENGINE_VERSION = 1;

/** sha256 over every kernel's text, the tables that pick them and the version: part of the key of every stored result. */
export function kernelsDigest(): string {
  const hash = createHash('sha256');
  const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' });
  const names = files.filter((name) => name.endsWith('.wgsl')).map((name) => name.replaceAll('\\', '/'));
  for (const name of names.sort()) hash.update(`${name}\0${kernelLines(name).join('\n')}\0`);
  return hash.update(JSON.stringify([TILES, HEAD_BLOCK, MAX_PARTS, ENGINE_VERSION])).digest('hex');
}
