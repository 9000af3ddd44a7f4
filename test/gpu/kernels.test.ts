// Every kernel on the device against its f64 twin, over odd shapes and all weight formats.

import * as assert from 'uvu/assert';
import * as kernels from '../../gpu/kernels/index.ts';
import { TILES, tilesFor } from '../../gpu/kernels/tiles.ts';
import * as twin from '../../gpu/reference/activation.ts';
import { attention } from '../../gpu/reference/attention.ts';
import { embed } from '../../gpu/reference/embed.ts';
import { gated } from '../../gpu/reference/gated.ts';
import { gather } from '../../gpu/reference/gather.ts';
import { head } from '../../gpu/reference/head.ts';
import { layernorm } from '../../gpu/reference/layernorm.ts';
import { matmul } from '../../gpu/reference/matmul.ts';
import { rmsnorm } from '../../gpu/reference/rmsnorm.ts';
import { rope } from '../../gpu/reference/rope.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../support/kernel.ts';
import { suite } from '../support/suite.ts';

/** Of f32 sums against f64: elementwise steps err by rounding alone, sums and softmax by a little more. */
const LIMIT = { element: 1e-12, sum: 1e-10 } as const;
const ODD = [1, 3, 63, 64, 65, 257];

const test = suite('kernels', { timeoutMs: 240_000 });
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
        const node = kernels.embed(bench.recorder, { ...io, table: matrix, learned: add && bench.floats(add) });
        const [bytes] = await bench.run([node], { rows: 4 }, [[x, 4 * width]]);
        close(
          `${format} ${width}`,
          new Float32Array(bytes!),
          embed(tokens, positions, table, add, width),
          LIMIT.element,
        );
      }
    }
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
        [kernels.norm(bench.recorder, { ...io, bias: null, from: null }, shape), rmsnorm(x, weight, 1e-5)],
        [
          kernels.norm(bench.recorder, { ...io, bias: bench.floats(bias), from: null }, shape),
          layernorm(x, weight, bias, 1e-5),
        ],
      ] as const;
      for (const [node, expected] of cases) {
        const [bytes] = await bench.run([node], { rows }, [[y, rows * width]]);
        // A row of one element has no variance: what layer norm divides by is then all epsilon and rounding.
        close(`${rows} x ${width}`, new Float32Array(bytes!), expected, LIMIT.element * 100);
      }
      const from = bench.words(chosen);
      const node = kernels.norm(bench.recorder, { ...io, bias: null, from }, { ...shape, over: 'scored' });
      const [bytes] = await bench.run([node], { rows: 1, scored: 9 }, [[y, 9 * width]]);
      close(
        `gathered ${width}`,
        new Float32Array(bytes!),
        rmsnorm(gather(x, chosen, width), weight, 1e-5),
        LIMIT.element * 100,
      );
    }
  }
});

test('matmul over odd shapes and all formats, with bias and residual', async () => {
  for (const format of FORMATS) {
    for (const [m, k, n] of [
      [1, 64, 257],
      [3, 63, 65],
      [63, 65, 3],
      [64, 257, 64],
      [65, 1, 63],
      [257, 64, 1],
      [1, 3, 1],
      [33, 128, 257],
    ] as const) {
      const x = random(m, m * k);
      const w = rounded(random(n, n * k), format);
      const bias = random(5, n);
      const residual = random(6, m * n);
      const y = bench.floats(residual);
      const node = kernels.matmul(
        bench.recorder,
        { x: bench.floats(x), w: bench.matrix(w, n, k, format, bias), y },
        { residual: true },
      );
      const [bytes] = await bench.run([node], { rows: m }, [[y, m * n]]);
      close(`${format} ${m}x${k}x${n}`, new Float32Array(bytes!), matmul(x, w, k, { bias, residual }), LIMIT.sum);
    }
  }
});

test('matmul: every tile gives the same bits as the naive kernel', async () => {
  const [m, k, n] = [70, 64, 100];
  const tiles = [...new Set([...tilesFor(bench.gpu.name).matmul, ...TILES.swiftshader.matmul].map(({ tile }) => tile))];
  for (const format of FORMATS) {
    const x = bench.floats(random(7, m * k));
    const w = bench.matrix(random(8, n * k), n, k, format);
    const run = async (options: kernels.MatmulOptions): Promise<Uint32Array> => {
      const y = out(m * n);
      const node = kernels.matmul(bench.recorder, { x, w, y }, options);
      const [bytes] = await bench.run([node], { rows: m }, [[y, m * n]]);
      return new Uint32Array(bytes!);
    };
    const naive = await run({ tile: { rows: 1, columns: 1, lanes: 64 }, scalar: true });
    for (const tile of tiles) assert.equal(await run({ tile }), naive, `${format} ${JSON.stringify(tile)}`);
  }
});

test('activations and gated products', async () => {
  const [m, k, n] = [5, 64, 65];
  const x = random(9, m * k);
  for (const kind of ['silu', 'gelu', 'gelu-tanh'] as const) {
    // Spread so that the tails are reached: arguments up to about 30.
    const w = random(10, 2 * n * k, 1);
    const bias = random(11, 2 * n);
    const y = out(m * n);
    const one = bench.matrix(w.slice(0, n * k), n, k, 'f32', bias.slice(0, n));
    const two = bench.matrix(w, 2 * n, k, 'f32', bias);
    const io = { x: bench.floats(x), y };
    const single = kernels.matmul(bench.recorder, { ...io, w: one }, { activation: kind });
    const [plain] = await bench.run([single], { rows: m }, [[y, m * n]]);
    const gate = matmul(x, w.slice(0, n * k), k, { bias: bias.slice(0, n) });
    close(kind, new Float32Array(plain!), twin.activation(gate, kind), LIMIT.sum);
    const double = kernels.matmul(bench.recorder, { ...io, w: two }, { activation: kind, gated: true });
    const [product] = await bench.run([double], { rows: m }, [[y, m * n]]);
    const up = matmul(x, w.slice(n * k), k, { bias: bias.slice(n) });
    close(`gated ${kind}`, new Float32Array(product!), gated(gate, up, kind), LIMIT.sum);
  }
});

test('activations stay finite and exact in the tails', async () => {
  const x = Float64Array.from([-200, -30, -16, -4, -1.5, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 1.5, 2, 4, 16, 30, 200]);
  const w = bench.matrix(Float64Array.of(1), 1, 1, 'f32');
  for (const kind of ['silu', 'gelu', 'gelu-tanh'] as const) {
    const y = out(x.length);
    const node = kernels.matmul(bench.recorder, { x: bench.floats(x), w, y }, { activation: kind });
    const [bytes] = await bench.run([node], { rows: x.length }, [[y, x.length]]);
    const found = new Float32Array(bytes!);
    const expected = twin.activation(x, kind);
    found.forEach((value, i) => {
      const off = Math.abs(value - expected[i]!);
      assert.ok(off <= 5e-7 * Math.max(1, Math.abs(expected[i]!)), `${kind}(${x[i]}) = ${value}, not ${expected[i]}`);
    });
  }
});

test('rope splits, rotates and fills the cache rows', async () => {
  for (const [heads, kvHeads, headSize, dims] of [
    [4, 2, 8, 8],
    [3, 1, 12, 4],
    [2, 2, 6, 0],
    [4, 4, 64, 64],
  ] as const) {
    const rows = 33;
    const positions = Array.from({ length: rows }, (_, t) => (t * 5) % 40);
    const cacheRows = Array.from({ length: rows }, (_, t) => (t * 7) % rows);
    const qkv = random(12, rows * (heads + 2 * kvHeads) * headSize);
    const pairs = dims / 2;
    const angle = (i: number): number => Math.floor(i / pairs) * 0.37 ** (i % pairs);
    const table = {
      cos: Float64Array.from(Float32Array.from({ length: 40 * pairs }, (_, i) => Math.cos(angle(i)))),
      sin: Float64Array.from(Float32Array.from({ length: 40 * pairs }, (_, i) => Math.sin(angle(i)))),
    };
    const turn = bench.floats(Array.from({ length: 80 * pairs }, (_, i) => (i % 2 ? table.sin : table.cos)[i >> 1]!));
    const q = out(rows * heads * headSize);
    const k = out(rows * kvHeads * headSize);
    const v = out(rows * kvHeads * headSize);
    const io = {
      qkv: bench.floats(qkv),
      turn,
      positions: bench.words(positions),
      cacheRows: bench.words(cacheRows),
      q,
      k,
      v,
    };
    const node = kernels.rope(bench.recorder, io, { heads, kvHeads, headSize, pairs });
    const sizes = [heads, kvHeads, kvHeads].map((n) => rows * n * headSize);
    const found = await bench.run([node], { rows }, [
      [q, sizes[0]!],
      [k, sizes[1]!],
      [v, sizes[2]!],
    ]);
    const width = (heads + 2 * kvHeads) * headSize;
    const part = (from: number, count: number): Float64Array =>
      Float64Array.from({ length: rows * count * headSize }, (_, i) => {
        const t = Math.floor(i / (count * headSize));
        return qkv[t * width + from * headSize + (i % (count * headSize))]!;
      });
    const placed = (values: Float64Array): Float64Array => {
      const to = new Float64Array(values.length);
      const size = values.length / rows;
      cacheRows.forEach((row, t) => to.set(values.subarray(t * size, (t + 1) * size), row * size));
      return to;
    };
    const turned = (values: Float64Array, count: number): Float64Array =>
      rope(values, positions, table, { heads: count, headSize, dims });
    const scaled = turned(part(0, heads), heads).map((value) => value / Math.sqrt(headSize));
    close('q', new Float32Array(found[0]!), scaled, LIMIT.element);
    close('k', new Float32Array(found[1]!), placed(turned(part(heads, kvHeads), kvHeads)), LIMIT.element);
    close('v', new Float32Array(found[2]!), placed(part(heads + kvHeads, kvHeads)), LIMIT.element);
  }
});

test('attention over shared paths, groups, windows and head sizes', async () => {
  for (const [heads, kvHeads, headSize, window] of [
    [4, 2, 32, 0],
    [3, 1, 12, 0],
    [2, 2, 5, 0],
    [4, 1, 64, 7],
    [2, 2, 16, 1],
  ] as const) {
    // Two paths of 65 and 40 keys over the same rows, the second backwards: order comes from the table alone.
    const cache = 70;
    const rows = [...Array.from({ length: 65 }, (_, j) => j), ...Array.from({ length: 40 }, (_, j) => cache - 1 - j)];
    const positions = [0, 1, 2, 31, 32, 64, 0, 7, 39, 8, 15, 16, 17];
    const path = positions.map((_, t) => (t < 6 ? 0 : 65)).map((p, t) => (t >= 9 ? 0 : p));
    const q = random(13, positions.length * heads * headSize);
    const k = random(14, cache * kvHeads * headSize);
    const v = random(15, cache * kvHeads * headSize);
    const y = out(q.length);
    const scaled = q.map((value) => Math.fround(value / Math.sqrt(headSize)));
    const io = { q: bench.floats(scaled), k: bench.floats(k), v: bench.floats(v), y };
    const tables = { positions: bench.words(positions), path: bench.words(path), rows: bench.words(rows) };
    const node = kernels.attention(bench.recorder, { ...io, ...tables }, { heads, kvHeads, headSize, window });
    const [bytes] = await bench.run([node], { rows: positions.length }, [[y, q.length]]);
    const expected = attention(
      scaled.map((value) => value * Math.sqrt(headSize)),
      k,
      v,
      { positions, path, rows },
      { heads, kvHeads, headSize, window },
    );
    close(`${heads}/${kvHeads} x ${headSize}, window ${window}`, new Float32Array(bytes!), expected, LIMIT.sum);
  }
});

test('head: log-probabilities and argmax without the logits, in every format', async () => {
  for (const format of FORMATS) {
    for (const [p, k, vocab] of [
      [1, 64, 257],
      [9, 63, 65],
      [33, 32, 1000],
      [3, 5, 3],
    ] as const) {
      const x = random(16, p * k);
      const w = rounded(random(17, vocab * k), format);
      const bias = format === 'f32' ? random(18, vocab) : undefined;
      const targets = Array.from({ length: p }, (_, i) => (i * 131) % vocab);
      const logits = matmul(x, w, k, { bias: bias ?? null });
      // One target is the argmax, so that both flags occur.
      targets[0] = head(logits, targets, vocab).argmax[0]!;
      const blocks = kernels.headBlocks(vocab);
      const io = {
        x: bench.floats(x),
        targets: bench.words(targets),
        part: out(2 * p * blocks),
        best: out(p * blocks),
        logit: out(p),
        logprob: out(p),
        greedy: out(p),
      };
      const nodes = kernels.scoreHead(bench.recorder, io, bench.matrix(w, vocab, k, format, bias));
      const [logprob, greedy] = await bench.run(nodes, { rows: 1, scored: p }, [
        [io.logprob, p],
        [io.greedy, p],
      ]);
      const expected = head(logits, targets, vocab);
      close(`${format} ${p}x${k}x${vocab}`, new Float32Array(logprob!), expected.logprobs, LIMIT.sum);
      assert.equal(
        Array.from(new Uint32Array(greedy!)),
        targets.map((target, i) => Number(target === expected.argmax[i])),
      );
    }
  }
});

test('head: equal logits, the lower id is the argmax', async () => {
  const vocab = 200;
  const x = bench.floats([1]);
  const w = bench.matrix(new Float64Array(vocab).fill(0.5), vocab, 1, 'f32');
  for (const [target, expected] of [
    [0, 1],
    [64, 0],
    [199, 0],
  ] as const) {
    const io = {
      x,
      targets: bench.words([target]),
      part: out(8),
      best: out(4),
      logit: out(1),
      logprob: out(1),
      greedy: out(1),
    };
    const [logprob, greedy] = await bench.run(kernels.scoreHead(bench.recorder, io, w), { rows: 1, scored: 1 }, [
      [io.logprob, 1],
      [io.greedy, 1],
    ]);
    assert.is(new Uint32Array(greedy!)[0], expected);
    assert.ok(Math.abs(new Float32Array(logprob!)[0]! + Math.log(vocab)) < 1e-6);
  }
});

test.run();
