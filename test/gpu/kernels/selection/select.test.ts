// Keys, sums and keep bits on the device: equal to the bit to their twins, and to a stable sort that prunes from the front.

import * as assert from 'uvu/assert';
import type { Format } from '../../../../formats/tensors/tensor.ts';
import { hashOf } from '../../../../gpu/engine/hash.ts';
import { counts } from '../../../../gpu/kernels/selection/counts.ts';
import { keys as keysOf } from '../../../../gpu/kernels/selection/keys.ts';
import type { Keys, ScoredRows } from '../../../../gpu/kernels/selection/rows.ts';
import { select, sweep } from '../../../../gpu/kernels/selection/select.ts';
import { shares } from '../../../../gpu/kernels/selection/shares.ts';
import { columnSums, rowSums } from '../../../../gpu/kernels/selection/sums.ts';
import type { Score } from '../../../../gpu/kernels/types.ts';
import type { Weights } from '../../../../gpu/reference/common/f32.ts';
import { counts as countsTwin } from '../../../../gpu/reference/selection/counts.ts';
import { keys as keysTwin } from '../../../../gpu/reference/selection/keys.ts';
import { kept } from '../../../../gpu/reference/selection/select.ts';
import { shares as sharesTwin } from '../../../../gpu/reference/selection/shares.ts';
import * as sumsTwin from '../../../../gpu/reference/selection/sums.ts';
import { type Bench, FORMATS, openBench, random, rounded } from '../../../support/kernel.ts';
import { maskTensor } from '../../../support/masks.ts';
import { suite } from '../../../support/suite.ts';

const COLUMNS = [1, 31, 32, 33, 63, 257];
const test = suite('select kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

/** Not below 0, with zeros, and one so small that products with it vanish. */
function vector(seed: number, length: number): Float32Array {
  const values = Float32Array.from(random(seed, length), (x) => (x < -0.5 ? 0 : Math.abs(x)));
  if (length > 2) values[2] = 1e-30;
  return values;
}

function scoresOf(rows: number, columns: number): readonly Score[] {
  const by = vector(1, columns);
  const other = vector(2, columns);
  const places = maskTensor(3, rows, columns);
  return [
    { kind: 'product', by },
    { kind: 'filled', by, fill: other },
    { kind: 'shares', by, against: other },
    { kind: 'apart', by, fill: other, without: places },
    { kind: 'spared', by, against: other, protect: places },
    { kind: 'random', seed: 2 ** 40 + 7 },
  ];
}

/** The rows of `w` from `first` on, as the kernels take them. */
function rowsOf(matrix: Weights, format: Format, one: Score, first: number): ScoredRows {
  const { name, rows, columns } = matrix;
  const settled = (x: number): number => (x < 2 ** -126 ? 0 : x);
  const pair =
    one.kind === 'random'
      ? [0, 0]
      : [...one.by, ...('fill' in one ? one.fill : 'against' in one ? one.against : one.by)];
  const bits = one.kind === 'apart' ? one.without : one.kind === 'spared' ? one.protect : null;
  const held = rows - first;
  const perRow = Math.ceil(columns / 32);
  return {
    ...{ label: name, buffer: bench.matrix(Float64Array.from(matrix.w), rows, columns, format).chunks[0]!.buffer },
    ...{ format, columns, at: first, first, rows: held, kind: one.kind, vectors: bench.floats(pair.map(settled)) },
    hash: one.kind === 'random' ? hashOf(one.seed, name) : 0,
    bits: bits && { buffer: bench.words([0, ...bits.words]), at: 1 + first * perRow },
    inverses: one.kind === 'shares' ? { buffer: bench.floats(new Float32Array(2 * held + 6)), at: 3 } : null,
  };
}

test('keys and sums of every kind of score have the bits of the twin', async () => {
  for (const format of FORMATS) {
    for (const columns of COLUMNS) {
      const rows = 21;
      const w = rounded(random(columns, rows * columns), format);
      w[3 * columns] = 1e-41; // below the least normal f32, which f16 and bf16 round
      w[4 * columns + 1] = 0;
      w[5 * columns + 2] = 1e-10; // times 1e-30: below it too
      const matrix = { name: 'a.weight', rows, columns, w: rounded(w, format) };
      for (const one of scoresOf(rows, columns)) {
        const first = 2;
        const given = rowsOf(matrix, format, one, first);
        const held = rows - first;
        const summed = !['apart', 'spared'].includes(one.kind);
        const keys = bench.words(new Uint32Array(5 + held * columns));
        const along = bench.floats(new Float32Array(held + 1));
        const [tileRows, tileFirst] = [4, 0];
        const tiles = Math.ceil(rows / tileRows);
        const down = bench.floats(new Float32Array(tiles * columns + 1));
        // Two runs of rows, of which the second goes on with a tile of the first.
        const split = [
          { ...given, rows: 7 },
          { ...given, at: first + 7, first: first + 7, rows: held - 7 },
        ].map((run, i) =>
          run.inverses === null ? run : { ...run, inverses: { ...run.inverses, at: run.inverses.at + 7 * i } },
        );
        const commands = [
          ...(one.kind === 'shares' ? [shares(bench.recorder, given)] : []),
          keysOf(bench.recorder, given, { buffer: keys, at: 5 }),
          ...(summed ? [rowSums(bench.recorder, given, { buffer: along, at: 1 })] : []),
          ...(summed
            ? split.map((run) => columnSums(bench.recorder, run, { buffer: down, at: 1, tileRows, tileFirst }))
            : []),
        ];
        const [k, a, d] = await bench.run(commands, { rows: 1 }, [
          [keys, 5 + held * columns],
          [along, held + 1],
          [down, tiles * columns + 1],
        ]);
        const label = `${format} ${columns} ${one.kind}`;
        assert.equal(new Uint32Array(k!).slice(5), keysTwin(matrix, one).slice(first * columns), `keys ${label}`);
        if (summed) {
          const values = sumsTwin.values(matrix, one);
          const sums = sumsTwin.rowSums(values, rows, columns).slice(first);
          assert.equal(new Float32Array(a!).slice(1), Float32Array.from(sums), `row sums ${label}`);
          const columnwise = Array.from({ length: tiles }, (_, tile) => {
            const from = Math.max(first, tile * tileRows); // the first tile lacks the rows before `first`
            const to = Math.min(rows, (tile + 1) * tileRows);
            return sumsTwin.columnSums(values, from, to - from, columns);
          });
          // The kernel takes a tile that starts before its rows as begun: y holds 0.
          assert.equal(new Float32Array(d!).slice(1), Float32Array.from(columnwise.flat()), `column sums ${label}`);
        }
        bench.clear();
      }
    }
  }
});

test('shares are rounded to nearest: sums from 2^-126 to 2^127', async () => {
  const values = [
    2 ** -126,
    1.5 * 2 ** -126,
    1e-20,
    1 / 3,
    1,
    1 + 2 ** -23,
    2 - 2 ** -23,
    3,
    1e20,
    2 ** 125,
    1.9 * 2 ** 125,
    2 ** 126,
    2 ** 127,
  ];
  const w = [...values, ...random(4, 500).map(Math.abs)].map(Math.fround);
  const matrix = { name: 'b', rows: w.length, columns: 1, w };
  const one: Score = { kind: 'shares', by: Float32Array.of(1), against: Float32Array.of(0) };
  const given = rowsOf(matrix, 'f32', one, 0);
  const { buffer, at } = given.inverses!;
  const [found] = await bench.run([shares(bench.recorder, given)], { rows: 1 }, [[buffer, 2 * (at + w.length)]]);
  const expected = w.flatMap((x) => [x >= 2 ** 126 ? 0 : Math.fround(1 / x), 0]);
  assert.equal(new Float32Array(found!).slice(2 * at), Float32Array.from(expected));
  assert.equal(sharesTwin(matrix, one.by, one.against), Float32Array.from(expected));
});

/** Keys with heavy ties, of a handful of levels with and without the high bit. */
function tied(seed: number, count: number): Uint32Array {
  const levels = [0, 0, 1, 2, 0x3f800000, 0x3f800001, 0x7fffffff, 0x80000000, 0xbf800000, 0xffffffff];
  return Uint32Array.from(random(seed, count), (x) => levels[Math.floor(Math.abs(x) * 1e6) % levels.length]!);
}

function packed(flags: Uint8Array, rows: number, columns: number): Uint32Array {
  const perRow = Math.ceil(columns / 32);
  const words = new Uint32Array(rows * perRow);
  flags.forEach((flag, i) => {
    words[Math.floor(i / columns) * perRow + ((i % columns) >> 5)]! |= (flag << ((i % columns) & 31)) >>> 0;
  });
  return words;
}

/** Keep flags by a stable sort, group by group. */
function sorted(keys: Uint32Array, columns: number, size: number, keepOf: (n: number) => number): Uint8Array {
  const out = new Uint8Array(keys.length);
  for (let row = 0; row < keys.length; row += columns) {
    for (let at = 0; at < columns; at += size) {
      const n = Math.min(size, columns - at);
      out.set(kept(keys.subarray(row + at, row + at + n), keepOf(n)), row + at);
    }
  }
  return out;
}

test('200 rows with heavy ties are kept as by a stable sort, at every share and size of group', async () => {
  for (const columns of COLUMNS) {
    for (const size of [columns, 128, 10, 4, 8].filter((one) => one <= columns)) {
      for (const share of [0, 0.1, 0.5, 0.9, 1]) {
        const rows = 200;
        const values = tied(columns + size, rows * columns);
        const keepOf = (n: number): number => Math.floor(share * n);
        const own = 0x80000000;
        const perRow = Math.ceil(columns / 32);
        const keys: Keys = { label: 'ties', buffer: bench.words([9, ...values]), at: 1, rows, columns };
        const y = bench.words(new Uint32Array(2 + rows * perRow + rows).fill(0xdddddddd));
        const to = { y, wordAt: 2, tailAt: 2 + rows * perRow, own };
        const how = { size, keep: keepOf(size), keepLast: keepOf(columns % size) };
        const [found] = await bench.run([select(bench.recorder, keys, { ...to, ...how })], { rows: 1 }, [
          [y, 2 + rows * perRow + rows],
        ]);
        const words = new Uint32Array(found!);
        const flags = sorted(values, columns, size, keepOf);
        const label = `${columns} columns in ${size}, ${share}`;
        assert.equal(words.slice(2, 2 + rows * perRow), packed(flags, rows, columns), label);
        const tails = Array.from({ length: rows }, (_, row) => {
          const at = row * columns;
          return values.subarray(at, at + columns).reduce((n, key, j) => n + (flags[at + j]! && key < own ? 1 : 0), 0);
        });
        assert.equal([...words.slice(2 + rows * perRow)], tails, `tails, ${label}`);
        bench.clear();
      }
    }
  }
});

test('counts of digits below a prefix, and the sweep with a given least key', async () => {
  const [rows, columns] = [70, 33];
  const values = tied(5, rows * columns);
  const keys: Keys = { label: 'ties', buffer: bench.words(values), at: 0, rows, columns };
  const prefixes = bench.words([0xfe << 2, 22, 0, 30, 0x3f8 << 2, 18]);
  for (const [scope, base, shift] of [
    [1, 0, 30],
    [2, 0x3f8 << 2, 18],
  ] as const) {
    const y = bench.words(new Uint32Array(4 * rows + 4));
    const [found] = await bench.run([counts(bench.recorder, keys, { prefixes, scope, y, at: 1 })], { rows: 1 }, [
      [y, 4 * rows + 4],
    ]);
    assert.equal(new Uint32Array(found!).slice(4), countsTwin(values, columns, base, shift), `scope ${scope}`);
  }
  const least = 0x3f800000;
  const skips = Array.from({ length: rows }, (_, row) => row % 4);
  const found = bench.words([0, 0, ...skips.flatMap((skip) => [least, skip])]);
  const y = bench.words(new Uint32Array(3 * rows));
  const [words] = await bench.run(
    [sweep(bench.recorder, keys, { y, wordAt: 0, tailAt: 2 * rows, own: 0, found, at: 1 })],
    { rows: 1 },
    [[y, 2 * rows]],
  );
  const flags = Uint8Array.from(values, (key) => (key > least ? 1 : 0));
  for (let row = 0; row < rows; row++) {
    let skip = skips[row]!;
    for (let at = row * columns; at < (row + 1) * columns; at++) if (values[at] === least && skip-- <= 0) flags[at] = 1;
  }
  assert.equal(new Uint32Array(words!), packed(flags, rows, columns));
});

test.run();
