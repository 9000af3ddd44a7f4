// Selection of weights: scores as keys that order alike, sums of scores, and the keep bits of the greatest in a group.

import type { Format } from '../../formats/safetensors/tensor.ts';
import type { Node } from '../device/commands.ts';
import { loads, MAX_GRID, node, type Recorder, wide } from './node.ts';
import type { Score } from './types.ts';

const LANES = 32;
const constants = { WG: LANES, GRID_X: MAX_GRID };
const lanes = (count: number) => (): readonly [number, number] => wide(Math.ceil(count / LANES));

/** Rows of a named matrix within a buffer, and what ranks them. */
export interface ScoredRows {
  readonly label: string;
  readonly buffer: GPUBuffer; // [.., columns] in `format`
  readonly format: Format;
  readonly columns: number;
  readonly at: number; // row of the buffer that holds the first
  readonly first: number; // row of the named matrix
  readonly rows: number;
  readonly kind: Score['kind'];
  readonly vectors: GPUBuffer; // [2, columns], f32: `by`, then `fill` or `against`
  readonly hash: number; // of seed and name; u32
  readonly bits: { readonly buffer: GPUBuffer; readonly at: number } | null; // words [rows, ceil(columns/32)]
  readonly inverses: { readonly buffer: GPUBuffer; readonly at: number } | null; // [rows, 2], by `shares`
}

/** Keys in `buffer` from element `at`: [rows, columns]. */
export interface Keys {
  readonly label: string;
  readonly buffer: GPUBuffer;
  readonly at: number;
  readonly rows: number;
  readonly columns: number;
}

function scored(
  on: Recorder,
  kernel: string,
  rows: ScoredRows,
  y: { readonly buffer: GPUBuffer; readonly at: number },
  options: {
    readonly along?: boolean;
    readonly inverses?: boolean;
    readonly tile?: readonly number[];
    readonly lanes: number;
  },
): Node {
  const { kind, columns, vectors } = rows;
  const flags = {
    PRODUCT: kind === 'product' || kernel === 'shares',
    FILLED: kind === 'filled',
    INVERSES: kind === 'shares' && options.inverses !== false,
    APART: kind === 'apart',
    SPARED: kind === 'spared',
    RANDOM: kind === 'random',
    BITS: kernel === 'score' && rows.bits !== null,
    ALONG: options.along === true,
  };
  const [tileRows = 1, tileFirst = 0] = options.tile ?? [];
  return node(on, {
    kernel,
    label: `${kernel} ${rows.label}`,
    constants: { ...constants, ...loads(rows.format, false), ...flags },
    bindings: 'uurrrrw',
    shape: [
      ...[rows.rows, columns, Math.ceil(columns / 32), rows.at, rows.first, y.at, rows.bits?.at ?? 0],
      ...[rows.inverses?.at ?? 0, rows.hash, tileRows, tileFirst],
    ],
    // A kernel that needs no bits or inverses does not look at what is bound in their place.
    buffers: [
      ...[vectors, rows.buffer, rows.bits?.buffer ?? vectors],
      ...[flags.INVERSES ? rows.inverses!.buffer : vectors, y.buffer],
    ],
    grid: lanes(options.lanes),
  });
}

/** The inverses of the rows' sums of |w| by and |w| against, which a score of kind 'shares' is made with. */
export function shares(on: Recorder, rows: ScoredRows): Node {
  return scored(on, 'shares', rows, { ...rows.inverses!, at: 0 }, { lanes: rows.rows, inverses: false });
}

/** Keys of the rows -> `y`. */
export function score(on: Recorder, rows: ScoredRows, y: { readonly buffer: GPUBuffer; readonly at: number }): Node {
  return scored(on, 'score', rows, y, { lanes: rows.rows * Math.ceil(rows.columns / 32) });
}

/** y[rows] = sum of the scores of each row, f32. */
export function rowSums(on: Recorder, rows: ScoredRows, y: { readonly buffer: GPUBuffer; readonly at: number }): Node {
  return scored(on, 'sums', rows, y, { lanes: rows.rows, along: true });
}

/**
 * y[tiles, columns] = sums of the scores of each column over tiles of `tileRows` rows, f32; y starts with `tileFirst`. A
 * tile that began in rows before these goes on from what they left.
 */
export function columnSums(
  on: Recorder,
  rows: ScoredRows,
  y: { readonly buffer: GPUBuffer; readonly at: number; readonly tileRows: number; readonly tileFirst: number },
): Node {
  const { tileRows, tileFirst } = y;
  const tiles = Math.floor((rows.first + rows.rows - 1) / tileRows) - Math.floor(rows.first / tileRows) + 1;
  return scored(on, 'sums', rows, y, { lanes: tiles * rows.columns, tile: [tileRows, tileFirst] });
}

/** y[rows, 4] from row `at`: keys that match prefix `scope`, and of these the ones with a next digit of at least 1, 2, 3. */
export function counts(
  on: Recorder,
  keys: Keys,
  io: { readonly prefixes: GPUBuffer; readonly scope: number; readonly y: GPUBuffer; readonly at: number },
): Node {
  return node(on, {
    kernel: 'counts',
    label: `counts ${keys.label}`,
    constants,
    bindings: 'uurrw',
    shape: [keys.rows, keys.columns, keys.at, io.at, io.scope],
    buffers: [keys.buffer, io.prefixes, io.y],
    grid: lanes(keys.rows),
  });
}

/** Where keep bits go: words [rows, ceil(columns/32)] from `wordAt`, and per row from `tailAt` the kept keys below `own`. */
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
): Node {
  return selecting(on, keys, to, [to.size, to.keep, to.keepLast, 0], null);
}

/** Keeps what is above the first of `found`[rows, 2] from row `at`, and the equal ones but for the second's lowest columns. */
export function sweep(on: Recorder, keys: Keys, to: Kept & { readonly found: GPUBuffer; readonly at: number }): Node {
  return selecting(on, keys, to, [keys.columns, 0, 0, to.at], to.found);
}

function selecting(on: Recorder, keys: Keys, to: Kept, how: readonly number[], found: GPUBuffer | null): Node {
  return node(on, {
    kernel: 'select',
    label: `select ${keys.label}`,
    constants: { ...constants, GIVEN: found !== null },
    bindings: found === null ? 'uurw' : 'uurwr',
    shape: [keys.rows, keys.columns, keys.at, to.wordAt, to.tailAt, to.own, ...how],
    buffers: [keys.buffer, to.y, ...(found === null ? [] : [found])],
    grid: lanes(keys.rows),
  });
}
