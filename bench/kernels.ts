// npm run bench:kernels [-- --sweep]: every matmul variant of the device's class beside the naive kernel and the device's
// own measured peak, interleaved in one run, since machines here are shared and noisy. Prints GFLOP/s and the bytes of
// weights read per second, and the ratio to naive of the same round. --sweep also tries tiles that are in no table: how
// the table is chosen.

import Table from 'cli-table3';
import { Bench } from 'tinybench';
import { BYTES } from '../formats/tensors/numbers.ts';
import type { Format } from '../formats/tensors/tensor.ts';
import { type Command, replay, zeroCounts } from '../gpu/device/commands.ts';
import { openGpu } from '../gpu/device/device.ts';
import { Memory } from '../gpu/device/memory.ts';
import { measurePeaks } from '../gpu/device/peaks/measure.ts';
import { Pipelines } from '../gpu/device/pipelines.ts';
import { type DeviceMatrix, matmul, type Recorder } from '../gpu/kernels/index.ts';
import { type Tile, tileFor, tilesFor } from '../gpu/kernels/matmul-tiles.ts';

const SHAPES = [
  { k: 576, n: 1536 },
  { k: 1536, n: 576 },
  { k: 128, n: 256 },
  { k: 320, n: 128 },
];
const ROWS = [1, 2, 8, 16, 64, 128, 1024];
const NAIVE: Tile = { rows: 1, columns: 1, lanes: 64 };
/** Multiply-adds per measured call: a dispatch of a small shape alone would measure the submit. */
const WORK = 2e8;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 7);
const SWEEP: readonly Tile[] = process.argv.includes('--sweep')
  ? [2, 4, 8, 16, 32].flatMap((rows) => [2, 4, 8].map((columns) => ({ rows, columns, lanes: 16 })))
  : [];

const gpu = await openGpu();
const memory = new Memory(gpu);
const pipelines = new Pipelines(gpu);
console.log(`${gpu.name}, ${gpu.testbed.cpu}, ${gpu.testbed.dawn}, Node ${gpu.testbed.node}`);
const peaks = await measurePeaks(gpu);
console.log(`peak: ${peaks.gflops.toFixed(1)} GFLOP/s of fma alone, ${peaks.gbPerSecond.toFixed(1)} GB/s read\n`);

const table = new Table({
  head: ['M', 'K x N', 'weights', 'variant', 'ms', 'GFLOP/s', '% peak', 'GB/s', '% peak', 'x naive'],
  style: { head: [], border: [] },
});
for (const { k, n } of SHAPES) {
  for (const m of ROWS) {
    for (const format of ['f32', 'bf16'] as const) await measure(m, k, n, format);
  }
}
console.log(table.toString());
await gpu.dispose();

async function measure(m: number, k: number, n: number, format: Format): Promise<void> {
  const pool = memory.pool();
  const step = { rows: m, scored: 0 };
  const uniform = pool.buffer('step', 16, 'uniform');
  gpu.device.queue.writeBuffer(uniform, 0, Uint32Array.of(m, 0));
  const recorder: Recorder = { gpu, pipelines, pool, step: uniform };
  const x = pool.buffer('x', 4 * m * k);
  const y = pool.buffer('y', 4 * m * n);
  const buffer = pool.buffer('w', n * k * BYTES[format]);
  gpu.device.queue.writeBuffer(
    x,
    0,
    Float32Array.from({ length: m * k }, (_, i) => ((i * 7919) % 1000) / 1000 - 0.5),
  );
  gpu.device.queue.writeBuffer(
    buffer,
    0,
    Uint32Array.from({ length: buffer.size / 4 }, (_, i) => 0x3c003c00 + ((i * 31) & 0x3f)),
  );
  const chunks = [{ first: 0, rows: n, buffer, format }];
  const w: DeviceMatrix = { label: 'w', rows: n, columns: k, chunks, bias: null };

  const tiles = tilesFor(gpu);
  const chosen = tileFor(tiles, m);
  const variants = new Map<string, readonly Command[]>([
    ['naive', matmul(recorder, { x, w, y }, { tile: NAIVE, scalar: true })],
  ]);
  for (const tile of [...tiles.matmul.map((one): Tile => one.tile), ...SWEEP]) {
    const { rows, columns, staged } = tile;
    const shape = staged ? `${staged.rows}x${staged.columns} staged` : `${rows}x${columns}`;
    const name = `${shape}${tile === chosen ? ' (chosen)' : ''}`;
    if (rows <= m || tile === chosen) variants.set(name, matmul(recorder, { x, w, y }, { tile }));
  }

  const repeats = Math.max(1, Math.round(WORK / (m * n * k)));
  const counts = zeroCounts();
  const bench = new Bench({ iterations: 1, time: 0, warmup: false });
  for (const [name, once] of variants) {
    const commands = Array.from({ length: repeats }, () => once).flat();
    bench.add(name, async () => {
      await replay(gpu, commands, step, counts);
      await gpu.wait(gpu.device.queue.onSubmittedWorkDone());
    });
  }
  const samples = new Map<string, number[]>([...variants.keys()].map((name) => [name, []]));
  for (let round = -1; round < ROUNDS; round++) {
    await bench.run();
    if (round < 0) continue; // the first compiles
    for (const { name, result } of bench.tasks) {
      if (result.state === 'completed') samples.get(name)!.push(result.latency.mean / repeats);
    }
  }
  const naive = samples.get('naive')!;
  for (const [name, times] of samples) {
    const ms = median(times);
    const ratio = median(times.map((time, i) => naive[i]! / time));
    const flops = (2 * m * n * k) / ms / 1e6;
    const bytes = (n * k * BYTES[format]) / ms / 1e6;
    const share = (value: number, peak: number) => ((100 * value) / peak).toFixed(1);
    table.push([
      ...[m, `${k} x ${n}`, format, name, ms.toFixed(3), flops.toFixed(1), share(flops, peaks.gflops)],
      ...[bytes.toFixed(2), share(bytes, peaks.gbPerSecond), ratio.toFixed(2)],
    ]);
  }
  pool.dispose();
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
