// Time on the device, by its timestamps.

import { performance } from 'node:perf_hooks';
import * as assert from 'uvu/assert';
import { GpuClock } from '../../../gpu/device/clock.ts';
import { openGpu } from '../../../gpu/device/device.ts';
import { Memory } from '../../../gpu/device/memory.ts';
import { DENSE, loadEngine } from '../../../gpu/index.ts';
import { test } from '../../support/suite.ts';

const NANO = new URL('../../../models/persona-nano', import.meta.url).pathname;

test('the device works for a part of the time that a caller waits, and longer for more', async () => {
  const engine = await loadEngine(NANO, { maxRows: 64 });
  const once = async (length: number): Promise<{ gpu: number; wall: number }> => {
    engine.resetCounters();
    const tokens = Uint32Array.from({ length }, (_, i) => 1 + (i % 50));
    const start = performance.now();
    await engine.score([{ tokens, from: 1, variant: DENSE }]);
    return { wall: performance.now() - start, gpu: engine.gpuMs() ?? Number.NaN };
  };
  // The least of a few: another process may hold the device's thread up for longer than the short step takes.
  const timed = async (length: number) => {
    const all = [await once(length), await once(length), await once(length)];
    return all.reduce((least, one) => (one.gpu < least.gpu ? one : least));
  };
  try {
    assert.ok(engine.device.timestamps, 'both software drivers have timestamps');
    await once(400); // compiles
    const long = await timed(400);
    const short = await timed(4);
    assert.ok(short.gpu > 0 && short.gpu < short.wall, JSON.stringify(short));
    assert.ok(long.gpu > short.gpu && long.gpu < long.wall, JSON.stringify({ long, short }));
    engine.resetCounters();
    assert.is(engine.gpuMs(), 0);
  } finally {
    await engine.dispose();
  }
});

test('a prompt of many steps is timed whole, and more steps than the clock holds give no time', async () => {
  const engine = await loadEngine(NANO, { maxRows: 2 });
  const sampling = { maxTokens: 1, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
  const prompt = async (length: number): Promise<number | null> => {
    engine.resetCounters();
    const prompts = [{ tokens: new Uint32Array(length).fill(5), variant: DENSE }];
    for await (const _ of engine.generate(prompts, sampling)) assert.ok(true);
    return engine.gpuMs();
  };
  try {
    const [few, many] = [await prompt(20), await prompt(200)];
    assert.ok(few !== null && many !== null && many > few, `${few} ms, ${many} ms`);
    assert.is(await prompt(400), null);
    assert.ok((await prompt(20)) !== null, 'a reset clears it');
  } finally {
    await engine.dispose();
  }
});

test('its buffers stand in the ledger and leave it; without timestamps there is no clock', async () => {
  const gpu = await openGpu();
  try {
    const memory = new Memory(gpu);
    const clock = GpuClock.open(gpu, memory);
    assert.ok(clock !== null && memory.bytes >= GpuClock.maxBytes);
    clock.dispose();
    assert.is(memory.bytes, 0);
    assert.is(GpuClock.open({ ...gpu, has: { ...gpu.has, timestamps: false } }, memory), null);
  } finally {
    await gpu.dispose();
  }
});

test.run();
