// What the device can do at most, measured: multiply-adds without memory, and reads without arithmetic.

import { readFileSync } from 'node:fs';
import type { Gpu } from '../gpu/device.ts';

const LANES = 64;
/** Twelve chains of 64 times 16 steps, two operations each: see fma.wgsl. */
const FLOPS_PER_LANE = 12 * 64 * 16 * 2;
const STREAM_BYTES = 64 * 2 ** 20;
const ROUNDS = 7;

export interface Peaks {
  readonly gflops: number;
  readonly gbPerSecond: number;
}

/** The best of a few rounds each: the least disturbed. */
export async function measurePeaks(gpu: Gpu): Promise<Peaks> {
  const groups = gpu.software ? 2048 : 65535;
  const readers = gpu.software ? 64 : 4096;
  const fma = await best(gpu, 'fma', 'main', groups, null);
  const reads = [
    await best(gpu, 'stream', 'neighbours', readers, STREAM_BYTES),
    await best(gpu, 'stream', 'runs', readers, STREAM_BYTES),
  ];
  return {
    gflops: (groups * LANES * FLOPS_PER_LANE) / fma / 1e6,
    gbPerSecond: STREAM_BYTES / Math.min(...reads) / 1e6,
  };
}

/** Least milliseconds of a dispatch of `groups` workgroups. */
async function best(
  gpu: Gpu,
  name: 'fma' | 'stream',
  entryPoint: string,
  groups: number,
  bytes: number | null,
): Promise<number> {
  const { device } = gpu;
  const code = readFileSync(new URL(`${name}.wgsl`, import.meta.url), 'utf8');
  const module = device.createShaderModule({ label: name, code });
  const pipeline = await gpu.wait(
    device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint } }),
  );
  const storage = 0x80;
  const buffers = [groups * LANES * 4, ...(bytes === null ? [] : [bytes])].map((size) =>
    device.createBuffer({ label: name, size, usage: storage }),
  );
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= ROUNDS; round++) {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await gpu.wait(device.queue.onSubmittedWorkDone());
    if (round > 0) least = Math.min(least, performance.now() - start);
  }
  for (const buffer of buffers) buffer.destroy();
  return least;
}
