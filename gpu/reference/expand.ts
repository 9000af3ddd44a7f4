// A matrix with its mask applied: kept weights as they are, the others multiplied by gamma.

import type { MaskTensor } from '../kernels/types.ts';
import type { Numbers } from './common/numbers.ts';

/** w: [rows, columns] -> [rows, columns] with the mask applied. */
export function expand(w: Numbers, { rows, columns, words }: MaskTensor, gamma = 0): Float64Array {
  const perRow = Math.ceil(columns / 32);
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const kept = (words[row * perRow + (column >> 5)]! >>> (column & 31)) & 1;
      const weight = w[row * columns + column]!;
      out[row * columns + column] = kept === 1 ? weight : gamma === 0 ? 0 : weight * gamma;
    }
  }
  return out;
}
