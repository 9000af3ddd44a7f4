// npm run bench:masked: the masked matmul beside our own dense kernel, interleaved in one run; M = 128 and up must stay
// within 15 %, M = 1 within 1.6x on software drivers (1.05x on a real GPU). An unstructured mask is never faster.

import { fileURLToPath } from 'node:url';
import { BYTES } from '../formats/tensors/numbers.ts';
import type { Format } from '../formats/tensors/tensor.ts';
import { type Command, replay, zeroCounts } from '../gpu/device/commands.ts';
import { openGpu } from '../gpu/device/device.ts';
import { Memory } from '../gpu/device/memory.ts';
import { Pipelines } from '../gpu/device/pipelines.ts';
import { DENSE, loadEngine, type Variant } from '../gpu/index.ts';
import { type DeviceMask, type DeviceMatrix, matmul, type Recorder } from '../gpu/kernels/index.ts';
import { maskedMatmul } from '../gpu/kernels/masked-matmul.ts';
import { sparseMatmul } from '../gpu/kernels/sparse-matmul.ts';
import { openSparse } from '../gpu/kernels/sparse-matrix.ts';

const SHAPES = [
  { k: 576, n: 1536 },
  { k: 1536, n: 576 },
];
const ROWS = (process.env.BENCH_ROWS ?? '1,16,128,512').split(',').map(Number);
const WORK = 2e8;
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 9);

const gpu = await openGpu();
const memory = new Memory(gpu);
const pipelines = new Pipelines(gpu);
console.log(`${gpu.name}, ${gpu.testbed.cpu}, ${gpu.testbed.dawn}, Node ${gpu.testbed.node}`);
console.log('masked over dense, median of the rounds (least, greatest); rho = 0.5');
for (const { k, n } of SHAPES) {
  for (const m of ROWS) for (const format of ['f32', 'bf16'] as const) await measure(m, k, n, format);
}
await gpu.dispose();
await wholeModel();

async function measure(m: number, k: number, n: number, format: Format): Promise<void> {
  const pool = memory.pool();
  const step = { rows: m, scored: 0 };
  const uniform = pool.buffer('step', 16, 'uniform');
  gpu.device.queue.writeBuffer(uniform, 0, Uint32Array.of(m, 0));
  const on: Recorder = { gpu, pipelines, pool, step: uniform };
  const filled = (label: string, words: number, word: (i: number) => number): GPUBuffer => {
    const buffer = pool.buffer(label, 4 * words);
    gpu.device.queue.writeBuffer(
      buffer,
      0,
      Uint32Array.from({ length: words }, (_, i) => word(i)),
    );
    return buffer;
  };
  const x = filled('x', m * k, (i) => 0x3e800000 + ((i * 7919) & 0x7fffff));
  const y = pool.buffer('y', 4 * m * n);
  const w: DeviceMatrix = {
    label: `${n}x${k}`,
    rows: n,
    columns: k,
    chunks: [
      {
        first: 0,
        rows: n,
        format,
        buffer: filled('w', (n * k * BYTES[format]) / 4, (i) => 0x3c003c00 + ((i * 31) & 0x3f)),
      },
    ],
    bias: null,
  };
  const words = Math.ceil(k / 32);
  const bits = filled('mask', n * words, (i) => Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i + 7, 0x85ebca6b));
  const mask = (gamma: number): DeviceMask => ({ chunks: [bits], gamma });
  const scratch = pool.buffer('scratch', 4 * n * k);
  const masked = (gamma: number, into: GPUBuffer | null): readonly Command[] =>
    maskedMatmul(on, { x, w, y }, { mask: mask(gamma), scratch: into });
  // Whole channels removed: the same kernel on the rows that are left.
  const channels = (rho: number): readonly Command[] => {
    const rows = Math.max(8, Math.round(((1 - rho) * n) / 4) * 4);
    return matmul(on, { x, w: { ...w, rows, chunks: [{ ...w.chunks[0]!, rows }] }, y });
  };
  const tiles = (rho: number): readonly Command[] => {
    const keep = Array.from({ length: Math.ceil(n / 64) }, (_, tile) =>
      Uint32Array.from({ length: k }, (_, i) => i).filter((i) => ((i * 7919 + tile * 104729) % 1000) / 1000 >= rho),
    );
    return [sparseMatmul(on, { x, w: openSparse(on, w, 1, keep), y })];
  };
  const commands = new Map<string, readonly Command[]>([
    ['dense', matmul(on, { x, w, y })],
    ['masked', masked(0, scratch)],
    ['soft', masked(0.5, scratch)],
    ['in the tiles', masked(0, null)],
    ...[0.5, 0.9].map((rho) => [`channels ${rho}`, channels(rho)] as const),
    ...[0, 0.5, 0.9].map((rho) => [`tiles ${rho}`, tiles(rho)] as const),
  ]);
  const times = new Map<string, number[]>([...commands.keys()].map((name) => [name, []]));
  const repeats = Math.max(1, Math.round(WORK / (2 * m * k * n)));
  const run = async (name: string): Promise<number> => {
    const start = performance.now();
    const many = Array.from({ length: repeats }, () => commands.get(name)!).flat();
    await replay(gpu, many, step, zeroCounts());
    await gpu.wait(gpu.device.queue.onSubmittedWorkDone());
    return (performance.now() - start) / repeats;
  };
  for (const name of commands.keys()) await run(name);
  for (let round = 0; round < ROUNDS; round++) {
    for (const name of commands.keys()) times.get(name)!.push(await run(name));
  }
  const dense = times.get('dense')!;
  const ratios = (name: string): string => {
    const all = times
      .get(name)!
      .map((ms, i) => ms / dense[i]!)
      .sort((a, b) => a - b);
    const at = (share: number): string => all[Math.round(share * (all.length - 1))]!.toFixed(2);
    return `${name} ${at(0.5)} (${at(0)}, ${at(1)})`;
  };
  const middle = [...dense].sort((a, b) => a - b)[ROUNDS >> 1]!;
  console.log(
    `M ${String(m).padStart(4)}  ${k} x ${n}  ${format.padEnd(4)}  dense ${middle.toFixed(3)} ms  ${[...commands.keys()].slice(1).map(ratios).join('  ')}`,
  );
  pool.dispose();
}

/** persona-nano end to end: each layout beside the dense network, and what going from one mask to another adds to a step. */
async function wholeModel(): Promise<void> {
  const engine = await loadEngine(fileURLToPath(new URL('../models/persona-nano/', import.meta.url)));
  const pick = async (kind: 'row' | 'channels', seed: number) => {
    const chosen = engine.matrices.filter(({ module }) => kind === 'row' || module === 'mlp');
    const scores = new Map(chosen.map(({ name }) => [name, { kind: 'random', seed } as const]));
    return {
      id: `${kind} ${seed}`,
      tensors: (await engine.select({ scores, group: { kind }, sparsity: 0.5 })).tensors,
    };
  };
  const [one, two, whole] = [await pick('row', 1), await pick('row', 2), await pick('channels', 1)];
  const variants: readonly Variant[] = [
    DENSE,
    { id: 'masked', mask: one, layout: 'masked' },
    { id: 'other', mask: two, layout: 'masked' },
    { id: 'baked', mask: one, layout: 'baked' },
    { id: 'channels', mask: whole, layout: 'compact' },
  ];
  const tokens = Array.from({ length: 16 }, (_, i) =>
    Uint32Array.from({ length: 64 }, (_, k) => (i * 67 + k * 131) % 3840),
  );
  const score = async (variant: Variant): Promise<number> => {
    const start = performance.now();
    await engine.score(tokens.map((sequence) => ({ tokens: sequence, from: 1, variant })));
    return performance.now() - start;
  };
  const step = async (variant: Variant): Promise<number> => {
    const start = performance.now();
    await engine.top(tokens[0]!.subarray(0, 1), 1, variant);
    return performance.now() - start;
  };
  const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  for (const variant of variants) await score(variant);
  const times = new Map<string, number[]>(variants.map(({ id }) => [id, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const variant of variants) times.get(variant.id)!.push(await score(variant));
  const dense = times.get('dense')!;
  console.log('\npersona-nano, scoring 16 x 64 tokens, time over dense; rho = 0.5');
  for (const { id } of variants)
    console.log(`${id.padEnd(9)} ${median(times.get(id)!.map((ms, i) => ms / dense[i]!)).toFixed(2)}`);
  const [first, second] = [variants[1]!, variants[2]!];
  for (const variant of [first, second]) await step(variant);
  const [same, switched]: [number[], number[]] = [[], []];
  for (let round = 0; round < 100; round++) {
    await step(first);
    same.push(await step(first));
    switched.push(await step(second));
  }
  console.log(
    `a step after the same mask ${median(same).toFixed(2)} ms, after another ${median(switched).toFixed(2)} ms`,
  );
  await engine.dispose();
}
