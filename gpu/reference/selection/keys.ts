// Keys of weights: u32 numbers that order as their scores do.

import type { MaskTensor, Score } from '../../kernels/types.ts';
import { bitsOf, products, settled, type Weights } from '../common/f32.ts';
import { drawn } from '../common/pcg.ts';
import { sharesOf } from './shares.ts';

/** Added to the keys of places that come before all others. */
const OWN = 2 ** 31;

function bitOf({ columns, words }: MaskTensor, row: number, column: number): boolean {
  return ((words[row * Math.ceil(columns / 32) + (column >> 5)]! >>> (column & 31)) & 1) === 1;
}

/** u32 keys [rows, columns] that order as the scores of `score` do. */
export function keys(matrix: Weights, score: Score): Uint32Array {
  const { name, rows, columns } = matrix;
  const out = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row++) out.set(rowKeys(matrix, score, row, name), row * columns);
  return out;
}

function rowKeys(matrix: Weights, score: Score, row: number, name: string): number[] {
  const columns = Array.from({ length: matrix.columns }, (_, j) => j);
  if (score.kind === 'random') return columns.map((j) => drawn(score.seed, name, row, j));
  const mine = products(matrix, row, score.by);
  switch (score.kind) {
    case 'product':
      return mine.map(bitsOf);
    case 'filled': {
      const fill = products(matrix, row, score.fill);
      return columns.map((j) => (mine[j]! > 0 ? OWN + bitsOf(mine[j]!) : bitsOf(fill[j]!)));
    }
    case 'shares': {
      const s = sharesOf(mine);
      const t = sharesOf(products(matrix, row, score.against));
      return columns.map((j) => (s[j]! > t[j]! ? OWN + bitsOf(settled(s[j]! - t[j]!)) : bitsOf(mine[j]!)));
    }
    case 'apart': {
      const fill = products(matrix, row, score.fill);
      return columns.map((j) => (bitOf(score.without, row, j) ? bitsOf(fill[j]!) : OWN + bitsOf(mine[j]!)));
    }
    case 'spared': {
      const against = products(matrix, row, score.against);
      return columns.map((j) =>
        bitOf(score.protect, row, j) ? OWN + bitsOf(mine[j]!) : 0x7fffffff - bitsOf(against[j]!),
      );
    }
  }
}
