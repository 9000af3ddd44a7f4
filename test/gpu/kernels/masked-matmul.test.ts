// The masked matrix product on the device: against its f64 twin, and to the bit against the dense kernel on weights that
// the mask was applied to beforehand, whatever tile and whether expanded or masked as they are read.

import * as assert from 'uvu/assert';
import { BYTES } from '../../../formats/tensors/numbers.ts';
import type { Format } from '../../../formats/tensors/tensor.ts';
import { expand, expandable } from '../../../gpu/kernels/expand.ts';
import { maskedMatmul } from '../../../gpu/kernels/masked-matmul.ts';
import { matmul } from '../../../gpu/kernels/matmul.ts';
import { TILES, type Tile, tilesFor } from '../../../gpu/kernels/matmul-tiles.ts';
import type { DeviceMask, DeviceMatrix } from '../../../gpu/kernels/matrix.ts';
import type { MaskTensor } from '../../../gpu/kernels/types.ts';
import { expand as expandTwin } from '../../../gpu/reference/expand.ts';
import { matmul as matmulTwin } from '../../../gpu/reference/matmul.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { maskTensor } from '../../support/masks.ts';
import { suite } from '../../support/suite.ts';

const LIMIT = 1e-10;
const test = suite('masked kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

/** Mask words beside each chunk of `w`; `factors` 2: [gate; up]. */
function beside(w: DeviceMatrix, tensor: MaskTensor, gamma: number, factors: 1 | 2 = 1): DeviceMask {
  const perRow = Math.ceil(tensor.columns / 32);
  const half = tensor.rows / factors;
  const rows = (first: number, count: number): Uint32Array =>
    tensor.words.subarray(first * perRow, (first + count) * perRow);
  const chunks = w.chunks.map(({ first, rows: held }) => {
    const parts = Array.from({ length: factors }, (_, f) => rows(f * half + first, held / factors));
    return bench.words(parts.flatMap((part) => [...part]));
  });
  return { chunks, gamma };
}

const run = async (
  commands: Parameters<Bench['run']>[0],
  y: GPUBuffer,
  m: number,
  count: number,
): Promise<Uint32Array> => {
  const [bytes] = await bench.run(commands, { rows: m }, [[y, count]]);
  return new Uint32Array(bytes!);
};

test('masked matmul against the f64 twin over odd shapes and formats, hard and soft', async () => {
  for (const format of FORMATS) {
    for (const [m, k, n] of [
      [1, 64, 257],
      [3, 63, 65],
      [64, 257, 33],
      [70, 64, 100],
      [300, 36, 20],
    ] as const) {
      for (const gamma of [0, 0.25]) {
        const x = random(m, m * k);
        const w = rounded(random(n, n * k), format);
        const bias = random(5, n);
        const residual = random(6, m * n);
        const tensor = maskTensor(7, n, k);
        const matrix = bench.matrix(w, n, k, format, bias);
        const y = bench.floats(residual);
        const scratch = bench.recorder.pool.buffer('scratch', n * k * BYTES[format]);
        const io = { x: bench.floats(x), w: matrix, y };
        const mask = beside(matrix, tensor, gamma);
        const found = await run([maskedMatmul(bench.recorder, io, { residual: true, mask, scratch })], y, m, m * n);
        const expected = matmulTwin(x, expandTwin(w, tensor, gamma), k, { bias, residual });
        close(`${format} ${m}x${k}x${n} gamma ${gamma}`, new Float32Array(found.buffer), expected, LIMIT);
        bench.clear();
      }
    }
  }
});

test('every tile, masked as it reads or after expansion, gives the bits of the dense kernel on masked weights', async () => {
  const tiles: readonly (Tile | undefined)[] = [
    undefined,
    ...Object.values(TILES).flatMap(({ matmul: ladder }) => ladder.map(({ tile }): Tile => tile)),
  ];
  for (const [m, k, n, format, gated] of [
    [70, 64, 100, 'f32', false],
    [300, 64, 36, 'bf16', false],
    [70, 36, 100, 'f16', true],
    [65, 63, 66, 'bf16', true],
    [1, 260, 65, 'f32', true],
    [5, 3, 1, 'bf16', false],
  ] as const) {
    const columns = gated ? 2 * n : n;
    const x = bench.floats(random(7, m * k));
    const values = rounded(random(8, columns * k), format);
    const bias = random(9, columns);
    const tensor = maskTensor(11, columns, k);
    const w = bench.matrix(values, columns, k, format, bias);
    const before = bench.matrix(expandTwin(values, tensor), columns, k, format, bias);
    const kind = gated ? ({ gated, activation: 'silu' } as const) : ({ residual: true } as const);
    const output = (): GPUBuffer => bench.floats(random(10, m * n));
    const [naive, dense] = [{ rows: 1, columns: gated ? 2 : 1, lanes: 64 }, output()];
    const expected = await run(
      [matmul(bench.recorder, { x, w: before, y: dense }, { ...kind, tile: naive })],
      dense,
      m,
      m * n,
    );
    for (const tile of tiles) {
      for (const scratch of [null, bench.recorder.pool.buffer('scratch', columns * k * BYTES[format])]) {
        const y = output();
        const mask = beside(w, tensor, 0, gated ? 2 : 1);
        const options = { ...kind, mask, scratch, ...(tile && { tile }) };
        const found = await run([maskedMatmul(bench.recorder, { x, w, y }, options)], y, m, m * n);
        assert.equal(found, expected, `${format} ${m}x${k}x${n} ${JSON.stringify(tile)} ${scratch && 'scratch'}`);
      }
    }
    bench.clear();
  }
});

test('gamma 1 gives the dense bits; chunks give the bits of the whole', async () => {
  const [m, k, n] = [70, 64, 256];
  const x = bench.floats(random(1, m * k));
  const values = random(2, 2 * n * k);
  const w = bench.matrix(values, 2 * n, k, 'f32');
  const tensor = maskTensor(3, 2 * n, k);
  const kind = { gated: true, activation: 'silu' } as const;
  const bits = async (of: DeviceMatrix, gamma: number | null): Promise<Uint32Array> => {
    const y = bench.recorder.pool.buffer('y', 4 * m * n);
    const scratch = bench.recorder.pool.buffer('scratch', 4 * 2 * n * k);
    const commands =
      gamma === null
        ? matmul(bench.recorder, { x, w: of, y }, kind)
        : maskedMatmul(bench.recorder, { x, w: of, y }, { ...kind, mask: beside(of, tensor, gamma, 2), scratch });
    return run([commands], y, m, m * n);
  };
  assert.equal(await bits(w, 1), await bits(w, null), 'gamma 1');
  const chunked = bench.split(w, values, 2, 4 * 128 * k);
  assert.ok(chunked.chunks.length > 1, 'it is in chunks');
  for (const gamma of [0, 0.5])
    assert.equal(await bits(chunked, gamma), await bits(w, gamma), `chunks, gamma ${gamma}`);
});

test('expansion writes the weights’ own bits', async () => {
  const [n, k] = [33, 100];
  for (const format of ['f32', 'bf16', 'f16'] as readonly Format[]) {
    const values = rounded(random(4, n * k), format);
    const tensor = maskTensor(5, n, k);
    const w = bench.matrix(values, n, k, format);
    const expected = bench.matrix(expandTwin(values, tensor), n, k, format).chunks[0]!.buffer;
    const y = bench.recorder.pool.buffer('y', n * k * BYTES[format]);
    const mask = beside(w, tensor, 0);
    assert.ok(expandable(w, mask));
    const words = (n * k * BYTES[format]) / 4;
    const read = [
      [y, words],
      [expected, words],
    ] as const;
    const [found, wanted] = await bench.run(
      [expand(bench.recorder, { w, mask, chunk: 0, y })],
      { rows: 1 },
      read.map(([b, c]) => [b, c]),
    );
    assert.equal(new Uint32Array(found!), new Uint32Array(wanted!), format);
    bench.clear();
  }
});

test('an expansion pays from a number of rows that stands in the table', () => {
  assert.ok(tilesFor({ name: 'SwiftShader', software: true }).expandFrom > 1);
  assert.is(tilesFor({ name: 'a real one', software: false }).expandFrom, Infinity);
});

test.run();
