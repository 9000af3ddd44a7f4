// Products over the columns that each block of rows keeps: against the f64 twin, and bit-identical to the dense kernel on weights
// of which the others are 0.

import * as assert from 'uvu/assert';
import { gatherColumns } from '../../../gpu/kernels/gather-columns.ts';
import { matmul } from '../../../gpu/kernels/matmul.ts';
import { sparseMatmul } from '../../../gpu/kernels/sparse-matmul.ts';
import { BLOCK_ROWS, openSparse } from '../../../gpu/kernels/sparse-matrix.ts';
import { gatherColumns as gatherTwin } from '../../../gpu/reference/gather-columns.ts';
import { sparseMatmul as twin } from '../../../gpu/reference/sparse-matmul.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

const test = suite('sparse matmul kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

/** Ascending columns of each block: some, none of the second, all of the third. */
const keepOf = (blocks: number, k: number): readonly Uint32Array[] =>
  Array.from({ length: blocks }, (_, block) => {
    const draw = random(block + 40, k);
    return Uint32Array.from([...draw.keys()].filter((i) => block % 3 !== 1 && (block % 3 === 2 || draw[i]! > 0)));
  });

test('blocks against the f64 twin and the dense kernel, over odd shapes, formats and epilogues', async () => {
  for (const format of FORMATS) {
    for (const [m, k, n, gated] of [
      [1, 64, 257, false],
      [3, 63, 65, false],
      [70, 100, 130, true],
      [33, 257, 64, false],
      [128, 36, 192, true],
      [1, 5, 70, true],
    ] as const) {
      const factors = gated ? 2 : 1;
      const x = random(m, m * k);
      const values = rounded(random(n, factors * n * k), format);
      const bias = random(5, factors * n);
      const perFactor = Math.ceil(n / BLOCK_ROWS);
      const keep = keepOf(factors * perFactor, k);
      const zeroed = values.map((value, i) => {
        const row = Math.floor(i / k);
        const block = Math.floor(row / n) * perFactor + Math.floor((row % n) / BLOCK_ROWS);
        return keep[block]!.includes(i % k) ? value : 0;
      });
      const w = bench.matrix(values, factors * n, k, format, bias);
      const dense = bench.matrix(zeroed, factors * n, k, format, bias);
      const made = openSparse(bench.recorder, w, factors, keep);
      const [start, xs] = [random(6, m * n), bench.floats(x)];
      const run = async (of: 'sparse' | 'dense'): Promise<Uint32Array> => {
        const y = bench.floats(start);
        const how = gated ? ({ activation: 'silu' } as const) : ({ residual: true } as const);
        const commands =
          of === 'sparse'
            ? [gatherColumns(bench.recorder, w, made), sparseMatmul(bench.recorder, { x: xs, w: made, y }, how)]
            : [matmul(bench.recorder, { x: xs, w: dense, y }, { ...how, gated })];
        const [bytes] = await bench.run(commands, { rows: m }, [[y, m * n]]);
        return new Uint32Array(bytes!);
      };
      const found = await run('sparse');
      assert.equal(found, await run('dense'), `${format} ${m}x${k}x${n} ${gated && 'gated'}`);
      if (!gated) {
        const [gathered] = await bench.run([gatherColumns(bench.recorder, w, made)], { rows: m }, [
          [made.weights, BLOCK_ROWS * made.entries],
        ]);
        close(`${format} gathered`, new Float32Array(gathered!), gatherTwin(values, k, keep, BLOCK_ROWS), 0);
        const expected = twin(x, values, k, keep, BLOCK_ROWS).map((value, i) => value + bias[i % n]! + start[i]!);
        close(`${format} ${m}x${k}x${n}`, new Float32Array(found.buffer), expected, 1e-10);
      }
      bench.clear();
    }
  }
});

test.run();
