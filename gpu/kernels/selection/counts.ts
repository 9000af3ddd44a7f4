// One pass of a radix select over more than a row.

import type { Command } from '../../device/commands.ts';
import { type Recorder, record } from '../record.ts';
import { constants, type Keys, lanes } from './rows.ts';

/**
 * y[rows, 4] from row `at`: keys that match prefix `scope`, and of these the ones with a next digit of at least 1, 2,
 * 3.
 */
export function counts(
  on: Recorder,
  keys: Keys,
  io: { readonly prefixes: GPUBuffer; readonly scope: number; readonly y: GPUBuffer; readonly at: number },
): Command {
  return record(on, {
    kernel: 'selection/counts',
    label: `counts ${keys.label}`,
    constants,
    bindings: 'uurrw',
    shape: [keys.rows, keys.columns, keys.at, io.at, io.scope],
    buffers: [keys.buffer, io.prefixes, io.y],
    grid: lanes(keys.rows),
  });
}
