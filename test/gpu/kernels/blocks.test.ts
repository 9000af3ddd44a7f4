// Weights in blocks, read by every kernel that loads weights: products of every tile, masked ones, the head, embedded rows.

import * as assert from 'uvu/assert';
import { blockOf } from '../../../formats/tensors/blocks.ts';
import { BLOCK_FORMATS, type Format } from '../../../formats/tensors/tensor.ts';
import { groupBytes, grouped, storedBytes } from '../../../gpu/kernels/block-groups.ts';
import { embed } from '../../../gpu/kernels/embed.ts';
import { matmul } from '../../../gpu/kernels/matmul.ts';
import { TILES } from '../../../gpu/kernels/matmul-tiles.ts';
import { transpose } from '../../../gpu/kernels/training/transpose.ts';
import { matmul as matmulTwin } from '../../../gpu/reference/matmul.ts';
import { type Bench, close, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** NMSE of f32 sums against f64; docs/method.md#numerics. */
const LIMIT = 1e-10;

/** Formats whose products are run with every tile: of blocks that come alone and in pairs. */
const ALL_TILES: readonly Format[] = ['q4_1', 'q6_k'];

const test = suite('weights in blocks');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);

test('groups are whole words, as large as their blocks, and pad an odd block', () => {
  for (const format of BLOCK_FORMATS) {
    const { bytes, values } = blockOf(format);
    assert.is(groupBytes(format) % 4, 0, format);
    const blocks = Uint8Array.from({ length: 3 * bytes }, (_, i) => i);
    const held = grouped(blocks, format);
    assert.is(held.length, storedBytes(3 * values, format), format);
    assert.equal([...held.subarray(0, groupBytes(format))].sort(), [...blocks.subarray(0, groupBytes(format))].sort());
  }
});

test('products of all tiles are those of the twin, and equal to the bit', async () => {
  const tiles = Object.values(TILES).flatMap(({ matmul: ladder }) => ladder.map(({ tile }) => tile));
  for (const format of BLOCK_FORMATS) {
    const size = blockOf(format).values;
    for (const [m, k, n, gated] of [
      [3, size, 5, false],
      [17, 3 * size, 33, false],
      [5, 2 * size, 7, true],
    ] as const) {
      const rows = gated ? 2 * n : n;
      const stored = random(m, rows * k);
      const w = rounded(stored, format);
      const x = random(k, m * k);
      const bias = random(5, rows);
      const io = { x: bench.floats(x), w: bench.matrix(stored, rows, k, format, bias) };
      const run = async (tile?: (typeof tiles)[number]): Promise<ArrayBuffer> => {
        const y = out(m * n);
        const options = gated ? ({ gated, activation: 'silu' } as const) : {};
        const command = matmul(bench.recorder, { ...io, y }, { ...options, ...(tile && { tile }) });
        const [bytes] = await bench.run([command], { rows: m }, [[y, m * n]]);
        return bytes!;
      };
      const own = await run();
      if (!gated) close(`${format} ${m}x${k}x${n}`, new Float32Array(own), matmulTwin(x, w, k, { bias }), LIMIT);
      if (!ALL_TILES.includes(format)) continue;
      for (const tile of tiles) assert.equal(new Uint32Array(await run(tile)), new Uint32Array(own), format);
    }
  }
});

test('rows by token and the transpose are the stored numbers themselves', async () => {
  for (const format of BLOCK_FORMATS) {
    const k = blockOf(format).values;
    const n = 5;
    const stored = random(3, n * k);
    const w = rounded(stored, format);
    const table = bench.matrix(stored, n, k, format);
    const tokens = bench.words([4, 0, 3]);
    const [x, y] = [out(3 * k), out(n * k)];
    const commands = [
      embed(bench.recorder, { tokens, positions: tokens, table, learned: null, x }),
      transpose(bench.recorder, { w: table, y }),
    ];
    const [rows, across] = await bench.run(commands, { rows: 3 }, [
      [x, 3 * k],
      [y, n * k],
    ]);
    const f32 = (values: Iterable<number>): number[] => Array.from(Float32Array.from(values));
    const wanted = [4, 0, 3].flatMap((token) => [...w.subarray(token * k, (token + 1) * k)]);
    assert.equal(Array.from(new Float32Array(rows!)), f32(wanted), format);
    const turned = Array.from({ length: n * k }, (_, i) => w[(i % n) * k + Math.floor(i / n)]!);
    assert.equal(Array.from(new Float32Array(across!)), f32(turned), format);
  }
});

test.run();
