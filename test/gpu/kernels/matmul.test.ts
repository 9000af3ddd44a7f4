// Matrix products and activations on the device against their f64 twins, over odd shapes, formats and tiles.

import * as assert from 'uvu/assert';
import { type MatmulOptions, matmul } from '../../../gpu/kernels/matmul.ts';
import { TILES, type Tile } from '../../../gpu/kernels/matmul-tiles.ts';
import * as twin from '../../../gpu/reference/activation.ts';
import { matmul as matmulTwin } from '../../../gpu/reference/matmul.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** NMSE of f32 sums against f64; docs/method.md#numerics. */
const LIMIT = 1e-10;

const test = suite('matmul kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);

test('matmul over odd shapes and all formats, with bias, residual and base', async () => {
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
      const io = { x: bench.floats(x), w: bench.matrix(w, n, k, format, bias) };
      const other = bench.floats(new Array<number>(m * n).fill(7));
      const commands = [
        matmul(bench.recorder, { ...io, y: other }, { base: y }),
        matmul(bench.recorder, { ...io, y }, { residual: true }),
      ];
      const [beside, bytes] = await bench.run(commands, { rows: m }, [
        [other, m * n],
        [y, m * n],
      ]);
      close(`${format} ${m}x${k}x${n}`, new Float32Array(bytes!), matmulTwin(x, w, k, { bias, residual }), LIMIT);
      assert.equal(new Uint32Array(beside!), new Uint32Array(bytes!));
    }
  }
});

test('matmul: every tile of every class of device gives the same bits as the naive kernel', async () => {
  const tiles: readonly Tile[] = Object.values(TILES).flatMap(({ matmul: ladder }) => ladder.map(({ tile }) => tile));
  for (const [m, k, n, format, gated] of [
    [70, 64, 100, 'f32', false],
    [70, 64, 100, 'f16', true],
    [17, 1028, 33, 'bf16', false],
    [65, 63, 66, 'bf16', true],
    [1, 257, 65, 'f16', false],
    [1, 260, 65, 'f32', true],
    [5, 3, 1, 'bf16', false],
  ] as const) {
    const columns = gated ? 2 * n : n;
    const x = bench.floats(random(7, m * k));
    const w = bench.matrix(random(8, columns * k), columns, k, format, random(9, columns));
    const run = async (options: MatmulOptions): Promise<Uint32Array> => {
      const y = bench.floats(random(10, m * n));
      const kind = gated ? ({ gated, activation: 'silu' } as const) : ({ residual: true } as const);
      const command = matmul(bench.recorder, { x, w, y }, { ...options, ...kind });
      const [bytes] = await bench.run([command], { rows: m }, [[y, m * n]]);
      return new Uint32Array(bytes!);
    };
    const naive = await run({ tile: { rows: 1, columns: gated ? 2 : 1, lanes: 64 } });
    for (const tile of tiles) {
      assert.equal(await run({ tile }), naive, `${format} ${m}x${k}x${n} ${JSON.stringify(tile)}`);
    }
    bench.clear();
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
    const single = matmul(bench.recorder, { ...io, w: one }, { activation: kind });
    const [plain] = await bench.run([single], { rows: m }, [[y, m * n]]);
    const gate = matmulTwin(x, w.slice(0, n * k), k, { bias: bias.slice(0, n) });
    close(kind, new Float32Array(plain!), twin.activation(gate, kind), LIMIT);
    const double = matmul(bench.recorder, { ...io, w: two }, { activation: kind, gated: true });
    const [product] = await bench.run([double], { rows: m }, [[y, m * n]]);
    const up = matmulTwin(x, w.slice(n * k), k, { bias: bias.slice(n) });
    close(`gated ${kind}`, new Float32Array(product!), twin.gated(gate, up, kind), LIMIT);
  }
});

test('activations stay finite and exact in the tails', async () => {
  const x = Float64Array.from([-200, -30, -16, -4, -1.5, -1, -0.5, -1e-3, 0, 1e-3, 0.5, 1, 1.5, 2, 4, 16, 30, 200]);
  const w = bench.matrix(Float64Array.of(1), 1, 1, 'f32');
  for (const kind of ['silu', 'gelu', 'gelu-tanh'] as const) {
    const y = out(x.length);
    const command = matmul(bench.recorder, { x: bench.floats(x), w, y }, { activation: kind });
    const [bytes] = await bench.run([command], { rows: x.length }, [[y, x.length]]);
    const found = new Float32Array(bytes!);
    const expected = twin.activation(x, kind);
    found.forEach((value, i) => {
      const off = Math.abs(value - expected[i]!);
      assert.ok(off <= 5e-7 * Math.max(1, Math.abs(expected[i]!)), `${kind}(${x[i]}) = ${value}, not ${expected[i]}`);
    });
  }
});

test.run();
