// What the gradients of low-rank updates and their steps are made of, against f64 twins, over odd shapes.

import * as assert from 'uvu/assert';
import { matmul } from '../../../../gpu/kernels/matmul.ts';
import { adamw, hyperOf } from '../../../../gpu/kernels/training/adamw.ts';
import { dropout } from '../../../../gpu/kernels/training/dropout.ts';
import { outer } from '../../../../gpu/kernels/training/outer.ts';
import { SQUARES_RUN, squareSums, squares } from '../../../../gpu/kernels/training/squares.ts';
import { transpose } from '../../../../gpu/kernels/training/transpose.ts';
import { matmulBack } from '../../../../gpu/reference/network/low-rank.ts';
import { adamw as adamwTwin } from '../../../../gpu/reference/training/adamw.ts';
import { dropout as dropoutTwin } from '../../../../gpu/reference/training/dropout.ts';
import { outer as outerTwin } from '../../../../gpu/reference/training/outer.ts';
import { squares as squaresTwin } from '../../../../gpu/reference/training/squares.ts';
import { transpose as transposeTwin } from '../../../../gpu/reference/training/transpose.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../../support/kernel.ts';
import { suite } from '../../../support/suite.ts';

/** Elementwise steps err by rounding alone; sums and exponentials by more. */
const LIMIT = { element: 1e-12, sum: 1e-10 } as const;
const NONE = 0xffffffff;

const test = suite('training updates kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);
const floats = (bytes: ArrayBuffer | undefined): Float32Array => new Float32Array(bytes!);

test('transpose: every format, whole and a part with zeros after it; a product with it is that with the columns', async () => {
  for (const format of FORMATS) {
    for (const [rows, columns] of [
      [1, 1],
      [3, 64],
      [65, 63],
      [64, 12],
      [257, 20],
    ] as const) {
      const values = rounded(random(rows, rows * columns), format);
      const w = bench.matrix(values, rows, columns, format);
      const y = out(rows * columns);
      const from = Math.floor(rows / 3);
      const count = rows - from - (rows > 2 ? 1 : 0);
      const width = count + 5;
      const part = out(columns * width);
      const commands = [
        transpose(bench.recorder, { w, y }),
        transpose(bench.recorder, { w, y: part }, { chunk: 0, from, count, width }),
      ];
      const [whole, some] = await bench.run(commands, { rows: 1 }, [
        [y, rows * columns],
        [part, columns * width],
      ]);
      close(`${format} ${rows}`, floats(whole), transposeTwin(values, rows), 0);
      const padded = new Float64Array(width * columns);
      padded.set(values.subarray(from * columns, (from + count) * columns));
      close(`${format} ${rows} part`, floats(some), transposeTwin(padded, width), 0);
      bench.clear();
    }
  }
});

test('a gradient goes back through a matrix by its transpose, in chunks or whole', async () => {
  const [m, n, k] = [33, 192, 65];
  const dy = random(1, m * n);
  const w = random(2, n * k);
  const matrix = bench.matrix(w, n, k, 'f32');
  for (const held of [matrix, bench.split(matrix, w, 1, 64 * k * 4)]) {
    const [transposed, dx] = [out(n * k), out(m * k)];
    const across = { label: 'w', rows: k, columns: n, bias: null };
    const commands = [
      transpose(bench.recorder, { w: held, y: transposed }),
      matmul(bench.recorder, {
        x: bench.floats(dy),
        w: { ...across, chunks: [{ first: 0, rows: k, buffer: transposed, format: 'f32' }] },
        y: dx,
      }),
    ];
    const [bytes] = await bench.run(commands, { rows: m }, [[dx, m * k]]);
    close(`${held.chunks.length} chunks`, floats(bytes), matmulBack(dy, w, k), LIMIT.sum);
  }
});

test('outer products are added up, whole or only in the blocks of their rows', async () => {
  for (const [rows, n, k] of [
    [1, 1, 1],
    [17, 3, 5],
    [65, 8, 64],
    [257, 24, 63],
    [40, 64, 12],
  ] as const) {
    const [l, r, before] = [random(1, rows * n), random(2, rows * k), random(3, n * k)];
    const y = bench.floats(before);
    const io = { label: 'outer', l: bench.floats(l), r: bench.floats(r), y };
    const command = outer(
      bench.recorder,
      { ...io, owner: null },
      { rows: n, columns: k, width: k, unit: n, scale: 0.5 },
    );
    const [bytes] = await bench.run([command], { rows }, [[y, n * k]]);
    const expected = outerTwin(l, r, rows, 0.5).map((value, i) => value + before[i]!);
    close(`${rows} ${n} ${k}`, floats(bytes), expected, LIMIT.sum);
    bench.clear();
  }
  for (const [unit, rank, heights] of [
    [4, 4, [8, 4, 12]],
    [1, 3, [5, 2, 6]],
  ] as const) {
    const rows = 33;
    const n = heights.reduce((sum, height) => sum + height, 0);
    const width = 2 * rank;
    const owner = [
      ...new Array<number>(heights[0]).fill(0),
      ...new Array<number>(heights[1]).fill(NONE),
      ...new Array<number>(heights[2]).fill(rank),
    ];
    const [l, r] = [random(1, rows * n), random(2, rows * width)];
    const y = bench.floats(new Array<number>(n * width).fill(0));
    const io = { label: 'outer', l: bench.floats(l), r: bench.floats(r), owner: bench.words(owner), y };
    const command = outer(bench.recorder, io, { rows: n, columns: rank, width, unit, scale: 2 });
    const [bytes] = await bench.run([command], { rows }, [[y, n * width]]);
    const expected = outerTwin(l, r, rows, 2).map((value, i) => {
      const first = owner[Math.floor(i / width)]!;
      const column = i % width;
      return column >= first && column < first + rank ? value : 0;
    });
    close(`blocks of ${rank}`, floats(bytes), expected, LIMIT.sum);
  }
});

test('dropout leaves out what its twin does, about as much as it should, and other places leave out others', async () => {
  const [rows, width, share] = [65, 63, 0.3];
  const x = random(1, rows * width);
  const [first, other] = [out(rows * width), bench.floats(x)];
  const key = bench.words([12345]);
  const io = { x: bench.floats(x), key };
  const commands = [
    dropout(bench.recorder, { ...io, y: first }, { width, place: 3, share, add: false }),
    dropout(bench.recorder, { ...io, y: other }, { width, place: 4, share, add: true }),
  ];
  const [found, added] = await bench.run(commands, { rows }, [
    [first, rows * width],
    [other, rows * width],
  ]);
  const expected = dropoutTwin(x, 12345, 3, share);
  close('place 3', floats(found), expected, LIMIT.element);
  const second = dropoutTwin(x, 12345, 4, share);
  close(
    'place 4, added',
    floats(added),
    second.map((value, i) => value + x[i]!),
    LIMIT.element,
  );
  const left = (values: Float64Array) => values.filter((value) => value === 0).length / values.length;
  assert.ok(Math.abs(left(expected) - share) < 0.03, `${left(expected)}`);
  assert.ok(expected.some((value, i) => (value === 0) !== (second[i] === 0)));
});

test('sums of squares, and a step of AdamW with its transpose', async () => {
  const [rows, columns, scale] = [65, 3, 2];
  const count = rows * columns;
  const [p, gradient, first, second] = [1, 2, 3, 4].map((seed) => random(seed, count));
  const squared = second!.map((value) => value * value);
  const hyper = { rate: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.1, step: 3 };
  const buffers = { p: bench.floats(p!), first: bench.floats(first!), second: bench.floats(squared) };
  const [transposed, applied] = [out(count), out(count)];
  const io = {
    ...buffers,
    hyper: bench.floats(hyperOf({ ...hyper, clip: 0.5 })),
    gradient: bench.floats(gradient!),
    transposed,
    applied,
  };
  const many = random(9, 10_001);
  const sums = out(squareSums(many.length));
  const commands = [
    squares(bench.recorder, { x: bench.floats(many), y: sums }, many.length),
    adamw(bench.recorder, io, { rows, columns, scale }),
  ];
  const read: [GPUBuffer, number][] = [
    [buffers.p, count],
    [buffers.first, count],
    [buffers.second, count],
    [transposed, count],
    [applied, count],
    [sums, squareSums(many.length)],
  ];
  const [moved, m, v, across, up, partial] = await bench.run(commands, { rows }, read);
  const clipped = gradient!.map((value) => 0.5 * value);
  const expected = adamwTwin(p!, clipped, { first: first!, second: squared }, hyper);
  close('p', floats(moved), expected.parameter, LIMIT.element);
  close('first', floats(m), expected.state.first, LIMIT.element);
  close('second', floats(v), expected.state.second, LIMIT.element);
  const scaled = floats(moved).map((value) => scale * value);
  assert.equal(floats(up), scaled);
  close('transpose', floats(across), transposeTwin(scaled, rows), 0);
  close('squares', floats(partial), squaresTwin(many, SQUARES_RUN), LIMIT.sum);
});

test.run();
