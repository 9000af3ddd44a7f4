// Sums of activations by sample and channel, against the f64 twin.

import { collect } from '../../../gpu/kernels/collect.ts';
import { collect as twin } from '../../../gpu/reference/collect.ts';
import { type Bench, close, openBench, random } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

const test = suite('collect kernel');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

test('x, |x| and x^2 over spans that touch, overlap and leave rows out, at odd widths', async () => {
  for (const width of [1, 15, 16, 17, 65]) {
    const rows = 70;
    const x = random(width, rows * width);
    const spans = [
      [0, 1],
      [1, 33],
      [20, 50],
      [69, 1],
    ] as const;
    const count = spans.length * 3 * width;
    const y = bench.recorder.pool.buffer('sums', 4 * count);
    const io = { label: 'collect', x: bench.floats(x), spans: bench.words(spans.flat()), y };
    const step = { rows, scored: spans.length };
    const [found] = await bench.run([collect(bench.recorder, io, width)], step, [[y, count]]);
    close(`width ${width}`, new Float32Array(found!), twin(x, spans, width), 1e-12);
    bench.clear();
  }
});

test.run();
