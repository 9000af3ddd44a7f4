// Attention on the device against its f64 twin: shared paths, groups, windows and head sizes.

import { attention } from '../../../gpu/kernels/attention.ts';
import { attention as twin } from '../../../gpu/reference/attention.ts';
import { type Bench, close, openBench, random } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** NMSE of f32 sums against f64; docs/method.md#numerics. */
const LIMIT = 1e-10;

const test = suite('attention kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);

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
    const command = attention(bench.recorder, { ...io, ...tables }, { heads, kvHeads, headSize, window });
    const [bytes] = await bench.run([command], { rows: positions.length }, [[y, q.length]]);
    const expected = twin(
      scaled.map((value) => value * Math.sqrt(headSize)),
      k,
      v,
      { positions, path, rows },
      { heads, kvHeads, headSize, window },
    );
    close(`${heads}/${kvHeads} x ${headSize}, window ${window}`, new Float32Array(bytes!), expected, LIMIT);
  }
});

test.run();
