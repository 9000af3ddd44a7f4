// Runs single kernels on the device: arrays in, arrays out, and the error against a reference.

import * as assert from 'uvu/assert';
import { narrow, widen } from '../../formats/tensors/numbers.ts';
import type { Format } from '../../formats/tensors/tensor.ts';
import { type Command, replay, zeroCounts } from '../../gpu/device/commands.ts';
import { type Gpu, openGpu } from '../../gpu/device/device.ts';
import { Memory } from '../../gpu/device/memory.ts';
import { Pipelines } from '../../gpu/device/pipelines.ts';
import { grouped } from '../../gpu/kernels/block-groups.ts';
import type { DeviceMatrix, Recorder } from '../../gpu/kernels/index.ts';
import { rowChunks } from '../../gpu/kernels/matrix.ts';
import { normals } from './random-model.ts';

export const FORMATS: readonly Format[] = ['f32', 'bf16', 'f16'];

export interface Bench {
  readonly gpu: Gpu;
  readonly memory: Memory;
  readonly recorder: Recorder;
  floats(values: ArrayLike<number>): GPUBuffer;
  words(values: ArrayLike<number>): GPUBuffer;
  matrix(values: Float64Array, rows: number, columns: number, format: Format, bias?: ArrayLike<number>): DeviceMatrix;
  /** The same matrix in chunks of at most `limit` bytes; `factors` 2: [gate; up]. */
  split(matrix: DeviceMatrix, values: Float64Array, factors: 1 | 2, limit: number): DeviceMatrix;
  /** Replays the commands for a step of `rows` and `scored` rows, then reads `count` words of each buffer. */
  run(
    commands: readonly (Command | readonly Command[])[],
    step: { rows: number; scored?: number },
    read: readonly [GPUBuffer, number][],
  ): Promise<ArrayBuffer[]>;
  /** Frees all buffers made so far. */
  clear(): void;
  close(): Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const gpu = await openGpu();
  const memory = new Memory(gpu);
  const pipelines = new Pipelines(gpu);
  const lasting = memory.pool();
  const step = lasting.buffer('step', 16, 'uniform');
  let pool = memory.pool();
  const upload = (bytes: Uint8Array, label: string): GPUBuffer => {
    const buffer = pool.buffer(label, bytes.length);
    const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
    padded.set(bytes);
    gpu.device.queue.writeBuffer(buffer, 0, padded);
    return buffer;
  };
  const floats = (values: ArrayLike<number>): GPUBuffer =>
    upload(new Uint8Array(Float32Array.from(values).buffer), 'floats');
  return {
    gpu,
    memory,
    recorder: {
      gpu,
      pipelines,
      step,
      pool: { buffer: (...args) => pool.buffer(...args), dispose: () => pool.dispose() },
    },
    floats,
    words: (values) => upload(new Uint8Array(Uint32Array.from(values).buffer), 'words'),
    matrix: (values, rows, columns, format, bias) => ({
      label: `${rows}x${columns}`,
      rows,
      columns,
      chunks: [{ first: 0, rows, format, buffer: upload(grouped(narrow(values, format), format), 'matrix') }],
      bias: bias ? floats(bias) : null,
    }),
    split(matrix, values, factors, limit) {
      const { label, columns } = matrix;
      const { format } = matrix.chunks[0]!;
      const rows = matrix.rows / factors;
      const part = (first: number, count: number): Float64Array =>
        values.subarray(first * columns, (first + count) * columns);
      const chunks = rowChunks(label, { rows, columns, format, factors }, limit).map((chunk) => {
        const held = Array.from({ length: factors }, (_, f) => part(f * rows + chunk.first, chunk.rows / factors));
        const bytes = narrow(Float64Array.from(held.flatMap((factor) => [...factor])), format);
        return { ...chunk, format, buffer: upload(grouped(bytes, format), 'chunk') };
      });
      return { ...matrix, chunks };
    },
    async run(commands, { rows, scored = 0 }, read) {
      gpu.device.queue.writeBuffer(step, 0, Uint32Array.of(rows, scored));
      const staging = read.map(([, count], i) => pool.buffer(`staging ${i}`, 4 * count, 'readback'));
      const copies = read.map(([buffer, count], i) => ({ from: buffer, to: staging[i]!, bytes: 4 * count, at: 0 }));
      await gpu.scope('a test', () => replay(gpu, commands.flat(), { rows, scored }, zeroCounts(), copies));
      const out: ArrayBuffer[] = [];
      for (const [i, buffer] of staging.entries()) {
        await gpu.wait(buffer.mapAsync(GPUMapMode.READ));
        out.push(buffer.getMappedRange().slice(0, copies[i]!.bytes));
        buffer.unmap();
      }
      return out;
    },
    clear() {
      pool.dispose();
      pool = memory.pool();
    },
    async close() {
      pool.dispose();
      lasting.dispose();
      await gpu.dispose();
    },
  };
}

/** Seeded normal values as f32 holds them. */
export function random(seed: number, length: number, scale = 1): Float64Array {
  const normal = normals(seed);
  return Float64Array.from(Float32Array.from({ length }, () => scale * normal()));
}

/** The values that `format` can hold nearest to these: a reference must see the weights that the kernel sees. */
export function rounded(values: Float64Array, format: Format): Float64Array {
  return widen(narrow(values, format), format);
}

/** Sum of squared differences over the sum of squares. */
function nmse(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    error += (found[i]! - expected[i]!) ** 2;
    size += expected[i]! ** 2;
  }
  return size === 0 ? error : error / size;
}

/** Fails above `limit`, and tells the largest difference and where it is. */
export function close(label: string, found: Float32Array, expected: Float64Array, limit: number): void {
  assert.is(found.length, expected.length, label);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (!(Math.abs(found[i]! - expected[i]!) <= Math.abs(found[worst]! - expected[worst]!))) worst = i;
  }
  const error = nmse(found, expected);
  const message = `${label}: NMSE ${error.toExponential(1)}, largest difference at ${worst}: ${found[worst]} for ${expected[worst]}`;
  assert.ok(error <= limit, message);
}
