// What `bench doctor` finds out: the device as plain data, and whether a matmul on it agrees with the f64 reference.

import { readFile } from 'node:fs/promises';
import { type Fallback, type Gpu, openGpu, type Testbed } from './device.ts';
import { speedHint } from './driver.ts';
import { matmul } from './reference/matmul.ts';

const SHAPE = { m: 64, k: 256, n: 256 } as const;

/** Normalised mean squared error of an f32 sum of 256 products: rounding leaves about 1e-14, a wrong term 1e-3. */
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

async function runMatmul(gpu: Gpu, x: Float32Array<ArrayBuffer>, w: Float32Array<ArrayBuffer>) {
  const { device } = gpu;
  const { m, k, n } = SHAPE;
  const { STORAGE, COPY_SRC, COPY_DST, MAP_READ } = GPUBufferUsage;
  const buffer = (label: string, size: number, usage: number) => device.createBuffer({ label, size, usage });
  const buffers = {
    x: buffer('check x', x.byteLength, STORAGE | COPY_DST),
    w: buffer('check w', w.byteLength, STORAGE | COPY_DST),
    y: buffer('check y', m * n * 4, STORAGE | COPY_SRC),
    back: buffer('check back', m * n * 4, MAP_READ | COPY_DST),
  };
  const code = await readFile(new URL('./check.wgsl', import.meta.url), 'utf8');
  try {
    const pipeline = await gpu.scope('check.wgsl', () => {
      const module = device.createShaderModule({ label: 'check.wgsl', code });
      return device.createComputePipeline({
        label: 'check',
        layout: 'auto',
        compute: { module, constants: { M: m, K: k, N: n } },
      });
    });
    device.queue.writeBuffer(buffers.x, 0, x);
    device.queue.writeBuffer(buffers.w, 0, w);
    const group = device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: [buffers.x, buffers.w, buffers.y].map((one, binding) => ({ binding, resource: { buffer: one } })),
    });
    const step = async (): Promise<Float32Array> => {
      const encoder = device.createCommandEncoder({ label: 'check' });
      const pass = encoder.beginComputePass({ label: 'check' });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(Math.ceil(n / 64), m);
      pass.end();
      encoder.copyBufferToBuffer(buffers.y, 0, buffers.back, 0, m * n * 4);
      device.queue.submit([encoder.finish()]);
      await gpu.wait(buffers.back.mapAsync(GPUMapMode.READ));
      const result = new Float32Array(buffers.back.getMappedRange().slice(0));
      buffers.back.unmap();
      return result;
    };
    // The first run compiles: it gives the result and no time.
    const result = await gpu.scope('the kernel check', step);
    const times: number[] = [];
    const start = performance.now();
    while (times.length < TIMING.least || (performance.now() - start < TIMING.budgetMs && times.length < TIMING.most)) {
      const before = performance.now();
      await step();
      times.push(performance.now() - before);
    }
    return { result, times };
  } finally {
    for (const one of Object.values(buffers)) one.destroy();
  }
}

/** Runs the check on an open device. */
export async function checkKernels(gpu: Gpu): Promise<KernelCheck> {
  const { m, k, n } = SHAPE;
  const x = values(m * k, 1);
  const w = values(n * k, 2);
  const { result, times } = await runMatmul(gpu, x, w);
  const nmse = normalisedError(result, matmul(x, w, k));
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

/** Opens the device, examines it and closes it. Throws BenchError `no-adapter` where there is none. */
export async function inspectDevice(adapter?: string): Promise<DeviceReport> {
  const gpu = await openGpu(adapter === undefined ? {} : { adapter });
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
