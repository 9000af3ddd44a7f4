// Sums of scores by row, or by column over tiles of rows.

import type { Command } from '../../device/commands.ts';
import type { Recorder } from '../record.ts';
import { recordScored, type ScoredRows } from './rows.ts';

/** y[rows] = sum of the scores of each row, f32. */
export function rowSums(
  on: Recorder,
  rows: ScoredRows,
  y: { readonly buffer: GPUBuffer; readonly at: number },
): Command {
  return recordScored(on, 'sums', rows, y, { lanes: rows.rows, along: true });
}

/**
 * y[tiles, columns] = sums of the scores of each column over tiles of `tileRows` rows, f32; y starts with `tileFirst`.
 * A tile that began in rows before these goes on from what they left.
 */
export function columnSums(
  on: Recorder,
  rows: ScoredRows,
  y: { readonly buffer: GPUBuffer; readonly at: number; readonly tileRows: number; readonly tileFirst: number },
): Command {
  const { tileRows, tileFirst } = y;
  const tiles = Math.floor((rows.first + rows.rows - 1) / tileRows) - Math.floor(rows.first / tileRows) + 1;
  return recordScored(on, 'sums', rows, y, { lanes: tiles * rows.columns, tile: [tileRows, tileFirst] });
}
