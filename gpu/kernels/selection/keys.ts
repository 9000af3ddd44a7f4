// Keys of weights, which order as their scores do.

import type { Command } from '../../device/commands.ts';
import type { Recorder } from '../record.ts';
import { recordScored, type ScoredRows } from './rows.ts';

/** y[rows, columns] from element `y.at` = u32 keys of the weights: a greater key is a greater score. */
export function keys(on: Recorder, rows: ScoredRows, y: { readonly buffer: GPUBuffer; readonly at: number }): Command {
  return recordScored(on, 'keys', rows, y, { lanes: rows.rows * Math.ceil(rows.columns / 32) });
}
