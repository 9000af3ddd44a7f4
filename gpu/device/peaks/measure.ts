// What the device can do at most, measured: multiply-adds without memory, and reads without arithmetic.

import { readFileSync } from 'node:fs';
import type { Peaks } from '../contract.ts';
import type { Gpu } from '../device.ts';
import { Memory, type Pool } from '../memory.ts';

const LANES = 64;
/** Twelve chains of 64 times 16 steps, two operations each: see fma.wgsl. */
const FLOPS_PER_LANE = 12 * 64 * 16 * 2;
/** Beyond the caches of either kind. */
const STREAM_BYTES = { software: 64 * 2 ** 20, hardware: 256 * 2 ** 20 } as const;
const ROUNDS = 7;

/** The best of a few rounds each: the least disturbed. By the device's timestamps where it has them. */
export async function measurePeaks(gpu: Gpu, memory = new Memory(gpu), rounds = ROUNDS): Promise<Peaks> {
  const groups = gpu.software ? 128 : 65535;
  const readers = gpu.software ? 64 : 4096;
  const bytes = Math.min(gpu.software ? STREAM_BYTES.software : STREAM_BYTES.hardware, memory.maxBindingBytes);
  const pool = memory.pool();
  try {
    const run = { gpu, pool, rounds };
    const fma = await best(run, 'fma', 'main', groups, null);
    const data = pool.buffer('stream', bytes);
    const reads = [
      await best(run, 'stream', 'neighbours', readers, data),
      await best(run, 'stream', 'runs', readers, data),
    ];
    return {
      gflops: (groups * LANES * FLOPS_PER_LANE) / fma / 1e6,
      gbPerSecond: data.size / Math.min(...reads) / 1e6,
    };
  } finally {
    pool.dispose();
  }
}

/** Least milliseconds of a dispatch of `groups` workgroups. */
async function best(
  { gpu, pool, rounds }: { readonly gpu: Gpu; readonly pool: Pool; readonly rounds: number },
  name: 'fma' | 'stream',
  entryPoint: string,
  groups: number,
  data: GPUBuffer | null,
): Promise<number> {
  const { device } = gpu;
  const code = readFileSync(new URL(`${name}.wgsl`, import.meta.url), 'utf8');
  const module = device.createShaderModule({ label: name, code });
  const pipeline = await gpu.wait(
    device.createComputePipelineAsync({ layout: 'auto', compute: { module, entryPoint } }),
  );
  const buffers = [pool.buffer(name, groups * LANES * 4), ...(data === null ? [] : [data])];
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  const group = device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries });
  const queries = gpu.has.timestamps ? device.createQuerySet({ label: name, type: 'timestamp', count: 2 }) : null;
  const resolved = pool.buffer('timestamps', 16, 'timestamps');
  const readback = pool.buffer('times', 16, 'readback');
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round <= rounds; round++) {
    const encoder = device.createCommandEncoder();
    const writes = queries && { querySet: queries, beginningOfPassWriteIndex: 0, endOfPassWriteIndex: 1 };
    const pass = encoder.beginComputePass(writes ? { timestampWrites: writes } : {});
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(groups);
    pass.end();
    if (queries) {
      encoder.resolveQuerySet(queries, 0, 2, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readback, 0, 16);
    }
    const start = performance.now();
    device.queue.submit([encoder.finish()]);
    await gpu.wait(readback.mapAsync(GPUMapMode.READ));
    const wall = performance.now() - start;
    const [from, to] = new BigUint64Array(readback.getMappedRange().slice(0)) as unknown as [bigint, bigint];
    readback.unmap();
    if (round > 0) least = Math.min(least, to > from ? Number(to - from) / 1e6 : wall);
  }
  queries?.destroy();
  return least;
}
