// Keys of weights, which order as their scores do.

import type { Node } from '../../device/commands.ts';
import type { Recorder } from '../node.ts';
import { type ScoredRows, scoredNode } from './rows.ts';

/** y[rows, columns] from element `y.at` = u32 keys of the weights: a greater key is a greater score. */
export function keys(on: Recorder, rows: ScoredRows, y: { readonly buffer: GPUBuffer; readonly at: number }): Node {
  return scoredNode(on, 'keys', rows, y, { lanes: rows.rows * Math.ceil(rows.columns / 32) });
}
