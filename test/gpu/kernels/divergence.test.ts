// Divergence of pairs of rows without logits against the f64 twin, in every format, over odd shapes and several chunks.

import * as assert from 'uvu/assert';
import { divergenceWords, headDivergence } from '../../../gpu/kernels/divergence.ts';
import { divergenceMerge as mergeKernel } from '../../../gpu/kernels/divergence-merge.ts';
import { headBlocks } from '../../../gpu/kernels/head.ts';
import { HEAD_BLOCK } from '../../../gpu/kernels/matmul-tiles.ts';
import type { DeviceMatrix } from '../../../gpu/kernels/matrix.ts';
import { divergence } from '../../../gpu/reference/divergence.ts';
import { divergenceMerge } from '../../../gpu/reference/divergence-merge.ts';
import { matmul } from '../../../gpu/reference/matmul.ts';
import { logSoftmax } from '../../../gpu/reference/network/log-softmax.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** NMSE of f32 sums against f64; docs/method.md#numerics. */
const LIMIT = 1e-10;
/** Of a divergence in nats: differences of logs that f32 holds to 1e-7 of their size, which is up to 20 here. */
const NATS = 5e-6;

const test = suite('divergence kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);

interface Shape {
  readonly p: number;
  readonly k: number;
  readonly vocab: number;
  readonly apart: number;
}

/** x: [2 apart, k] on the device -> its parts, gaps and logits, and [p, 3]. */
async function onDevice(x: Float64Array, w: DeviceMatrix, targets: readonly number[], { p, vocab, apart }: Shape) {
  const blocks = headBlocks(vocab);
  const io = {
    x: bench.floats(x),
    targets: bench.words(targets),
    part: out(4 * p * blocks),
    gap: out(p * blocks),
    logit: out(2 * p),
    divergence: out(3 * p),
  };
  const commands = headDivergence(bench.recorder, io, w, apart);
  const found = await bench.run(commands, { rows: 1, scored: p }, [
    [io.divergence, 3 * p],
    [io.part, 4 * p * blocks],
    [io.gap, p * blocks],
    [io.logit, 2 * p],
  ]);
  const [merged, part, gap, logit] = found.map((bytes) => new Float32Array(bytes));
  return { merged: merged!, part: part!, gap: gap!, logit: logit! };
}

const column = (rows: ArrayLike<number>, at: number, width: number): Float64Array =>
  Float64Array.from({ length: rows.length / width }, (_, p) => rows[p * width + at]!);

const SHAPES: readonly Shape[] = [
  { p: 1, k: 64, vocab: 257, apart: 1 },
  { p: 9, k: 63, vocab: 65, apart: 9 },
  { p: 33, k: 32, vocab: 1000, apart: 40 },
  { p: 3, k: 5, vocab: 3, apart: 64 },
  { p: 65, k: 3, vocab: 64, apart: 257 },
];

for (const format of FORMATS) {
  test(`${format}: blocks, divergence and both log-probabilities meet the twins over odd shapes`, async () => {
    for (const shape of SHAPES) {
      const { p, k, vocab, apart } = shape;
      for (const bias of format === 'f32' ? [undefined, random(18, vocab)] : [undefined]) {
        const label = `${format} ${p}x${k}x${vocab}${bias ? ' bias' : ''}`;
        const x = random(16, 2 * apart * k);
        const w = rounded(random(17, vocab * k), format);
        const targets = Array.from({ length: p }, (_, i) => (i * 131) % vocab);
        const logits = (from: number) => matmul(x.subarray(from * k, (from + p) * k), w, k, { bias: bias ?? null });
        const [z, y] = [logits(0), logits(apart)];
        const found = await onDevice(x, bench.matrix(w, vocab, k, format, bias), targets, shape);
        const blocks = divergence(z, y, targets, vocab, HEAD_BLOCK);
        close(`${label} parts`, found.part, blocks.part, LIMIT);
        close(`${label} gaps`, found.gap, blocks.gap, LIMIT);
        close(`${label} logits`, found.logit, blocks.logit, LIMIT);
        const expected = divergenceMerge(blocks);
        close(`${label} merged`, found.merged, expected, LIMIT);
        // By the definition, over the whole vocabulary at once.
        const [dense, variant] = [logSoftmax(z, vocab), logSoftmax(y, vocab)];
        for (let row = 0; row < p; row++) {
          let sum = 0;
          for (let v = row * vocab; v < (row + 1) * vocab; v++) sum += Math.exp(dense[v]!) * (dense[v]! - variant[v]!);
          assert.ok(Math.abs(sum - expected[3 * row]!) < 1e-10, `${label}: twin ${expected[3 * row]} for ${sum}`);
          const off = Math.abs(found.merged[3 * row]! - sum);
          assert.ok(off < NATS * Math.max(1, sum), `${label}, row ${row}: ${found.merged[3 * row]} for ${sum}`);
        }
        assert.ok(
          column(expected, 0, 3).some((value) => vocab === 3 || value > 0.5),
          `${label}: rows that differ`,
        );
      }
    }
  });
}

test('equal rows diverge by exactly 0, and a head in chunks gives the same bits', async () => {
  const [p, k, vocab] = [17, 36, 259];
  const dense = random(3, p * k);
  const w = random(4, vocab * k);
  const targets = Array.from({ length: p }, (_, i) => (i * 31) % vocab);
  const shape = { p, k, vocab, apart: p };
  const whole = bench.matrix(w, vocab, k, 'f32', random(5, vocab));
  const same = await onDevice(Float64Array.from([...dense, ...dense]), whole, targets, shape);
  assert.equal(column(same.merged, 0, 3), new Float64Array(p), 'KL(dense || dense)');
  assert.equal(column(same.merged, 1, 3), column(same.merged, 2, 3));
  const other = Float64Array.from([...dense, ...random(6, p * k)]);
  const apart = await onDevice(other, whole, targets, shape);
  const split = bench.split(whole, w, 1, 64 * k * 4);
  assert.is(split.chunks.length, 5);
  const again = await onDevice(other, split, targets, shape);
  assert.equal(new Uint32Array(again.merged.buffer), new Uint32Array(apart.merged.buffer));
  // A pair alone gives the bits that it gives among others.
  const one = Float64Array.from([...dense.subarray(4 * k, 5 * k), ...other.subarray((p + 4) * k, (p + 5) * k)]);
  const alone = await onDevice(one, whole, [targets[4]!], { p: 1, k, vocab, apart: 1 });
  assert.equal(alone.merged, apart.merged.slice(12, 15));
});

test('blocks merge to the twin with the greatest in any block, ties, and one logit far above all others', async () => {
  const [rows, blocks] = [65, 5];
  const part = Float64Array.from(random(19, 4 * rows * blocks), (x, i) => (i % 2 === 0 ? 9 * x : 1 + Math.abs(x)));
  part[0] = 80;
  part[2] = 80;
  part[4] = 80; // the first two blocks of row 0 tie
  const gap = random(20, rows * blocks, 3);
  const logit = random(21, 2 * rows);
  const f32 = (values: Float64Array) => Float64Array.from(Float32Array.from(values));
  const io = {
    part: bench.floats(part),
    gap: bench.floats(gap),
    logit: bench.floats(logit),
    divergence: out(3 * rows),
  };
  const [found] = await bench.run([mergeKernel(bench.recorder, io, blocks)], { rows: 1, scored: rows }, [
    [io.divergence, 3 * rows],
  ]);
  const expected = divergenceMerge({ part: f32(part), gap, logit });
  close('merged', new Float32Array(found!), expected, LIMIT);
  assert.is(divergenceWords(HEAD_BLOCK * blocks), 5 * blocks + 2);
});

test.run();
