// Attention of rows over the keys of their paths, with grouped keys and values (GQA).

import type { Command } from '../device/commands.ts';
import { LANES, MAX_GRID, type Recorder, record, wide } from './record.ts';

/** Loads of a head times heads per lane; beyond it the drivers take seconds to compile. */
export const MAX_PARTS = 64;

/** Heads of a layer; query head h reads key head floor(h / (heads / kvHeads)). */
export interface HeadShape {
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
}

/** How the kernels of attention read a head: PARTS loads of four values, or of one where 4 does not divide its size. */
export function headLoads(headSize: number): {
  readonly VEC: string;
  readonly DOT: string;
  readonly SCALAR: boolean;
  readonly PARTS: number;
} {
  const vec = headSize % 4 === 0;
  return {
    VEC: vec ? 'vec4f' : 'f32',
    DOT: vec ? 'dot' : 'product',
    SCALAR: !vec,
    PARTS: vec ? headSize / 4 : headSize,
  };
}

/**
 * y[T, heads headSize] = attention of q (scaled) over the keys and values of each row's path: key j of row t is at
 * cache row rows[path[t] + j], for j up to positions[t] (see `Batch`). `window`: last positions that a row sees; 0 =
 * all.
 */
export function attention(
  on: Recorder,
  io: Record<'q' | 'k' | 'v' | 'positions' | 'path' | 'rows' | 'y', GPUBuffer>,
  { heads, kvHeads, headSize, window }: HeadShape & { window: number },
): Command {
  const loadsOfHead = headLoads(headSize);
  const together = headsTogether(heads / kvHeads, loadsOfHead.PARTS);
  return record(on, {
    kernel: 'attention',
    label: 'attention',
    constants: { GRID_X: MAX_GRID, ...loadsOfHead, HEADS: together },
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

/** Heads of a group that one lane computes: as many as its registers, or the stack behind them, take. */
function headsTogether(group: number, parts: number): number {
  let most = 1;
  for (let heads = 2; heads <= group && heads * parts <= MAX_PARTS; heads++) if (group % heads === 0) most = heads;
  return most;
}
