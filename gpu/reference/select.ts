// Scores, their order, and what a selection keeps, in plain loops. Products and sums are f32, rounded once each, so that
// the device must agree to the bit: a mask has no tolerance.

import type { Group } from '../engine/types.ts';
import type { MaskTensor, Score } from '../kernels/types.ts';
import type { Numbers } from './numbers.ts';

/** A matrix with its weights widened: w [rows, columns]. */
export interface Weights {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly w: Numbers;
}

const f32 = Math.fround;
const LEAST = 2 ** -126;
/** Added to the keys of places that come before all others. */
const OWN = 2 ** 31;
const view = new DataView(new ArrayBuffer(4));

/** What lies below the least normal f32 counts as 0. */
function settled(x: number): number {
  const rounded = f32(x);
  return rounded < LEAST ? 0 : rounded;
}

function bitsOf(x: number): number {
  view.setFloat32(0, x);
  return view.getUint32(0);
}

function bitOf({ columns, words }: MaskTensor, row: number, column: number): boolean {
  return ((words[row * Math.ceil(columns / 32) + (column >> 5)]! >>> (column & 31)) & 1) === 1;
}

/** One PCG step and its output permutation (RXS-M-XS), u32 -> u32. */
export function pcg(value: number): number {
  const state = (Math.imul(value, 747796405) + 2891336453) >>> 0;
  const word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 277803737) >>> 0;
  return ((word >>> 22) ^ word) >>> 0;
}

/** u32 of seed, name, row and column: FNV-1a over the name's UTF-16 units, the seed's halves, then row and column. */
function drawn(seed: number, name: string, row: number, column: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  const low = seed % 2 ** 32;
  const high = Math.floor(seed / 2 ** 32);
  const base = pcg((hash ^ pcg((low + pcg(high)) >>> 0)) >>> 0);
  return pcg((pcg(column) ^ pcg((base + row) >>> 0)) >>> 0);
}

/** f32 sum, 64 at a time. */
function longSum(values: readonly number[]): number {
  let total = 0;
  for (let from = 0; from < values.length; from += 64) {
    const some = values.slice(from, from + 64).reduce((sum, value) => f32(sum + value), 0);
    total = f32(total + some);
  }
  return total;
}

/** |w| v over a row. */
function products({ w, columns }: Weights, row: number, v: Numbers): number[] {
  return Array.from({ length: columns }, (_, j) => settled(settled(Math.abs(w[row * columns + j]!)) * settled(v[j]!)));
}

/** Shares of a row's sum; a sum of 0, or one too large to have an inverse, gives shares of 0. */
function sharesOf(values: readonly number[]): number[] {
  const sum = longSum(values);
  const inverse = sum < LEAST || sum >= 2 ** 126 ? 0 : f32(1 / sum);
  return values.map((value) => settled(value * inverse));
}

/** u32 keys [rows, columns] that order as the scores of `score` do. */
export function keys(matrix: Weights, score: Score): Uint32Array {
  const { name, rows, columns } = matrix;
  const out = new Uint32Array(rows * columns);
  for (let row = 0; row < rows; row++) out.set(rowKeys(matrix, score, row, name), row * columns);
  return out;
}

function rowKeys(matrix: Weights, score: Score, row: number, name: string): number[] {
  const columns = Array.from({ length: matrix.columns }, (_, j) => j);
  if (score.kind === 'random') return columns.map((j) => drawn(score.seed, name, row, j));
  const mine = products(matrix, row, score.by);
  switch (score.kind) {
    case 'product':
      return mine.map(bitsOf);
    case 'filled': {
      const fill = products(matrix, row, score.fill);
      return columns.map((j) => (mine[j]! > 0 ? OWN + bitsOf(mine[j]!) : bitsOf(fill[j]!)));
    }
    case 'shares': {
      const s = sharesOf(mine);
      const t = sharesOf(products(matrix, row, score.against));
      return columns.map((j) => (s[j]! > t[j]! ? OWN + bitsOf(settled(s[j]! - t[j]!)) : bitsOf(mine[j]!)));
    }
    case 'apart': {
      const fill = products(matrix, row, score.fill);
      return columns.map((j) => (bitOf(score.without, row, j) ? bitsOf(fill[j]!) : OWN + bitsOf(mine[j]!)));
    }
    case 'spared': {
      const against = products(matrix, row, score.against);
      return columns.map((j) =>
        bitOf(score.protect, row, j) ? OWN + bitsOf(mine[j]!) : 0x7fffffff - bitsOf(against[j]!),
      );
    }
  }
}

/** Scores [rows, columns] that can be summed: f32, not below 0. 'filled' without its fill. */
export function values(matrix: Weights, score: Score): Float64Array {
  const { name, rows, columns } = matrix;
  const out = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let j = 0; j < columns && score.kind === 'random'; j++) {
      out[row * columns + j] = Math.floor(drawn(score.seed, name, row, j) / 256) / 2 ** 24;
    }
    if (score.kind === 'random') continue;
    const mine = products(matrix, row, score.by);
    if (score.kind === 'shares') {
      const t = sharesOf(products(matrix, row, score.against));
      out.set(
        sharesOf(mine).map((s, j) => settled(Math.max(0, s - t[j]!))),
        row * columns,
      );
    } else out.set(mine, row * columns);
  }
  return out;
}

/** Sum of each row's scores, f32 -> [rows]. */
export function rowSums(scores: Numbers, rows: number, columns: number): number[] {
  return Array.from({ length: rows }, (_, row) =>
    longSum(Array.from({ length: columns }, (_, j) => scores[row * columns + j]!)),
  );
}

/** Sum of each column's scores over rows [first, first + rows), f32, ascending -> [columns]. */
export function columnSums(scores: Numbers, first: number, rows: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, j) => {
    let sum = 0;
    for (let row = first; row < first + rows; row++) sum = f32(sum + scores[row * columns + j]!);
    return sum;
  });
}

/** 1 for the `keep` greatest, as a stable ascending sort that prunes from the front leaves them. */
export function kept(ranks: Numbers, keep: number): Uint8Array {
  const order = Array.from({ length: ranks.length }, (_, i) => i).sort((a, b) => ranks[a]! - ranks[b]!);
  const out = new Uint8Array(ranks.length);
  for (const i of order.slice(ranks.length - keep)) out[i] = 1;
  return out;
}

/** K of n: floor((1 - sparsity) n), where a product that should be whole is taken as whole. */
export function keptOf(n: number, sparsity: number): number {
  const exact = (1 - sparsity) * n;
  const whole = Math.round(exact);
  return Math.abs(exact - whole) < 1e-9 * Math.max(1, n * 1e-5) ? whole : Math.floor(exact);
}

/** Keep flags [rows, columns] of one matrix, for groups within a row, a matrix or a tile. */
export function keptPlaces(matrix: Weights, score: Score, group: Group, sparsity: number): Uint8Array {
  const { rows, columns } = matrix;
  const out = new Uint8Array(rows * columns);
  const all = group.kind === 'tiles' ? values(matrix, score) : keys(matrix, score);
  if (group.kind === 'matrix') return kept(all, keptOf(rows * columns, sparsity));
  if (group.kind === 'tiles') {
    for (let first = 0; first < rows; first += group.rows) {
      const held = Math.min(group.rows, rows - first);
      const flags = kept(columnSums(all, first, held, columns), keptOf(columns, sparsity));
      for (let row = first; row < first + held; row++) out.set(flags, row * columns);
    }
    return out;
  }
  const size = group.kind === 'block' ? group.columns : group.kind === 'n:m' ? group.of : columns;
  for (let row = 0; row < rows; row++) {
    for (let from = 0; from < columns; from += size) {
      const n = Math.min(size, columns - from);
      const keep = group.kind === 'n:m' ? Math.floor((group.keep * n) / group.of) : keptOf(n, sparsity);
      const at = row * columns + from;
      out.set(kept(all.slice(at, at + n), keep), at);
    }
  }
  return out;
}
