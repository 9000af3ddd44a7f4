// What a selection keeps: the greatest keys of each group, as a stable sort leaves them.

import type { Group } from '../../engine/types.ts';
import type { Score } from '../../kernels/types.ts';
import type { Weights } from '../common/f32.ts';
import type { Numbers } from '../common/numbers.ts';
import { keys } from './keys.ts';
import { columnSums, values } from './sums.ts';

/** 1 for the `keep` greatest, as a stable ascending sort that prunes from the front leaves them. */
export function kept(ranks: Numbers, keep: number): Uint8Array {
  const order = Array.from({ length: ranks.length }, (_, i) => i).sort((a, b) => ranks[a]! - ranks[b]!);
  const out = new Uint8Array(ranks.length);
  for (const i of order.slice(ranks.length - keep)) out[i] = 1;
  return out;
}

/** K of n: floor((1 - sparsity) n), where a product that should be whole is taken as whole. */
export function keptOf(n: number, sparsity: number): number {
  const exact = (1 - sparsity) * n;
  const whole = Math.round(exact);
  return Math.abs(exact - whole) < 1e-9 * Math.max(1, n * 1e-5) ? whole : Math.floor(exact);
}

/** Keep flags [rows, columns] of one matrix, for groups within a row, a matrix or a tile. */
export function keptPlaces(matrix: Weights, score: Score, group: Group, sparsity: number): Uint8Array {
  const { rows, columns } = matrix;
  const out = new Uint8Array(rows * columns);
  const all = group.kind === 'tiles' ? values(matrix, score) : keys(matrix, score);
  if (group.kind === 'matrix') return kept(all, keptOf(rows * columns, sparsity));
  if (group.kind === 'tiles') {
    for (let first = 0; first < rows; first += group.rows) {
      const held = Math.min(group.rows, rows - first);
      const flags = kept(columnSums(all, first, held, columns), keptOf(columns, sparsity));
      for (let row = first; row < first + held; row++) out.set(flags, row * columns);
    }
    return out;
  }
  const size = group.kind === 'block' ? group.columns : group.kind === 'n:m' ? group.of : columns;
  for (let row = 0; row < rows; row++) {
    for (let from = 0; from < columns; from += size) {
      const n = Math.min(size, columns - from);
      const keep = group.kind === 'n:m' ? Math.floor((group.keep * n) / group.of) : keptOf(n, sparsity);
      const at = row * columns + from;
      out.set(kept(all.slice(at, at + n), keep), at);
    }
  }
  return out;
}
