// Inverses of the sums that turn scores of a row into shares.

import type { Command } from '../../device/commands.ts';
import type { Recorder } from '../record.ts';
import { recordScored, type ScoredRows } from './rows.ts';

/**
 * rows.inverses[rows, 2] = one over each row's sums of |w| by and |w| against, f32 rounded to nearest; 0 for a sum of 0
 * or of 2^126 and more. `keys` and the sums read them for scores of kind 'shares'.
 */
export function shares(on: Recorder, rows: ScoredRows): Command {
  return recordScored(on, 'shares', rows, { ...rows.inverses!, at: 0 }, { lanes: rows.rows, inverses: false });
}
