// Matrices of which each tile of 64 rows keeps columns of its own: weights gathered by tile, and the product over them.

import type { Node } from '../device/commands.ts';
import { ACTIVATION, type MatmulOptions } from './index.ts';
import type { DeviceMatrix } from './matrix.ts';
import { loads, MAX_GRID, node, type Recorder, wide } from './node.ts';
import { tilesFor } from './tiles.ts';

/** Rows of a tile: 16 lanes of four. */
export const TILE_ROWS = 64;

/** The kept columns of every tile; of a gated matrix those of the gate's tiles come first. */
export interface TiledMatrix {
  readonly label: string;
  readonly rows: number; // of all factors
  readonly columns: number;
  readonly factors: 1 | 2;
  readonly entries: number; // kept columns of all tiles together
  readonly spans: GPUBuffer; // [tiles] first entry and number
  readonly kept: GPUBuffer; // [entries] column
  readonly tileOf: GPUBuffer; // [entries] tile
  readonly weights: GPUBuffer; // [entries, 64] f32
  readonly bias: GPUBuffer | null;
}

/** Bytes that `openTiled` takes. */
export function tiledBytes(keep: readonly Uint32Array[]): number {
  const entries = keep.reduce((sum, { length }) => sum + length, 0);
  return 8 * keep.length + (8 + 4 * TILE_ROWS) * entries;
}

/** Buffers for a matrix of which tile t keeps columns keep[t], ascending; `gather` fills in the weights. */
export function openTiled(
  { gpu, pool }: Pick<Recorder, 'gpu' | 'pool'>,
  w: DeviceMatrix,
  factors: 1 | 2,
  keep: readonly Uint32Array[],
): TiledMatrix {
  const entries = keep.reduce((sum, { length }) => sum + length, 0);
  const spans = new Uint32Array(2 * keep.length);
  const kept = new Uint32Array(Math.max(1, entries));
  const tileOf = new Uint32Array(Math.max(1, entries));
  let at = 0;
  keep.forEach((columns, tile) => {
    spans.set([at, columns.length], 2 * tile);
    kept.set(columns, at);
    tileOf.fill(tile, at, at + columns.length);
    at += columns.length;
  });
  const filled = (label: string, words: Uint32Array<ArrayBuffer>): GPUBuffer => {
    const buffer = pool.buffer(`${label} of ${w.label}`, words.byteLength);
    gpu.device.queue.writeBuffer(buffer, 0, words);
    return buffer;
  };
  return {
    ...{ label: w.label, rows: w.rows, columns: w.columns, factors, entries, bias: w.bias },
    spans: filled('tiles', spans),
    kept: filled('kept columns', kept),
    tileOf: filled('tile of each column', tileOf),
    weights: pool.buffer(`tiled ${w.label}`, Math.max(4, 4 * TILE_ROWS * entries)),
  };
}

/** Fills `into.weights` from a matrix that lies in one buffer. */
export function gather(on: Recorder, w: DeviceMatrix, into: TiledMatrix): Node {
  const rows = into.rows / into.factors;
  const count = into.entries * TILE_ROWS;
  return node(on, {
    kernel: 'gather',
    label: `gather ${w.label}`,
    constants: { ...loads(w.format, false), GRID_X: MAX_GRID },
    bindings: 'uurrrw',
    shape: [count, rows, w.columns, Math.ceil(rows / TILE_ROWS)],
    buffers: [into.kept, w.chunks[0]!.buffer, into.tileOf, into.weights],
    grid: () => wide(Math.ceil(count / 64)),
  });
}

/** `matmul` over the kept columns alone; the bits of the dense kernel on weights of which the others are 0. */
export function tiled(
  on: Recorder,
  io: { x: GPUBuffer; w: TiledMatrix; y: GPUBuffer },
  { residual = false, activation, over = 'rows' }: Pick<MatmulOptions, 'residual' | 'activation' | 'over'> = {},
): Node {
  const { w } = io;
  const n = w.rows / w.factors;
  const gated = w.factors === 2;
  const { tiled: most } = tilesFor(on.gpu);
  const rows = (m: number): number => (m === 1 ? 1 : most / w.factors);
  const constants = new Map(
    [1, most / w.factors].map((perLane) => [
      perLane,
      {
        MT: perLane,
        NC: 4,
        NR: 4 * w.factors,
        ROWS: over,
        BIAS: w.bias !== null,
        RESIDUAL: residual,
        GATED: gated,
        ACTIVATE: activation !== undefined,
        ...(activation && { [ACTIVATION[activation]]: true }),
      },
    ]),
  );
  return node(on, {
    kernel: 'tiled',
    label: `tiled ${w.label}`,
    constants: (step) => constants.get(rows(step[over]))!,
    bindings: 'uurrrwrr',
    shape: [n, w.columns, Math.ceil(n / TILE_ROWS), 0, n],
    buffers: [io.x, w.weights, w.bias ?? w.weights, io.y, w.spans, w.kept],
    grid: (step) => [Math.ceil(n / TILE_ROWS), Math.ceil(step[over] / rows(step[over]))],
    account: (step) => ({
      flops: 2 * step[over] * TILE_ROWS * w.entries,
      bytes: 4 * ((TILE_ROWS + 1) * w.entries + step[over] * (w.columns + (residual ? 2 : 1) * n)),
    }),
  });
}
