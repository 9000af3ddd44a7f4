// The kernels of the backward pass and of the optimiser against their f64 twins, over odd shapes.

import * as assert from 'uvu/assert';
import * as back from '../../../gpu/kernels/back/index.ts';
import { attention, headBlocks, matmul, scoreHead } from '../../../gpu/kernels/index.ts';
import { ropeTables } from '../../../gpu/model/rope.ts';
import { activationBack, gatedBack } from '../../../gpu/reference/back/activation.ts';
import { adamw } from '../../../gpu/reference/back/adamw.ts';
import { attentionBack } from '../../../gpu/reference/back/attention.ts';
import { dropout } from '../../../gpu/reference/back/dropout.ts';
import { softmaxBack } from '../../../gpu/reference/back/head.ts';
import { matmulBack, outer } from '../../../gpu/reference/back/lora.ts';
import { layerNormBack, rmsNormBack } from '../../../gpu/reference/back/norms.ts';
import { headsBack, joinHeads } from '../../../gpu/reference/back/rope.ts';
import { transpose } from '../../../gpu/reference/back/transpose.ts';
import { matmul as matmulTwin } from '../../../gpu/reference/matmul.ts';
import { splitHeads } from '../../../gpu/reference/split.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** Elementwise steps err by rounding alone; sums and exponentials by more. */
const LIMIT = { element: 1e-12, sum: 1e-10 } as const;
const ODD = [1, 3, 63, 64, 65, 257];
const NONE = 0xffffffff;

const test = suite('back kernels', { timeoutMs: 240_000 });
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);
const floats = (bytes: ArrayBuffer | undefined): Float32Array => new Float32Array(bytes!);
/** Sequences of these lengths, packed one after the other. */
const packed = (lengths: readonly number[]) => ({
  rows: lengths.reduce((sum, length) => sum + length, 0),
  positions: lengths.flatMap((length) => Array.from({ length }, (_, i) => i)),
  path: lengths.flatMap((length, k) =>
    new Array<number>(length).fill(lengths.slice(0, k).reduce((sum, before) => sum + before, 0)),
  ),
});

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
      const nodes = [
        back.transpose(bench.recorder, { w, y }),
        back.transpose(bench.recorder, { w, y: part }, { chunk: 0, from, count, width }),
      ];
      const [whole, some] = await bench.run(nodes, { rows: 1 }, [
        [y, rows * columns],
        [part, columns * width],
      ]);
      close(`${format} ${rows}`, floats(whole), transpose(values, rows), 0);
      const padded = new Float64Array(width * columns);
      padded.set(values.subarray(from * columns, (from + count) * columns));
      close(`${format} ${rows} part`, floats(some), transpose(padded, width), 0);
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
    const [turned, dx] = [out(n * k), out(m * k)];
    const across = { label: 'w', rows: k, columns: n, format: 'f32' as const, bias: null };
    const nodes = [
      back.transpose(bench.recorder, { w: held, y: turned }),
      matmul(bench.recorder, {
        x: bench.floats(dy),
        w: { ...across, chunks: [{ first: 0, rows: k, buffer: turned }] },
        y: dx,
      }),
    ];
    const [bytes] = await bench.run(nodes, { rows: m }, [[dx, m * k]]);
    close(`${held.chunks.length} chunks`, floats(bytes), matmulBack(dy, w, k), LIMIT.sum);
  }
});

test('attention: queries, keys and values of packed sequences, grouped heads and windows', async () => {
  for (const [heads, kvHeads, headSize, window, lengths] of [
    [1, 1, 4, 0, [1]],
    [4, 2, 8, 0, [3, 1, 65]],
    [6, 2, 12, 16, [40, 7]],
    [5, 1, 7, 3, [9, 9]],
    [2, 2, 64, 0, [63, 64]],
  ] as const) {
    const { rows, positions, path } = packed(lengths);
    const [q, dy] = [random(1, rows * heads * headSize), random(2, rows * heads * headSize)];
    const [k, v] = [random(3, rows * kvHeads * headSize), random(4, rows * kvHeads * headSize)];
    const shape = { heads, kvHeads, headSize, window };
    const line = Array.from({ length: rows }, (_, i) => i);
    const expected = attentionBack(q, k, v, dy, { positions, path, rows: line }, shape);
    const scale = 1 / Math.sqrt(headSize);
    const [y, dq, dk, dv] = [q, q, k, v].map(({ length }) => out(length));
    const io = {
      q: bench.floats(q.map((value) => value * scale)),
      k: bench.floats(k),
      v: bench.floats(v),
      positions: bench.words(positions),
      y: y!,
    };
    const nodes = [
      attention(bench.recorder, { ...io, path: bench.words(path), rows: bench.words(line) }, shape),
      ...back.attentionBack(
        bench.recorder,
        { ...io, dy: bench.floats(dy), dq: dq!, dk: dk!, dv: dv!, sums: out(2 * rows * heads) },
        shape,
      ),
    ];
    const read: [GPUBuffer, number][] = [
      [dq!, q.length],
      [dk!, k.length],
      [dv!, v.length],
    ];
    const [queries, keys, values] = await bench.run(nodes, { rows }, read);
    const label = `${heads}/${kvHeads} heads of ${headSize}, window ${window}`;
    close(
      `${label}: dq`,
      floats(queries).map((value) => value * scale),
      expected.dq,
      LIMIT.sum,
    );
    close(`${label}: dk`, floats(keys), expected.dk, LIMIT.sum);
    close(`${label}: dv`, floats(values), expected.dv, LIMIT.sum);
    bench.clear();
  }
});

test('rope: turned back, through norms of heads, in both layouts of qkv', async () => {
  for (const [heads, kvHeads, headSize, dims, byHead, normed] of [
    [4, 2, 8, 8, false, false],
    [3, 3, 16, 4, true, false],
    [4, 1, 12, 12, false, true],
    [2, 2, 6, 0, false, false],
  ] as const) {
    const { rows, positions } = packed([5, 1, 63]);
    const units = heads + 2 * kvHeads;
    const shape = { heads, kvHeads, headSize, qkvByHead: byHead };
    const qkv = random(1, rows * units * headSize);
    const norms = random(2, 2 * headSize);
    const [dq, dk, dv] = [heads, kvHeads, kvHeads].map((count, i) => random(3 + i, rows * count * headSize));
    const tables = dims === 0 ? { cos: [], sin: [] } : ropeTables({ base: 10000, dims }, 128);
    const [q, k] = splitHeads(qkv, shape);
    const turn = dims === 0 ? null : { ...tables, dims };
    const steps = (of: Float64Array) => ({ norm: normed ? of : null, eps: 1e-5, turn });
    const expected = joinHeads(
      headsBack(q, dq!, positions, steps(norms.subarray(0, headSize)), { heads, headSize }),
      headsBack(k, dk!, positions, steps(norms.subarray(headSize)), { heads: kvHeads, headSize }),
      dv!,
      shape,
    );
    const scale = Math.sqrt(headSize);
    const pairs = dims / 2;
    const both = Array.from({ length: 2 * tables.cos.length }, (_, i) => tables[i % 2 === 0 ? 'cos' : 'sin'][i >> 1]!);
    const dx = out(qkv.length);
    const node = back.ropeBack(
      bench.recorder,
      {
        qkv: bench.floats(qkv),
        turn: bench.floats(dims === 0 ? [0, 0] : both),
        positions: bench.words(positions),
        norms: normed ? bench.floats(norms) : null,
        // The kernel takes the gradient of scaled queries.
        dq: bench.floats(dq!.map((value) => value * scale)),
        dk: bench.floats(dk!),
        dv: bench.floats(dv!),
        dx,
      },
      { heads, kvHeads, headSize, pairs, byHead, eps: 1e-5 },
    );
    const [bytes] = await bench.run([node], { rows }, [[dx, qkv.length]]);
    close(`${heads} heads of ${headSize}, ${dims} turn`, floats(bytes), expected, LIMIT.sum);
    bench.clear();
  }
});

test('norms: both kinds, added or scattered', async () => {
  for (const width of ODD.slice(1)) {
    for (const layer of [false, true]) {
      const rows = 5;
      const x = random(width, rows * width);
      const weight = random(2, width);
      const dy = random(3, rows * width);
      const before = random(4, rows * width);
      const io = { x: bench.floats(x), weight: bench.floats(weight), dy: bench.floats(dy) };
      const shape = { width, eps: 1e-5, layer };
      const twin = layer ? layerNormBack : rmsNormBack;
      const added = bench.floats(before);
      const scattered = bench.floats(before);
      const places = [2, NONE, 0, NONE, 1];
      const nodes = [
        back.normBack(bench.recorder, { ...io, from: null, dx: added }, { ...shape, add: true }),
        back.normBack(bench.recorder, { ...io, from: bench.words(places), dx: scattered }, { ...shape, add: false }),
      ];
      const [sum, spread] = await bench.run(nodes, { rows }, [
        [added, rows * width],
        [scattered, rows * width],
      ]);
      const expected = twin(x, weight, dy, { width, eps: 1e-5 });
      close(
        `${width} added`,
        floats(sum),
        expected.map((value, i) => value + before[i]!),
        LIMIT.sum,
      );
      const moved = Float64Array.from(dy, (_, i) => {
        const place = places[Math.floor(i / width)]!;
        return place === NONE ? 0 : dy[place * width + (i % width)]!;
      });
      close(`${width} scattered`, floats(spread), twin(x, weight, moved, { width, eps: 1e-5 }), LIMIT.sum);
      bench.clear();
    }
  }
});

test('activations: slopes over tails and zero, gated or not', async () => {
  for (const kind of ['silu', 'gelu', 'gelu-tanh'] as const) {
    for (const [rows, width] of [
      [1, 3],
      [65, 64],
      [3, 257],
    ] as const) {
      const special = [0, -0.5, 20, -20, 3, -3];
      const own = random(width, 2 * rows * width, 2).map((value, i) => special[i] ?? value);
      const dy = random(7, rows * width);
      const half = (second: boolean) =>
        Float64Array.from(dy, (_, i) => own[Math.floor(i / width) * 2 * width + (i % width) + (second ? width : 0)]!);
      const [gated, plain] = [out(2 * rows * width), out(rows * width)];
      const nodes = [
        back.gateBack(
          bench.recorder,
          { s: bench.floats(own), dy: bench.floats(dy), ds: gated },
          { width, activation: kind, gated: true },
        ),
        back.gateBack(
          bench.recorder,
          { s: bench.floats(half(false)), dy: bench.floats(dy), ds: plain },
          { width, activation: kind, gated: false },
        ),
      ];
      const [both, one] = await bench.run(nodes, { rows }, [
        [gated, 2 * rows * width],
        [plain, rows * width],
      ]);
      const { dGate, dUp } = gatedBack(half(false), half(true), dy, kind);
      const joined = Float64Array.from(own, (_, i) => {
        const column = i % (2 * width);
        const at = Math.floor(i / (2 * width)) * width + (column % width);
        return column < width ? dGate[at]! : dUp[at]!;
      });
      close(`${kind} gated`, floats(both), joined, LIMIT.sum);
      close(`${kind} alone`, floats(one), activationBack(half(false), dy, kind), LIMIT.sum);
      bench.clear();
    }
  }
});

test('the head: softmax less one at the target, by blocks, from the log-probabilities of the forward kernel', async () => {
  for (const [vocab, hidden, biased] of [
    [3, 8, false],
    [65, 12, true],
    [257, 16, false],
  ] as const) {
    const rows = 7;
    const x = random(1, rows * hidden);
    const w = random(2, vocab * hidden);
    const bias = biased ? random(3, vocab) : null;
    const targets = Array.from({ length: rows }, (_, p) => (p * 31) % vocab);
    const weights = random(5, rows);
    const matrix = bench.matrix(w, vocab, hidden, 'f32', bias ?? undefined);
    const blocks = headBlocks(vocab);
    const [part, best, logit, logprob, greedy] = [2 * rows * blocks, rows * blocks, rows, rows, rows].map(out);
    const io = { targets: bench.words(targets), logit: logit!, logprob: logprob! };
    const head = { ...io, x: bench.floats(x), part: part!, best: best!, greedy: greedy! };
    const columns = 40;
    const logits = matmulTwin(x, w, hidden);
    const firsts = Array.from({ length: Math.ceil(vocab / columns) }, (_, i) => i * columns);
    const held = firsts.map((first) =>
      bench.floats(
        Float64Array.from({ length: rows * columns }, (_, i) => {
          const token = first + (i % columns);
          return token < vocab ? logits[Math.floor(i / columns) * vocab + token]! : 9;
        }),
      ),
    );
    const nodes = [
      scoreHead(bench.recorder, head, matrix),
      firsts.map((first, i) =>
        back.softmaxBack(
          bench.recorder,
          { ...io, weights: bench.floats(weights), bias: matrix.bias, y: held[i]! },
          { columns, first, vocab },
        ),
      ),
    ];
    const read = held.map((buffer) => [buffer, rows * columns] as [GPUBuffer, number]);
    const found = await bench.run(nodes, { rows, scored: rows }, read);
    const whole = biased ? logits.map((value, i) => value + bias![i % vocab]!) : logits;
    const expected = softmaxBack(whole, targets, weights, vocab);
    found.forEach((bytes, i) => {
      const wanted = Float64Array.from({ length: rows * columns }, (_, at) => {
        const token = firsts[i]! + (at % columns);
        return token < vocab ? expected[Math.floor(at / columns) * vocab + token]! : 0;
      });
      close(`${vocab} from ${firsts[i]}`, floats(bytes), wanted, LIMIT.sum);
    });
    bench.clear();
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
    const node = back.outer(
      bench.recorder,
      { ...io, owner: null },
      { rows: n, columns: k, width: k, unit: n, scale: 0.5 },
    );
    const [bytes] = await bench.run([node], { rows }, [[y, n * k]]);
    const expected = outer(l, r, rows, 0.5).map((value, i) => value + before[i]!);
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
    const node = back.outer(bench.recorder, io, { rows: n, columns: rank, width, unit, scale: 2 });
    const [bytes] = await bench.run([node], { rows }, [[y, n * width]]);
    const expected = outer(l, r, rows, 2).map((value, i) => {
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
  const nodes = [
    back.dropout(bench.recorder, { ...io, y: first }, { width, place: 3, share, add: false }),
    back.dropout(bench.recorder, { ...io, y: other }, { width, place: 4, share, add: true }),
  ];
  const [found, added] = await bench.run(nodes, { rows }, [
    [first, rows * width],
    [other, rows * width],
  ]);
  const expected = dropout(x, 12345, 3, share);
  close('place 3', floats(found), expected, LIMIT.element);
  const second = dropout(x, 12345, 4, share);
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

test('copies, sums of squares, and a step of AdamW with its transpose', async () => {
  const [rows, columns, scale] = [65, 3, 2];
  const count = rows * columns;
  const [p, gradient, first, second] = [1, 2, 3, 4].map((seed) => random(seed, count));
  const squared = second!.map((value) => value * value);
  const hyper = { rate: 1e-2, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.1, step: 3 };
  const buffers = { p: bench.floats(p!), first: bench.floats(first!), second: bench.floats(squared) };
  const [turned, applied, copied] = [out(count), out(count), out(count)];
  const io = {
    ...buffers,
    hyper: bench.floats(back.hyperOf({ ...hyper, clip: 0.5 })),
    gradient: bench.floats(gradient!),
    turned,
    applied,
  };
  const many = random(9, 10_001);
  const sums = out(back.squareSums(many.length));
  const nodes = [
    back.copy(bench.recorder, { x: bench.floats(gradient!), y: copied }, columns),
    back.squares(bench.recorder, { x: bench.floats(many), y: sums }, many.length),
    back.adamw(bench.recorder, io, { rows, columns, scale }),
  ];
  const read: [GPUBuffer, number][] = [
    [buffers.p, count],
    [buffers.first, count],
    [buffers.second, count],
    [turned, count],
    [applied, count],
    [copied, count],
    [sums, back.squareSums(many.length)],
  ];
  const [moved, m, v, across, up, same, partial] = await bench.run(nodes, { rows }, read);
  const clipped = gradient!.map((value) => 0.5 * value);
  const expected = adamw(p!, clipped, { first: first!, second: squared }, hyper);
  close('p', floats(moved), expected.parameter, LIMIT.element);
  close('first', floats(m), expected.state.first, LIMIT.element);
  close('second', floats(v), expected.state.second, LIMIT.element);
  const scaled = floats(moved).map((value) => scale * value);
  assert.equal(floats(up), scaled);
  close('transpose', floats(across), transpose(scaled, rows), 0);
  close('copy', floats(same), gradient!, 0);
  const total = floats(partial).reduce((sum, value) => sum + value, 0);
  const wanted = many.reduce((sum, value) => sum + value * value, 0);
  assert.ok(Math.abs(total - wanted) < 1e-5 * wanted);
});

test.run();
