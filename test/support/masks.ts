// Seeded random masks.

import type { MatrixInfo } from '../../formats/checkpoint/matrices.ts';
import type { Mask } from '../../gpu/engine/types.ts';
import type { MaskTensor } from '../../gpu/kernels/types.ts';
import { normals } from './random-model.ts';

/** A seeded mask that keeps about half; bits beyond the last column are 0. */
export function maskTensor(seed: number, rows: number, columns: number): MaskTensor {
  const perRow = Math.ceil(columns / 32);
  const words = new Uint32Array(rows * perRow);
  const normal = normals(seed);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      if (normal() > 0) words[row * perRow + (column >> 5)]! |= 1 << (column & 31);
    }
  }
  return { rows, columns, words };
}

/** Seeded masks of these matrices. */
export function randomMask(seed: number, matrices: readonly MatrixInfo[]): Mask {
  const tensors = matrices.map(({ name, rows, columns }, i) => [name, maskTensor(seed + i, rows, columns)] as const);
  return { id: `random ${seed}`, tensors: new Map(tensors) };
}
