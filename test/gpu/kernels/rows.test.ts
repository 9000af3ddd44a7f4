// The kernels that treat rows one by one (embed, norms, rope) against their f64 twins, over odd shapes.

import * as assert from 'uvu/assert';
import { embed } from '../../../gpu/kernels/embed.ts';
import { norm } from '../../../gpu/kernels/norm.ts';
import { rope } from '../../../gpu/kernels/rope.ts';
import { embed as embedTwin } from '../../../gpu/reference/embed.ts';
import { gatherRows } from '../../../gpu/reference/network/gather-rows.ts';
import { layernorm, rmsnorm } from '../../../gpu/reference/norm.ts';
import { rope as ropeTwin, splitHeads } from '../../../gpu/reference/rope.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** Elementwise steps err by rounding alone, norms by their sums too. */
const LIMIT = { element: 1e-12, norm: 1e-10 } as const;
const ODD = [1, 3, 63, 64, 65, 257];

const test = suite('rows kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);

test('embed reads rows in every format, and adds learned positions', async () => {
  for (const format of FORMATS) {
    for (const width of ODD) {
      const table = rounded(random(1, 11 * width), format);
      const learned = random(2, 5 * width);
      const tokens = [10, 0, 3, 10];
      const positions = [0, 4, 1, 2];
      const x = out(4 * width);
      const io = { tokens: bench.words(tokens), positions: bench.words(positions), x };
      const matrix = bench.matrix(table, 11, width, format);
      for (const add of [null, learned]) {
        const command = embed(bench.recorder, { ...io, table: matrix, learned: add && bench.floats(add) });
        const [bytes] = await bench.run([command], { rows: 4 }, [[x, 4 * width]]);
        close(
          `${format} ${width}`,
          new Float32Array(bytes!),
          embedTwin(tokens, positions, table, add, width),
          LIMIT.element,
        );
      }
    }
  }
});

test('more rows than a grid has groups are wrapped, or refused by the name of the kernel', async () => {
  const rows = 70_001;
  const width = 63;
  const table = random(5, 7 * width);
  const tokens = Array.from({ length: rows }, (_, t) => (t * 5) % 7);
  const x = out(rows * width);
  const io = { tokens: bench.words(tokens), positions: bench.words([0]), learned: null, x };
  const command = embed(bench.recorder, { ...io, table: bench.matrix(table, 7, width, 'f32') });
  const [bytes] = await bench.run([command], { rows }, [[x, rows * width]]);
  close('embed', new Float32Array(bytes!), gatherRows(table, tokens, width), LIMIT.element);
  const weight = bench.floats([1]);
  const wrapped = norm(
    bench.recorder,
    { label: 'norm1', x, weight, bias: null, from: null, y: x },
    { width: 1, eps: 1, over: 'rows' },
  );
  try {
    await bench.run([wrapped], { rows: 2 ** 21 }, []);
    assert.unreachable();
  } catch (error) {
    const { code, message } = error as { code: string; message: string };
    assert.is(code, 'gpu-limit');
    assert.match(message, /norm1 needs 131072 x 1 workgroups, and this device runs 65535/);
  }
});

test('norms: RMS and layer, of every row and of gathered rows', async () => {
  for (const width of ODD) {
    for (const rows of [1, 17, 65]) {
      const x = random(rows * width, rows * width, 3);
      const weight = random(3, width);
      const bias = random(4, width);
      const chosen = Array.from({ length: 9 }, (_, i) => (i * 7) % rows);
      const y = out(Math.max(rows, 9) * width);
      const io = { label: 'norm', x: bench.floats(x), weight: bench.floats(weight), y };
      const shape = { width, eps: 1e-5, over: 'rows' } as const;
      const cases = [
        [norm(bench.recorder, { ...io, bias: null, from: null }, shape), rmsnorm(x, weight, 1e-5)],
        [
          norm(bench.recorder, { ...io, bias: bench.floats(bias), from: null }, shape),
          layernorm(x, weight, bias, 1e-5),
        ],
      ] as const;
      for (const [command, expected] of cases) {
        const [bytes] = await bench.run([command], { rows }, [[y, rows * width]]);
        close(`${rows} x ${width}`, new Float32Array(bytes!), expected, LIMIT.norm);
      }
      const from = bench.words(chosen);
      const command = norm(bench.recorder, { ...io, bias: null, from }, { ...shape, over: 'scored' });
      const [bytes] = await bench.run([command], { rows: 1, scored: 9 }, [[y, 9 * width]]);
      close(
        `gathered ${width}`,
        new Float32Array(bytes!),
        rmsnorm(gatherRows(x, chosen, width), weight, 1e-5),
        LIMIT.norm,
      );
      const later = out(Math.max(rows, 9) * width + 5 * width);
      const moved = norm(bench.recorder, { ...io, bias: null, from, y: later }, { ...shape, over: 'scored', at: 5 });
      const [all] = await bench.run([moved], { rows: 1, scored: 9 }, [[later, 14 * width]]);
      assert.equal(all!.slice(20 * width), bytes, 'from row 5 of y on');
      assert.equal(new Float32Array(all!, 0, 5 * width), new Float32Array(5 * width), 'nothing before it');
    }
  }
});

test('rope splits, norms, rotates and fills the cache rows', async () => {
  for (const [heads, kvHeads, headSize, dims, byHead, normed] of [
    [4, 2, 8, 8, false, false],
    [3, 1, 12, 4, false, true],
    [2, 2, 6, 0, false, false],
    [4, 4, 64, 64, false, true],
    [3, 3, 16, 4, true, false],
    [1, 1, 5, 2, true, true],
  ] as const) {
    const rows = 33;
    const positions = Array.from({ length: rows }, (_, t) => (t * 5) % 40);
    const cacheRows = Array.from({ length: rows }, (_, t) => (t * 7) % rows);
    const qkv = random(12, rows * (heads + 2 * kvHeads) * headSize);
    const norms = normed ? random(13, 2 * headSize) : null;
    const eps = 1e-5;
    const pairs = dims / 2;
    const angle = (i: number): number => Math.floor(i / pairs) * 0.37 ** (i % pairs);
    const table = {
      cos: Float64Array.from(Float32Array.from({ length: 40 * pairs }, (_, i) => Math.cos(angle(i)))),
      sin: Float64Array.from(Float32Array.from({ length: 40 * pairs }, (_, i) => Math.sin(angle(i)))),
    };
    const rotations = bench.floats(
      Array.from({ length: 80 * pairs }, (_, i) => (i % 2 ? table.sin : table.cos)[i >> 1]!),
    );
    const sizes = [heads, kvHeads, kvHeads].map((n) => rows * n * headSize);
    const [q, k, v] = sizes.map(out) as [GPUBuffer, GPUBuffer, GPUBuffer];
    const io = {
      qkv: bench.floats(qkv),
      rotations,
      norms: norms && bench.floats(norms),
      positions: bench.words(positions),
      cacheRows: bench.words(cacheRows),
      q,
      k,
      v,
    };
    const command = rope(bench.recorder, io, { heads, kvHeads, headSize, pairs, byHead, eps });
    const found = await bench.run(
      [command],
      { rows },
      [q, k, v].map((buffer, i) => [buffer, sizes[i]!] as const),
    );
    const parts = splitHeads(qkv, { heads, kvHeads, headSize, qkvByHead: byHead });
    const placed = (values: Float64Array): Float64Array => {
      const to = new Float64Array(values.length);
      const size = values.length / rows;
      for (const [t, row] of cacheRows.entries()) to.set(values.subarray(t * size, (t + 1) * size), row * size);
      return to;
    };
    const rotated = (at: 0 | 1, count: number): Float64Array => {
      const weight = norms?.subarray(at * headSize, (at + 1) * headSize);
      const values = weight ? rmsnorm(parts[at], weight, eps) : parts[at];
      return ropeTwin(values, positions, table, { heads: count, headSize, dims });
    };
    const limit = normed ? LIMIT.norm : LIMIT.element;
    const scaled = rotated(0, heads).map((value) => value / Math.sqrt(headSize));
    close('q', new Float32Array(found[0]!), scaled, limit);
    close('k', new Float32Array(found[1]!), placed(rotated(1, kvHeads)), limit);
    close('v', new Float32Array(found[2]!), placed(parts[2]), LIMIT.element);
  }
});

test.run();
