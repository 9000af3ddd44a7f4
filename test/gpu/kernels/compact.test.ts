// Rows and columns of a matrix chosen on the device, in its own bits.

import * as assert from 'uvu/assert';
import { BYTES, widen } from '../../../formats/tensors/numbers.ts';
import { compact } from '../../../gpu/kernels/compact.ts';
import { compact as twin } from '../../../gpu/reference/compact.ts';
import { type Bench, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

const test = suite('compact kernel');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after(() => bench.close());

test('chosen rows and columns, odd widths, all formats', async () => {
  for (const format of FORMATS) {
    for (const [height, width, rows, columns] of [
      [5, 7, [4, 0, 2], [1, 6, 3, 0]],
      [64, 257, [63], Array.from({ length: 128 }, (_, i) => 2 * i + 1)],
      [300, 1, [299, 0, 150], [0, 0]],
    ] as const) {
      const values = rounded(random(3, height * width), format);
      const w = bench.matrix(values, height, width, format).chunks[0]!.buffer;
      const y = bench.recorder.pool.buffer('y', rows.length * columns.length * BYTES[format]);
      const io = { w, rows: bench.words(rows), columns: bench.words(columns), y };
      const shape = { width, rows: rows.length, columns: columns.length, format };
      const words = Math.ceil((rows.length * columns.length * BYTES[format]) / 4);
      const [bytes] = await bench.run([compact(bench.recorder, io, shape)], { rows: 1 }, [[y, words]]);
      const found = widen(new Uint8Array(bytes!, 0, rows.length * columns.length * BYTES[format]), format);
      assert.equal(found, twin(values, width, rows, columns), `${format} ${height} x ${width}`);
      bench.clear();
    }
  }
});

test.run();
