// The device: what it reports, how its errors end, and that the process ends by itself.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { type Gpu, openGpu } from '../../../gpu/device/device.ts';
import { runScript } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('device');
const gpu = await openGpu();
test.after(() => gpu.dispose());

const rejected = async (promise: Promise<unknown>): Promise<BenchError> => {
  try {
    await promise;
  } catch (error) {
    assert.instance(error, BenchError);
    return error as BenchError;
  }
  throw new Error('nothing was rejected');
};

const ADD_ONE = `
@group(0) @binding(0) var<storage, read_write> data: array<u32, 64>;
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) { data[i] += 1u; }`;

function pipeline(on: Gpu): GPUComputePipeline {
  const module = on.device.createShaderModule({ label: 'add-one.wgsl', code: ADD_ONE });
  return on.device.createComputePipeline({ label: 'add-one', layout: 'auto', compute: { module } });
}

test('runs a kernel and reads its result', async () => {
  const add = pipeline(gpu);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const data = gpu.device.createBuffer({ label: 'data', size: 256, usage });
  const back = gpu.device.createBuffer({ size: 256, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  gpu.device.queue.writeBuffer(
    data,
    0,
    Uint32Array.from({ length: 64 }, (_, i) => i * i),
  );
  await gpu.scope('add-one', () => {
    const layout = add.getBindGroupLayout(0);
    const group = gpu.device.createBindGroup({ layout, entries: [{ binding: 0, resource: { buffer: data } }] });
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(add);
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(1);
    pass.dispatchWorkgroups(1);
    pass.end();
    encoder.copyBufferToBuffer(data, 0, back, 0, 256);
    gpu.device.queue.submit([encoder.finish()]);
  });
  await gpu.wait(back.mapAsync(GPUMapMode.READ));
  assert.equal(
    [...new Uint32Array(back.getMappedRange())],
    Array.from({ length: 64 }, (_, i) => i * i + 2),
  );
  back.unmap();
  for (const buffer of [data, back]) buffer.destroy();
});

test('has every limit of the device and reports its testbed', () => {
  assert.ok(gpu.limits.maxStorageBufferBindingSize >= 128 * 2 ** 20);
  // WebGPU's default is 256 MiB: more of it means that the device's own limit was asked for.
  assert.ok(gpu.limits.maxBufferSize > 256 * 2 ** 20);
  for (const [name, value] of Object.entries(gpu.testbed)) assert.ok(value !== '' && value !== 'unknown', name);
  assert.match(gpu.deviceClass, gpu.testbed.driverVersion);
  assert.match(gpu.deviceClass, 'webgpu 0.6');
  assert.not.match(gpu.deviceClass, gpu.testbed.cpu);
  assert.is(gpu.fallback.kind === 'hardware', !gpu.software);
  assert.type(gpu.has.timestamps, 'boolean');
  if (gpu.fallback.kind === 'swiftshader') assert.match(gpu.testbed.driverVersion, '@sparticuz/chromium 147.0');
});

test('a validation error names the work and the labels of buffer and group', async () => {
  const add = pipeline(gpu);
  const small = gpu.device.createBuffer({ label: 'weights.0', size: 64, usage: GPUBufferUsage.STORAGE });
  const error = await rejected(
    gpu.scope('kernel add-one', () => {
      const layout = add.getBindGroupLayout(0);
      const entries = [{ binding: 0, resource: { buffer: small } }];
      gpu.device.createBindGroup({ label: 'add-one group', layout, entries });
    }),
  );
  small.destroy();
  assert.is(error.code, 'gpu-validation');
  for (const part of ['kernel add-one', 'weights.0', 'add-one group']) assert.match(error.message, part);
  await gpu.scope('a scope after a failed one', () => {});
});

test('a shader that does not compile names its label and the reason', async () => {
  const code = 'fn f() -> u32 { return 1.5; }';
  const error = await rejected(
    gpu.scope('kernel f', () => {
      gpu.device.createShaderModule({ label: 'f.wgsl', code });
    }),
  );
  assert.is(error.code, 'gpu-validation');
  assert.match(error.message, 'cannot convert');
  assert.match(error.message, 'f.wgsl');
});

test('the work’s own BenchError comes through; any other gives way to the device’s', async () => {
  const fails = (error: Error | undefined) =>
    rejected(
      gpu.scope('work', async () => {
        gpu.device.createBuffer({ label: 'huge', size: gpu.limits.maxBufferSize + 4, usage: GPUBufferUsage.STORAGE });
        if (error) throw error;
      }),
    );
  const own = new BenchError('x', 'mine');
  assert.is(await fails(own), own);
  for (const error of [await fails(new TypeError('a consequence')), await fails(undefined)]) {
    assert.is(error.code, 'gpu-validation');
    assert.match(error.message, 'huge');
  }
  const alone = new TypeError('alone');
  const work = gpu.scope('work', () => {
    throw alone;
  });
  assert.is(await work.catch((error) => error), alone);
});

test('an error outside any scope fails the next wait', async () => {
  const own = await openGpu();
  const buffer = own.device.createBuffer({ label: 'tokens', size: 16, usage: GPUBufferUsage.COPY_DST });
  own.device.queue.writeBuffer(buffer, 0, new Uint8Array(64));
  const error = await rejected(own.wait(own.device.queue.onSubmittedWorkDone()));
  await own.dispose();
  assert.is(error.code, 'gpu-validation');
  assert.match(error.message, 'tokens');
});

test('losing the device rejects what waits for it', async () => {
  for (const pending of ['map', 'never'] as const) {
    const own = await openGpu();
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    const buffer = own.device.createBuffer({ size: 16, usage });
    const waiting = rejected(own.wait(pending === 'map' ? buffer.mapAsync(GPUMapMode.READ) : new Promise(() => {})));
    own.device.destroy();
    assert.is((await waiting).code, 'device-lost', pending);
    assert.is((await rejected(own.wait(Promise.resolve()))).code, 'device-lost');
    await own.dispose();
    await own.dispose();
  }
});

test('waiting leaves the core idle and adds little to the wait', async () => {
  const start = performance.now();
  const before = process.cpuUsage();
  for (let i = 0; i < 5; i++) await gpu.wait(new Promise((resolve) => setTimeout(resolve, 200)));
  const { user, system } = process.cpuUsage(before);
  const elapsedMs = performance.now() - start;
  const busyMs = (user + system) / 1000;
  assert.ok(busyMs < 0.25 * elapsedMs, `${busyMs.toFixed(0)} ms of CPU in ${elapsedMs.toFixed(0)} ms`);
});

// lavapipe accepts any size, and hardware may have the room: only SwiftShader refuses for certain.
if (gpu.fallback.kind === 'swiftshader') {
  test('running out of memory names the buffer’s work', async () => {
    const error = await rejected(
      gpu.scope('buffer weights.9', () => {
        const size = gpu.limits.maxBufferSize;
        gpu.device.createBuffer({ label: 'weights.9', size, usage: GPUBufferUsage.STORAGE }).destroy();
      }),
    );
    assert.is(error.code, 'gpu-memory');
    assert.match(error.message, 'weights.9');
    assert.ok(error.hint);
  });
} else test.skip('running out of memory names the buffer’s work', 'only SwiftShader refuses a buffer of maxBufferSize');

const WORK = `
  const { openGpu } = await import('./gpu/device/device.ts');
  const gpu = await openGpu();
  const size = 1 << 20;
  for (let i = 0; i < 8; i++) {
    const buffer = gpu.device.createBuffer({ size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    gpu.device.queue.writeBuffer(buffer, 0, new Uint8Array(size).fill(i));
    await gpu.wait(buffer.mapAsync(GPUMapMode.READ));
    if (new Uint8Array(buffer.getMappedRange())[size - 1] !== i) throw new Error('wrong bytes');
    buffer.destroy();
    gc();
  }
  gc();
  await new Promise((resolve) => setTimeout(resolve, 20));
  gc();
  const end = (text) => console.log(text + ' ' + Date.now());
`;

for (const [title, tail, code] of [
  ['closes the device', 'await gpu.dispose(); gc(); end("done")', 0],
  ['leaves the device open', 'end("done")', 0],
  ['fails', 'end("done"); throw new Error("thrown on purpose")', 1],
  ['sets an exit code', 'process.exitCode = 3; await gpu.dispose(); end("done")', 3],
  ['exits with work pending', 'gpu.device.queue.onSubmittedWorkDone(); end("done"); process.exit(4)', 4],
] as const) {
  test(`a process that ${title} ends by itself with ${code}`, async () => {
    const ended = await runScript(WORK + tail);
    const endedAt = Date.now();
    assert.is(ended.signal, null, ended.stderr);
    assert.is(ended.code, code, ended.stderr);
    const doneAt = Number(/done (\d+)/.exec(ended.stdout)?.[1]);
    assert.ok(endedAt - doneAt < 20_000, `${endedAt - doneAt} ms from the end of the work to the end of the process`);
  });
}

test('open, use and close again and again, with collections between', async () => {
  const ended = await runScript(`
    const { openGpu } = await import('./gpu/device/device.ts');
    for (let i = 0; i < 6; i++) {
      const gpu = await openGpu();
      gpu.device.createBuffer({ size: 4096, usage: GPUBufferUsage.STORAGE });
      await gpu.wait(gpu.device.queue.onSubmittedWorkDone());
      await gpu.dispose();
      gc();
      await new Promise((resolve) => setTimeout(resolve, 10));
      gc();
    }
    console.log('through');
  `);
  assert.is(ended.code, 0, ended.stderr);
  assert.match(ended.stdout, 'through');
});

test.run();
