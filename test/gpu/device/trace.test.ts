// A step taken apart: a pass and a pair of timestamps for every dispatch, and what each does in exact figures.

import { performance } from 'node:perf_hooks';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { zeroCounts } from '../../../gpu/device/commands.ts';
import { openGpu } from '../../../gpu/device/device.ts';
import { Memory } from '../../../gpu/device/memory.ts';
import { Pipelines } from '../../../gpu/device/pipelines.ts';
import { Tracer } from '../../../gpu/device/trace.ts';
import {
  DENSE,
  type Dispatch,
  loadEngine,
  type MaskTensor,
  type TracedStep,
  type Variant,
} from '../../../gpu/index.ts';
import { steer } from '../../../gpu/kernels/steer.ts';
import { fixture } from '../../support/folders.ts';
import { test } from '../../support/suite.ts';

const NANO = new URL('../../../models/persona-nano', import.meta.url).pathname;
const TOKENS = Uint32Array.from({ length: 70 }, (_, i) => 1 + ((i * 7) % 50));

const dispatchesOf = (steps: readonly TracedStep[]): readonly Dispatch[] =>
  steps.flatMap(({ dispatches }) => dispatches);
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test('the same bits come out, the dispatches lie in their step one after another, and the step in the wall clock', async () => {
  const engine = await loadEngine(NANO, { maxRows: 32 });
  try {
    const sequences = [4, 33, 60].map((from) => ({ tokens: TOKENS.subarray(0, from + 8), from, variant: DENSE }));
    const plain = await engine.score(sequences.slice(0, 1));
    await engine.trace(async () => void (await engine.score(sequences.slice(0, 1)))); // compiles
    const start = performance.now();
    let traced = plain;
    const steps = await engine.trace(async () => {
      traced = await engine.score(sequences.slice(0, 1));
    });
    const end = performance.now();
    assert.equal(traced, plain);
    assert.equal(await engine.score(sequences.slice(0, 1)), plain, 'and after it');
    assert.ok(steps !== null && steps.length > 0);
    // Dawn's quantisation would leave multiples of 65,536 ns.
    const fine = dispatchesOf(steps).filter(({ ms }) => Math.round(ms * 1e6) % 65_536 !== 0);
    assert.ok(fine.length > 0, 'timestamps are not quantised');
    let last = start;
    for (const step of steps) {
      assert.ok(step.startMs >= last && step.endMs <= end, JSON.stringify([step.startMs, step.endMs]));
      last = step.startMs;
      for (const { startMs, ms, kernel } of step.dispatches) {
        assert.ok(startMs >= last - 1e-6 && ms >= 0, `${kernel} begins before the one before it ends`);
        last = startMs + ms;
      }
      assert.ok(last <= step.endMs, `the kernels end ${last - step.endMs} ms after their step`);
      assert.ok(step.dispatches.some(({ ms }) => ms > 0));
      last = step.endMs;
    }
  } finally {
    await engine.dispose();
  }
});

test('multiply-adds of the kernels are those that the engine counts; every kernel has an account and a name', async () => {
  const engine = await loadEngine(NANO);
  try {
    for (const ask of [
      async () => void (await engine.top(TOKENS, 1)),
      async () => void (await engine.score([{ tokens: TOKENS, from: TOKENS.length - 1, variant: DENSE }])),
    ]) {
      engine.resetCounters();
      const dispatches = dispatchesOf((await engine.trace(ask)) ?? []);
      assert.is(sum(dispatches.map(({ flops }) => flops ?? Number.NaN)), engine.counters().flops);
      assert.is(dispatches.length, engine.counters().dispatches);
      assert.ok(dispatches.every(({ bytes = 0 }) => bytes > 0));
      const names = new Set(dispatches.map(({ kernel }) => kernel));
      for (const name of ['embed', 'norm', 'matmul qkv', 'rope', 'attention', 'matmul o', 'matmul up', 'matmul down']) {
        assert.ok(names.has(name), `${name} in ${[...names].join(', ')}`);
      }
    }
    // The weights are read once per pass, and are most of what a short step moves.
    engine.resetCounters();
    const one = dispatchesOf((await engine.trace(async () => void (await engine.top(TOKENS.subarray(0, 1), 1)))) ?? []);
    const bytes = sum(one.map(({ bytes = 0 }) => bytes));
    const { weightBytes } = engine.counters();
    assert.ok(bytes > weightBytes && bytes < 1.2 * weightBytes, `${bytes} against ${weightBytes} of weights`);
  } finally {
    await engine.dispose();
  }
});

test('so they are for other families, with windows, and for several sequences that are continued together', async () => {
  const families = ['gpt2', 'gpt_neox', 'llama-bf16', 'mistral', 'qwen3'];
  for (const family of families) {
    const engine = await loadEngine(fixture(`families/${family}`));
    try {
      const { vocab, windows } = engine.spec;
      if (family === 'mistral')
        assert.ok(
          windows.some((window) => window > 0 && window < 40),
          windows.join(),
        );
      const tokens = Uint32Array.from({ length: 40 }, (_, i) => (i * 7) % vocab);
      const prompts = [tokens, tokens.subarray(0, 9)].map((part) => ({ tokens: part, variant: DENSE }));
      const sampling = { maxTokens: 3, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
      engine.resetCounters();
      const steps = await engine.trace(async () => {
        for await (const _ of engine.generate(prompts, sampling));
      });
      assert.is(sum(dispatchesOf(steps ?? []).map(({ flops = Number.NaN }) => flops)), engine.counters().flops, family);
    } finally {
      await engine.dispose();
    }
  }
});

test('a step of more dispatches than a query set holds is traced in parts, in their order', async () => {
  const gpu = await openGpu();
  try {
    const memory = new Memory(gpu);
    const pool = memory.pool();
    const step = pool.buffer('step', 16, 'uniform');
    const recorder = { gpu, pipelines: new Pipelines(gpu), pool, step };
    const [x, v] = [pool.buffer('x', 64), pool.buffer('v', 64)];
    const node = steer(recorder, { v, x }, { width: 16, scale: 1, project: false });
    gpu.device.queue.writeBuffer(step, 0, Uint32Array.of(1, 0));
    const held = memory.bytes;
    const tracer = new Tracer(gpu, memory);
    const counts = zeroCounts();
    const steps = await tracer.during(async () => {
      await tracer.replay(
        Array.from({ length: 2100 }, () => node),
        { rows: 1, scored: 0 },
        counts,
        [],
      );
    });
    const [{ dispatches, endMs }] = steps as readonly [TracedStep];
    assert.equal([dispatches.length, counts.dispatches, counts.submits], [2100, 2100, 2]);
    const ends = dispatches.map(({ startMs, ms }) => startMs + ms);
    assert.ok(dispatches.every(({ startMs }, i) => i === 0 || startMs >= ends[i - 1]! - 1e-6));
    assert.ok(ends.at(-1)! <= endMs);
    assert.is(memory.bytes, held);
    const without = new Tracer({ ...gpu, has: { ...gpu.has, timestamps: false } }, memory);
    const refused = await without.during(async () => {}).catch((error: BenchError) => error.code);
    assert.is(refused, 'no-timestamps');
    pool.dispose();
  } finally {
    await gpu.dispose();
  }
});

test('masks, adapters and vectors show in the kernels', async () => {
  const engine = await loadEngine(NANO);
  try {
    const [matrix] = engine.matrices;
    const { name, rows, columns } = matrix!;
    const words = new Uint32Array(rows * Math.ceil(columns / 32)).fill(0x0f0f0f0f);
    const tensors = new Map<string, MaskTensor>([[name, { rows, columns, words }]]);
    const masked: Variant = { id: 'masked', mask: { id: 'm', tensors }, layout: 'masked' };
    const low = { a: new Float32Array(2 * columns).fill(0.01), b: new Float32Array(rows * 2).fill(0.01) };
    const updated: Variant = {
      id: 'updated',
      adapter: { id: 'a', rank: 2, alpha: 2, tensors: new Map([[name, low]]) },
    };
    const vector = new Float32Array(engine.spec.hidden).fill(0.1);
    const steered: Variant = {
      id: 'steered',
      steer: { id: 's', edits: [{ layer: 0, kind: 'add', vector, scale: 1 }] },
    };
    const namesOf = async (variant: Variant): Promise<readonly string[]> => {
      const steps = await engine.trace(async () => void (await engine.top(TOKENS, 1, variant)));
      return dispatchesOf(steps ?? []).map(({ kernel }) => kernel);
    };
    const dense = await namesOf(DENSE);
    assert.ok(!dense.some((kernel) => /adapter|steer|expand/.test(kernel)), dense.join());
    assert.ok((await namesOf(masked)).includes('matmul qkv'));
    assert.is((await namesOf(updated)).filter((kernel) => kernel === 'matmul adapter').length, 2);
    assert.is((await namesOf(steered)).filter((kernel) => kernel === 'steer').length, 1);
  } finally {
    await engine.dispose();
  }
});

test('the peaks are above what any kernel reaches by multiply-adds, and a trace ends with what its work throws', async () => {
  const engine = await loadEngine(NANO);
  try {
    const held = engine.heldBytes;
    const peaks = await engine.peaks();
    assert.ok(peaks.gflops > 0 && peaks.gbPerSecond > 0, JSON.stringify(peaks));
    const long = Uint32Array.from({ length: 400 }, (_, i) => 1 + (i % 50));
    const ask = async () => void (await engine.top(long, 1));
    await engine.trace(ask);
    // Another process may have had a core while the peak was measured: of two cores that is half of it.
    for (const { kernel, flops = 0, ms } of dispatchesOf((await engine.trace(ask)) ?? [])) {
      if (ms > 0.05)
        assert.ok(flops / ms / 1e6 < 2 * peaks.gflops, `${kernel}: ${flops / ms / 1e6} of ${peaks.gflops}`);
    }
    const failed = engine.trace(async () => {
      throw new Error('on purpose');
    });
    assert.is(await failed.catch((error: Error) => error.message), 'on purpose');
    assert.ok(engine.heldBytes >= held, 'the pass for long prompts stays');
    await engine.trim();
    const trimmed = engine.heldBytes;
    await engine.peaks();
    assert.is(engine.heldBytes, trimmed, 'peaks and traces give their buffers back');
  } finally {
    await engine.dispose();
  }
});

test.run();
