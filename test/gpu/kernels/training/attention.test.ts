// The backward pass of attention and of the rotation before it against their f64 twins, over packed sequences.

import { ropeTables } from '../../../../gpu/engine/forward/rope.ts';
import { attention } from '../../../../gpu/kernels/attention.ts';
import { attentionKeysBack } from '../../../../gpu/kernels/training/attention-keys.ts';
import { attentionQueriesBack } from '../../../../gpu/kernels/training/attention-queries.ts';
import { ropeBack } from '../../../../gpu/kernels/training/rope.ts';
import { splitHeads } from '../../../../gpu/reference/rope.ts';
import { attentionKeysBack as keysTwin } from '../../../../gpu/reference/training/attention-keys.ts';
import { attentionQueriesBack as queriesTwin } from '../../../../gpu/reference/training/attention-queries.ts';
import { headsBack, joinHeads } from '../../../../gpu/reference/training/rope.ts';
import { type Bench, close, openBench, random } from '../../../support/kernel.ts';
import { suite } from '../../../support/suite.ts';

const LIMIT = { sum: 1e-10 } as const;

const test = suite('training attention kernels');
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
    const table = { positions, path, rows: line };
    const expected = {
      dq: queriesTwin(q, k, v, dy, table, shape),
      ...keysTwin(q, k, v, dy, table, shape),
    };
    const scale = 1 / Math.sqrt(headSize);
    const [y, dq, dk, dv] = [q, q, k, v].map(({ length }) => out(length));
    const io = {
      q: bench.floats(q.map((value) => value * scale)),
      k: bench.floats(k),
      v: bench.floats(v),
      positions: bench.words(positions),
      y: y!,
    };
    const back = { ...io, dy: bench.floats(dy), dq: dq!, dk: dk!, dv: dv!, sums: out(2 * rows * heads) };
    const commands = [
      attention(bench.recorder, { ...io, path: bench.words(path), rows: bench.words(line) }, shape),
      attentionQueriesBack(bench.recorder, back, shape),
      attentionKeysBack(bench.recorder, back, shape),
    ];
    const read: [GPUBuffer, number][] = [
      [dq!, q.length],
      [dk!, k.length],
      [dv!, v.length],
    ];
    const [queries, keys, values] = await bench.run(commands, { rows }, read);
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

test('rope: rotated back, through norms of heads, in both layouts of qkv', async () => {
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
    const rotation = dims === 0 ? null : { ...tables, dims };
    const steps = (of: Float64Array) => ({ norm: normed ? of : null, eps: 1e-5, rotation });
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
    const command = ropeBack(
      bench.recorder,
      {
        qkv: bench.floats(qkv),
        rotations: bench.floats(dims === 0 ? [0, 0] : both),
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
    const [bytes] = await bench.run([command], { rows }, [[dx, qkv.length]]);
    close(`${heads} heads of ${headSize}, ${dims} rotated`, floats(bytes), expected, LIMIT.sum);
    bench.clear();
  }
});

test.run();
