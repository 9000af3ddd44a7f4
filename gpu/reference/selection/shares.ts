// Shares of a row's sum, and the inverses of such sums.

import { LEAST, longSum, products, settled, type Weights } from '../common/f32.ts';
import type { Numbers } from '../common/numbers.ts';

/** 1 / sum in f32, rounded to nearest; 0 for a sum that has no normal inverse. */
function inverseOf(sum: number): number {
  return sum < LEAST || sum >= 2 ** 126 ? 0 : Math.fround(1 / sum);
}

/** One over each row's sums of |w| by and |w| against: [rows, 2]. */
export function shares(matrix: Weights, by: Numbers, against: Numbers): Float32Array {
  return Float32Array.from({ length: 2 * matrix.rows }, (_, i) =>
    inverseOf(longSum(products(matrix, i >> 1, i % 2 === 0 ? by : against))),
  );
}

/** values of a row -> their shares of its sum; a sum without an inverse gives shares of 0. */
export function sharesOf(values: readonly number[]): number[] {
  const inverse = inverseOf(longSum(values));
  return values.map((value) => settled(value * inverse));
}
