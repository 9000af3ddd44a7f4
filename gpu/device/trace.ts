// Every dispatch of a step in a pass of its own, with timestamps at both ends: where a step's time goes, kernel by
// kernel. Slower than `replay`, with bit-identical results.

import { BenchError } from '../../base/error.ts';
import { type Command, type Copy, type Counts, dispatch, encodeCopies, readyCommands, type Step } from './commands.ts';
import type { Dispatch, Trace, TracedStep } from './contract.ts';
import type { Gpu } from './device.ts';
import type { Memory } from './memory.ts';

/** Dispatches between two readings: a query set has at most 4096 queries. */
const PASSES = 2048;
const BYTES_PER_PASS = 16;

/**
 * Times each dispatch of the steps that run while `during` does. It uses device memory only then, and needs no
 * disposal.
 */
export class Tracer {
  readonly #gpu: Gpu;
  readonly #memory: Memory;
  #steps: TracedStep[] | null = null;
  #whole = true;
  #on: { readonly queries: GPUQuerySet; readonly resolved: GPUBuffer; readonly readback: GPUBuffer } | null = null;

  constructor(gpu: Gpu, memory: Memory) {
    this.#gpu = gpu;
    this.#memory = memory;
  }

  /** Whether `during` runs: steps go through the tracer's `replay` then. */
  get active(): boolean {
    return this.#on !== null;
  }

  /**
   * The steps that go through `replay` while `work` runs; null where the device's counter was reset meanwhile. Not two
   * at a time. Throws `no-timestamps`, `gpu-memory`, or what `work` throws.
   */
  async during(work: () => Promise<void>): Promise<Trace> {
    if (!this.#gpu.has.timestamps) {
      throw new BenchError('no-timestamps', `${this.#gpu.name} has no timestamps, which timing kernels needs`, {
        hint: 'leave --profile out, or use another device (--device swiftshader has them)',
      });
    }
    const pool = this.#memory.pool();
    const queries = this.#gpu.device.createQuerySet({ label: 'trace', type: 'timestamp', count: 2 * PASSES });
    try {
      const bytes = PASSES * BYTES_PER_PASS;
      const resolved = pool.buffer('trace', bytes, 'timestamps');
      this.#on = { queries, resolved, readback: pool.buffer('trace', bytes, 'readback') };
      this.#steps = [];
      this.#whole = true;
      await work();
      return this.#whole ? this.#steps : null;
    } finally {
      this.#on = null;
      this.#steps = null;
      queries.destroy();
      pool.dispose();
    }
  }

  /** As `replay` of a step, awaited and recorded; only while active. Throws `gpu-limit` and what the device throws. */
  async replay(commands: readonly Command[], step: Step, counts: Counts, copies: readonly Copy[]): Promise<void> {
    const { queries, resolved, readback } = this.#on!;
    const { device, wait } = this.#gpu;
    const startMs = performance.now();
    const dispatches: Dispatch[] = [];
    const ready = await readyCommands(this.#gpu, commands, step);
    for (let first = 0; first < ready.length; first += PASSES) {
      const part = ready.slice(first, first + PASSES);
      const encoder = device.createCommandEncoder({ label: 'traced step' });
      for (const [i, one] of part.entries()) {
        const timestampWrites = { querySet: queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
        const pass = encoder.beginComputePass({ label: one.command.label, timestampWrites });
        dispatch(pass, one, counts);
        pass.end();
      }
      const bytes = part.length * BYTES_PER_PASS;
      encoder.resolveQuerySet(queries, 0, 2 * part.length, resolved, 0);
      encoder.copyBufferToBuffer(resolved, 0, readback, 0, bytes);
      if (first + PASSES >= ready.length) encodeCopies(encoder, copies);
      const submittedMs = performance.now();
      device.queue.submit([encoder.finish()]);
      counts.submits++;
      await wait(readback.mapAsync(GPUMapMode.READ, 0, bytes));
      const times = new BigUint64Array(readback.getMappedRange(0, bytes).slice(0));
      readback.unmap();
      const spans = spansOf(times);
      this.#whole &&= spans !== null;
      for (const [i, { fromMs, ms }] of (spans ?? []).entries()) {
        const { command } = part[i]!;
        const kernel = command.part === undefined ? command.kernel : `${command.kernel} ${command.part}`;
        // The device has its own zero: its work is somewhere between the submit and the reading, and is drawn at the submit.
        dispatches.push({ kernel, startMs: submittedMs + fromMs, ms, ...command.account?.(step) });
      }
    }
    this.#steps?.push({ rows: step.rows, startMs, endMs: performance.now(), dispatches });
  }
}

/** Since the first timestamp; where two passes overlap the time is the first one's. null when the counter went back. */
function spansOf(times: BigUint64Array): readonly { readonly fromMs: number; readonly ms: number }[] | null {
  const spans: { fromMs: number; ms: number }[] = [];
  let last = 0;
  for (let i = 0; i < times.length; i += 2) {
    const [from, to] = [times[i]! - times[0]!, times[i + 1]! - times[0]!].map((ns) => Number(ns) / 1e6) as [
      number,
      number,
    ];
    if (from < 0 || to < from) return null;
    const fromMs = Math.max(from, last);
    last = Math.max(to, last);
    spans.push({ fromMs, ms: last - fromMs });
  }
  return spans;
}
