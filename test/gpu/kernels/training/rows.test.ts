// The backward pass of norms, activations and the head against their f64 twins, over odd shapes.

import { headBlocks, scoreHead } from '../../../../gpu/kernels/head.ts';
import { activationBack } from '../../../../gpu/kernels/training/activation.ts';
import { normBack } from '../../../../gpu/kernels/training/norm.ts';
import { softmaxBack } from '../../../../gpu/kernels/training/softmax.ts';
import { matmul as matmulTwin } from '../../../../gpu/reference/matmul.ts';
import {
  activationBack as activationTwin,
  gatedBack as gatedTwin,
} from '../../../../gpu/reference/training/activation.ts';
import { layerNormBack, rmsNormBack } from '../../../../gpu/reference/training/norm.ts';
import { softmaxBack as softmaxTwin } from '../../../../gpu/reference/training/softmax.ts';
import { type Bench, close, openBench, random } from '../../../support/kernel.ts';
import { suite } from '../../../support/suite.ts';

const LIMIT = { sum: 1e-10 } as const;
const ODD = [1, 3, 63, 64, 65, 257];
const NONE = 0xffffffff;

const test = suite('training rows kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);
const floats = (bytes: ArrayBuffer | undefined): Float32Array => new Float32Array(bytes!);

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
      const commands = [
        normBack(bench.recorder, { ...io, from: null, dx: added }, { ...shape, add: true }),
        normBack(bench.recorder, { ...io, from: bench.words(places), dx: scattered }, { ...shape, add: false }),
      ];
      const [sum, spread] = await bench.run(commands, { rows }, [
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
      const commands = [
        activationBack(
          bench.recorder,
          { s: bench.floats(own), dy: bench.floats(dy), ds: gated },
          { width, activation: kind, gated: true },
        ),
        activationBack(
          bench.recorder,
          { s: bench.floats(half(false)), dy: bench.floats(dy), ds: plain },
          { width, activation: kind, gated: false },
        ),
      ];
      const [both, one] = await bench.run(commands, { rows }, [
        [gated, 2 * rows * width],
        [plain, rows * width],
      ]);
      const { dGate, dUp } = gatedTwin(half(false), half(true), dy, kind);
      const joined = Float64Array.from(own, (_, i) => {
        const column = i % (2 * width);
        const at = Math.floor(i / (2 * width)) * width + (column % width);
        return column < width ? dGate[at]! : dUp[at]!;
      });
      close(`${kind} gated`, floats(both), joined, LIMIT.sum);
      close(`${kind} alone`, floats(one), activationTwin(half(false), dy, kind), LIMIT.sum);
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
    const commands = [
      scoreHead(bench.recorder, head, matrix),
      firsts.map((first, i) =>
        softmaxBack(
          bench.recorder,
          { ...io, weights: bench.floats(weights), bias: matrix.bias, y: held[i]! },
          { columns, first, vocab },
        ),
      ),
    ];
    const read = held.map((buffer) => [buffer, rows * columns] as [GPUBuffer, number]);
    const found = await bench.run(commands, { rows, scored: rows }, read);
    const whole = biased ? logits.map((value, i) => value + bias![i % vocab]!) : logits;
    const expected = softmaxTwin(whole, targets, weights, vocab);
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

test.run();
