// Scores that can be summed, and their sums in f32, in the order of the kernels.

import type { Score } from '../../kernels/types.ts';
import { longSum, products, settled, type Weights } from '../common/f32.ts';
import type { Numbers } from '../common/numbers.ts';
import { drawn } from '../common/pcg.ts';
import { sharesOf } from './shares.ts';

/** Scores [rows, columns] that can be summed: f32, not below 0. 'filled' without its fill. */
export function values(matrix: Weights, score: Score): Float64Array {
  const { name, rows, columns } = matrix;
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns && score.kind === 'random'; j++) {
      out[row * columns + j] = Math.floor(drawn(score.seed, name, row, j) / 256) / 2 ** 24;
    }
    if (score.kind === 'random') continue;
    const mine = products(matrix, row, score.by);
    if (score.kind === 'shares') {
      const t = sharesOf(products(matrix, row, score.against));
      out.set(
        sharesOf(mine).map((s, j) => settled(Math.max(0, s - t[j]!))),
        row * columns,
      );
    } else out.set(mine, row * columns);
  }
  return out;
}

/** Sum of each row's scores, f32 -> [rows]. */
export function rowSums(scores: Numbers, rows: number, columns: number): number[] {
  return Array.from({ length: rows }, (_, row) =>
    longSum(Array.from({ length: columns }, (_, j) => scores[row * columns + j]!)),
  );
}

/** Sum of each column's scores over rows [first, first + rows), f32, ascending -> [columns]. */
export function columnSums(scores: Numbers, first: number, rows: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let row = first; row < first + rows; row++) sum = Math.fround(sum + scores[row * columns + j]!);
    return sum;
  });
}
