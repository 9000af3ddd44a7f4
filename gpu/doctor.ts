// What `bench doctor` finds out: the device as plain data, and whether a matmul on it agrees with the f64 reference.

import { replay, zeroCounts } from './device/commands.ts';
import type { Testbed } from './device/contract.ts';
import { type Fallback, type Gpu, openGpu } from './device/device.ts';
import { speedHint } from './device/driver.ts';
import { Memory } from './device/memory.ts';
import { Pipelines } from './device/pipelines.ts';
import { matmul } from './kernels/matmul.ts';
import { matmul as reference } from './reference/matmul.ts';

const SHAPE = { m: 128, k: 256, n: 512 } as const;

/** Normalised mean squared error of an f32 sum of 256 products: rounding leaves about 1e-13, a wrong term 1e-3. */
const MAX_NMSE = 1e-10;

/** How long the timing may take in all, and its least and greatest number of runs. */
const TIMING = { budgetMs: 600, least: 5, most: 200 } as const;

const FEATURES = ['timestamp-query', 'subgroups', 'shader-f16'] as const;
const LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'minStorageBufferOffsetAlignment',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupStorageSize',
] as const;

/** A kernel's result against its twin, and its speed. */
export interface KernelCheck {
  readonly kernel: string;
  readonly shape: { readonly m: number; readonly k: number; readonly n: number };
  readonly nmse: number;
  readonly tolerance: number;
  readonly passed: boolean;
  readonly runs: number;
  readonly medianMs: number; // submit to readable result
  readonly gflops: number;
}

/** What `bench doctor` reports. */
export interface DeviceReport {
  readonly testbed: Testbed;
  readonly fallback: Fallback;
  readonly deviceClass: string;
  readonly features: readonly string[];
  readonly absent: readonly string[]; // features the engine could use and the device lacks
  readonly limits: Readonly<Record<(typeof LIMITS)[number], number>>;
  readonly check: KernelCheck;
  readonly advice: string | null; // what to install to get faster; null on hardware
}

/** Values in [-1, 1) from a fixed linear congruence (Numerical Recipes), the same on every machine. */
function values(count: number, seed: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count);
  let state = seed >>> 0;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = state / 2 ** 31 - 1;
  }
  return out;
}

/** sum((got - want)^2) / sum(want^2); NaN or a missing value makes it NaN or 1, never small. */
export function normalisedError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let error = 0;
  let power = 0;
  for (let i = 0; i < want.length; i++) {
    const wanted = want[i] ?? 0;
    error += ((got[i] ?? 0) - wanted) ** 2;
    power += wanted ** 2;
  }
  return error / power;
}

/** The engine's own matmul, once for its result and then for its time. */
async function runMatmul(gpu: Gpu, x: Float32Array<ArrayBuffer>, w: Float32Array<ArrayBuffer>) {
  const { m, k, n } = SHAPE;
  const { queue } = gpu.device;
  const pool = new Memory(gpu).pool();
  try {
    const step = { rows: m, scored: 0 };
    const on = { gpu, pipelines: new Pipelines(gpu), pool, step: pool.buffer('step', 8, 'uniform') };
    const from = pool.buffer('check x', x.byteLength);
    const weight = pool.buffer('check w', w.byteLength);
    const to = pool.buffer('check y', m * n * 4);
    const back = pool.buffer('check back', m * n * 4, 'readback');
    queue.writeBuffer(on.step, 0, Uint32Array.of(step.rows, step.scored));
    queue.writeBuffer(from, 0, x);
    queue.writeBuffer(weight, 0, w);
    const chunks = [{ first: 0, rows: n, buffer: weight, format: 'f32' as const }];
    const matrix = { label: 'check', rows: n, columns: k, chunks, bias: null };
    const commands = matmul(on, { x: from, w: matrix, y: to });
    const counts = zeroCounts();
    const once = async (): Promise<Float32Array> => {
      await replay(gpu, commands, step, counts, [{ from: to, to: back, bytes: m * n * 4, at: 0 }]);
      await gpu.wait(back.mapAsync(GPUMapMode.READ));
      const result = new Float32Array(back.getMappedRange().slice(0));
      back.unmap();
      return result;
    };
    // The first run compiles: it gives the result and no time.
    const result = await once();
    const times: number[] = [];
    const start = performance.now();
    while (times.length < TIMING.least || (performance.now() - start < TIMING.budgetMs && times.length < TIMING.most)) {
      const before = performance.now();
      await once();
      times.push(performance.now() - before);
    }
    return { result, times };
  } finally {
    pool.dispose();
  }
}

/** Runs the check on an open device. */
export async function checkKernels(gpu: Gpu): Promise<KernelCheck> {
  const { m, k, n } = SHAPE;
  const x = values(m * k, 1);
  const w = values(n * k, 2);
  const { result, times } = await runMatmul(gpu, x, w);
  const nmse = normalisedError(result, reference(x, w, k));
  const medianMs = times.sort((a, b) => a - b)[times.length >> 1] ?? Number.NaN;
  return {
    kernel: 'matmul',
    shape: SHAPE,
    nmse,
    tolerance: MAX_NMSE,
    passed: nmse <= MAX_NMSE,
    runs: times.length,
    medianMs,
    gflops: (2 * m * k * n) / (medianMs * 1e6),
  };
}

/** Opens the device, examines it and closes it. Throws `no-device` where there is none. */
export async function inspectDevice(device?: string): Promise<DeviceReport> {
  const gpu = await openGpu(device === undefined ? {} : { device });
  try {
    const limits = Object.fromEntries(LIMITS.map((name) => [name, gpu.limits[name]])) as DeviceReport['limits'];
    return {
      testbed: gpu.testbed,
      fallback: gpu.fallback,
      deviceClass: gpu.deviceClass,
      features: FEATURES.filter((name) => gpu.device.features.has(name)),
      absent: FEATURES.filter((name) => !gpu.device.features.has(name)),
      limits,
      check: await checkKernels(gpu),
      advice: speedHint(gpu.fallback.kind, gpu.testbed.driver, gpu.testbed.driverVersion),
    };
  } finally {
    await gpu.dispose();
  }
}
