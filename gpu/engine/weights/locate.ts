// The matrices of a network one by one, as masks and scores name them, and where the rows of each are on the device: q,
// k and v are stacked there, and so are gate and up.

import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import { stackOf } from '../../../formats/checkpoint/matrices.ts';
import type { LayerParts, Parts } from '../../../formats/checkpoint/parts.ts';
import type { Format } from '../../../formats/tensors/tensor.ts';
import type { DeviceMatrix } from '../../kernels/matrix.ts';
import type { DeviceWeights } from './upload.ts';

/** Rows of a named matrix within one buffer of the device. */
export interface Piece {
  readonly chunk: number; // of the device matrix
  readonly buffer: GPUBuffer; // [.., columns] in `format`
  readonly format: Format;
  readonly at: number; // row of the buffer where they start
  readonly first: number; // row of the named matrix
  readonly rows: number;
}

/** The device matrix that `info` is stacked in, and its rows there. */
export function locate(
  parts: Parts,
  weights: DeviceWeights,
  info: MatrixInfo,
): { readonly matrix: DeviceMatrix; readonly pieces: readonly Piece[] } {
  const matrix = weights.layers[info.layer]![info.tap];
  return { matrix, pieces: piecesOf(matrix, ...placeOf(parts.layers[info.layer]!, info)) };
}

/** Factors of the device matrix, the factor and its first row where `info` starts, and its rows. */
function placeOf(
  layer: LayerParts,
  info: MatrixInfo,
): readonly [factors: 1 | 2, factor: 0 | 1, first: number, n: number] {
  if (info.tap === 'up')
    return [layer.gate === null ? 1 : 2, layer.gate !== null && info.role === 'up' ? 1 : 0, 0, info.rows];
  const stack = stackOf(layer, info.tap);
  const before = stack.slice(
    0,
    stack.findIndex(({ name }) => name === info.name),
  );
  return [1, 0, before.reduce((sum, { rows }) => sum + rows, 0), info.rows];
}

function piecesOf(matrix: DeviceMatrix, factors: 1 | 2, factor: 0 | 1, first: number, rows: number): readonly Piece[] {
  return matrix.chunks.flatMap((chunk, index): Piece[] => {
    const held = chunk.rows / factors; // of each factor
    const from = Math.max(first, chunk.first);
    const to = Math.min(first + rows, chunk.first + held);
    if (from >= to) return [];
    const at = factor * held + from - chunk.first;
    return [{ chunk: index, buffer: chunk.buffer, format: chunk.format, at, first: from - first, rows: to - from }];
  });
}
