// The matrices of a network one by one, as masks, adapters and scores name them, whatever way the checkpoint stacks them.

import type { LayerParts, Matrix, Parts } from './parts.ts';

/** Where activations are tapped: the input of q, k and v; of o; of gate and up; of down. */
export const TAPS = ['qkv', 'o', 'up', 'down'] as const;
export type Tap = (typeof TAPS)[number];

/** A matrix of a layer, as y[rows] = W[rows, columns] x[columns] whatever way the checkpoint stores it. */
export interface MatrixInfo {
  readonly name: string; // of the weight in the checkpoint
  readonly layer: number;
  readonly module: 'attention' | 'mlp';
  readonly role: 'q' | 'k' | 'v' | 'qkv' | 'o' | 'gate' | 'up' | 'down';
  readonly tap: Tap; // what enters its columns
  readonly rows: number;
  readonly columns: number;
}

/** The matrices of all layers in their order: attention before the MLP, as stacked. Embedding and head are none of them. */
export function matricesOf(parts: Parts): readonly MatrixInfo[] {
  return parts.layers.flatMap((layer, index) => {
    const info = (
      matrix: Matrix | null,
      module: MatrixInfo['module'],
      tap: Tap,
      roles: readonly MatrixInfo['role'][],
    ): MatrixInfo[] =>
      (matrix?.names ?? []).map((name, k) => ({
        name,
        layer: index,
        module,
        role: roles[k]!,
        tap,
        rows: sourceRows(matrix!, k),
        columns: matrix!.columns,
      }));
    return [
      ...info(layer.qkv, 'attention', 'qkv', layer.qkv.names.length === 1 ? ['qkv'] : ['q', 'k', 'v']),
      ...info(layer.o, 'attention', 'o', ['o']),
      ...info(layer.gate, 'mlp', 'up', ['gate']),
      ...info(layer.up, 'mlp', 'up', ['up']),
      ...info(layer.down, 'mlp', 'down', ['down']),
    ];
  });
}

/** Names of what is stacked in a device matrix, with their rows, in the order of the stack. */
export function stackOf(layer: LayerParts, tap: Tap): readonly { name: string; rows: number }[] {
  const held = tap === 'up' ? [layer.gate, layer.up] : [layer[tap]];
  return held.flatMap((matrix) => (matrix?.names ?? []).map((name, k) => ({ name, rows: sourceRows(matrix!, k) })));
}

function sourceRows(matrix: Matrix, k: number): number {
  return matrix.sources[k]!.shape[matrix.transposed ? 1 : 0]!;
}
