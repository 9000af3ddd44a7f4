// Keep bits of the greatest keys in each group.

import type { Command } from '../../device/commands.ts';
import { type Recorder, record } from '../record.ts';
import { constants, type Keys, lanes } from './rows.ts';

/**
 * Where keep bits go: words [rows, ceil(columns/32)] from `wordAt`, and per row from `tailAt` the kept keys below
 * `own`.
 */
export interface Kept {
  readonly y: GPUBuffer;
  readonly wordAt: number;
  readonly tailAt: number;
  readonly own: number;
}

/** Keeps the greatest `keep` of every `size` columns, and `keepLast` of those that do not fill the last group. */
export function select(
  on: Recorder,
  keys: Keys,
  to: Kept & { readonly size: number; readonly keep: number; readonly keepLast: number },
): Command {
  return selecting(on, keys, to, [to.size, to.keep, to.keepLast, 0], null);
}

/**
 * Keeps what is above the first of `found`[rows, 2] from row `at`, and the equal ones but for the second's lowest
 * columns.
 */
export function sweep(
  on: Recorder,
  keys: Keys,
  to: Kept & { readonly found: GPUBuffer; readonly at: number },
): Command {
  return selecting(on, keys, to, [keys.columns, 0, 0, to.at], to.found);
}

function selecting(on: Recorder, keys: Keys, to: Kept, how: readonly number[], found: GPUBuffer | null): Command {
  return record(on, {
    kernel: 'selection/select',
    label: `select ${keys.label}`,
    constants: { ...constants, GIVEN: found !== null },
    bindings: found === null ? 'uurw' : 'uurwr',
    shape: [keys.rows, keys.columns, keys.at, to.wordAt, to.tailAt, to.own, ...how],
    buffers: [keys.buffer, to.y, ...(found === null ? [] : [found])],
    grid: lanes(keys.rows),
  });
}
