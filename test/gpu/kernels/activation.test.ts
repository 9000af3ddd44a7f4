// The activation by itself, against its f64 twin and bit-identical to the matmul that ends in it.

import * as assert from 'uvu/assert';
import { activation } from '../../../gpu/kernels/activation.ts';
import { matmul } from '../../../gpu/kernels/matmul.ts';
import { activation as activationTwin, gated as gatedTwin } from '../../../gpu/reference/activation.ts';
import { type Bench, close, openBench, random } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

const test = suite('activation kernel');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after(() => bench.close());

test('act(g) u and act(u) over odd shapes', async () => {
  for (const kind of ['silu', 'gelu', 'gelu-tanh'] as const) {
    for (const [m, k, n] of [
      [1, 12, 1],
      [3, 16, 65],
      [70, 5, 33],
    ] as const) {
      const x = bench.floats(random(m, m * k));
      for (const gated of [true, false]) {
        const rows = gated ? 2 * n : n;
        const w = bench.matrix(random(n, rows * k), rows, k, 'f32', random(4, rows));
        const [s, y, fused] = [m * rows, m * n, m * n].map((count) => bench.recorder.pool.buffer('out', 4 * count));
        const commands = [
          ...matmul(bench.recorder, { x, w, y: s! }),
          activation(bench.recorder, { s: s!, y: y! }, { width: n, activation: kind, gated }),
          ...matmul(bench.recorder, { x, w, y: fused! }, { activation: kind, gated }),
        ];
        const read: [GPUBuffer, number][] = [
          [s!, m * rows],
          [y!, m * n],
          [fused!, m * n],
        ];
        const [sums, found, wanted] = await bench.run(commands, { rows: m }, read);
        assert.equal(new Uint32Array(found!), new Uint32Array(wanted!), `${kind} ${m} ${n} ${gated}`);
        const all = Float64Array.from(new Float32Array(sums!));
        const part = (from: number) =>
          Float64Array.from({ length: m * n }, (_, i) => all[Math.floor(i / n) * rows + from + (i % n)]!);
        const expected = gated ? gatedTwin(part(0), part(n), kind) : activationTwin(all, kind);
        close(`${kind} gated ${gated}`, new Float32Array(found!), expected, 1e-10);
      }
      bench.clear();
    }
  }
});

test.run();
