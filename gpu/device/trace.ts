// Every dispatch of a step in a pass of its own, with timestamps at both ends: where a step's time goes, kernel by kernel.
// Slower than `replay`, and equal to it in every bit.

import { BenchError } from '../../base/error.ts';
import { type Copy, type Counts, dispatch, encodeCopies, type Node, readyNodes, type Step } from './commands.ts';
import type { Dispatch, Trace, TracedStep } from './contract.ts';
import type { Gpu } from './device.ts';
import type { Memory } from './memory.ts';

/** Dispatches between two readings: a query set holds 4096 queries at most. */
const PASSES = 2048;
const BYTES_PER_PASS = 16;

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

  get active(): boolean {
    return this.#on !== null;
  }

  /** The steps that go through `replay` while `work` runs. Throws `no-timestamps`, or what `work` throws. */
  async during(work: () => Promise<void>): Promise<Trace> {
    if (!this.#gpu.has.timestamps) {
      throw new BenchError('no-timestamps', `${this.#gpu.name} has no timestamps, so that no kernel can be timed`, {
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

  /** `replay` of a step, awaited and recorded; only while active. */
  async replay(nodes: readonly Node[], step: Step, counts: Counts, copies: readonly Copy[]): Promise<void> {
    const { queries, resolved, readback } = this.#on!;
    const { device, wait } = this.#gpu;
    const startMs = performance.now();
    const dispatches: Dispatch[] = [];
    const ready = await readyNodes(this.#gpu, nodes, step);
    for (let first = 0; first < ready.length; first += PASSES) {
      const part = ready.slice(first, first + PASSES);
      const encoder = device.createCommandEncoder({ label: 'traced step' });
      for (const [i, one] of part.entries()) {
        const timestampWrites = { querySet: queries, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 };
        const pass = encoder.beginComputePass({ label: one.node.label, timestampWrites });
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
      await wait(readback.mapAsync(1, 0, bytes));
      const times = new BigUint64Array(readback.getMappedRange(0, bytes).slice(0));
      readback.unmap();
      const spans = spansOf(times);
      this.#whole &&= spans !== null;
      for (const [i, { fromMs, ms }] of (spans ?? []).entries()) {
        const { node } = part[i]!;
        const kernel = node.part === undefined ? node.kernel : `${node.kernel} ${node.part}`;
        // The device has its own zero: its work lies somewhere between the submit and the reading, and is drawn first.
        dispatches.push({ kernel, startMs: submittedMs + fromMs, ms, ...node.account?.(step) });
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
