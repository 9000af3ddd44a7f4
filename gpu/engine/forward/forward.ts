// One forward pass, and a step over it: inputs in, commands replayed, results read back. Scoring shares one pair of
// key/value buffers between the layers, since a batch includes all rows that attention reads; decoding keeps one pair
// per layer.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { GpuClock } from '../../device/clock.ts';
import { type Command, type Counts, replay, type Step } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Needs, Pool } from '../../device/memory.ts';
import type { Tracer } from '../../device/trace.ts';
import type { Batch } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { seenBy } from '../work.ts';
import { type ForwardInputs, type ForwardOptions, openBuffers, openInputs } from './buffers.ts';
import { type Output, openOutput, scoredWords } from './outputs.ts';

/** Device bytes of what `Forward` makes, but for its uniforms. */
export function forwardNeeds(spec: Spec, o: ForwardOptions): Needs {
  const { hidden, ffn, heads, kvHeads, headSize } = spec;
  const q = heads * headSize;
  const kv = kvHeads * headSize;
  const perRow = 4 + 2 * hidden + (q + 2 * kv) + 2 * q + ffn;
  const perScored = 3 + scoredWords(spec, o.output); // its index (two words where it is a span) and target as well
  const rotations = (spec.rope?.dims ?? 0) * Math.min(spec.maxPositions, o.cacheRows);
  const caches = 2 * o.cacheRows * kv * (o.cachePerLayer ? spec.layers : 1);
  const step = 4 * (o.capacity * perRow + o.scored * perScored + o.table + rotations);
  return {
    [`buffers of a step of ${o.capacity} rows`]: step + GpuClock.maxBytes,
    [`${o.cacheRows} rows of keys and values`]: 4 * caches,
  };
}

/** What a pass is recorded with. The engine owns all of it. */
export interface ForwardContext extends DeviceContext {
  readonly counts: Counts;
  readonly clock: GpuClock | null;
  readonly tracer: Tracer;
}

/** The commands of a variant; `dense`: what they compare it with, itself where nothing is compared. */
interface Recorded {
  readonly commands: readonly Command[];
  readonly pool: Pool;
  readonly dense: Resident;
}

/**
 * One forward pass: its buffers, and the commands recorded for each variant that has run through it. The caller
 * disposes it, and calls `forget` before a variant leaves the device. One step at a time: all callers share the
 * buffers.
 */
export class Forward {
  readonly options: ForwardOptions;
  readonly #context: ForwardContext;
  readonly #pool: Pool;
  readonly #recorded = new Map<Resident, Recorded>();
  readonly #step: GPUBuffer;
  readonly #inputs: ForwardInputs;
  readonly #output: Output;
  readonly #readback: GPUBuffer;

  /** Throws `gpu-memory` where the buffers do not fit; nothing is left allocated then. */
  constructor(context: ForwardContext, spec: Spec, weights: DeviceWeights, options: ForwardOptions) {
    const { gpu, memory } = context;
    this.options = options;
    this.#context = context;
    memory.require('a forward pass', forwardNeeds(spec, options));
    const pool = memory.pool();
    this.#pool = pool;
    try {
      this.#step = pool.buffer('step', 16, 'uniform');
      this.#inputs = openInputs(pool, options);
      const buffers = openBuffers(gpu, pool, spec, options, this.#inputs);
      this.#output = openOutput(pool, spec, weights, options, buffers, this.#inputs.targets);
      const perScored = this.#output.results.reduce((sum, { words }) => sum + words, 0);
      this.#readback = pool.buffer('readback', 4 * options.scored * perScored + GpuClock.maxBytes, 'readback');
    } catch (error) {
      pool.dispose();
      throw error;
    }
  }

  /** Runs one step and reads back what follows each scored row: its target's log-probability and greedy flag. */
  async logprobs(
    batch: Batch & { readonly targets: Uint32Array },
    resident: Resident,
  ): Promise<{ logprobs: Float32Array; greedy: Uint32Array }> {
    const count = batch.scored.length;
    const bytes = await this.#run(batch, count, batch.targets, resident);
    return { logprobs: new Float32Array(bytes, 0, count), greedy: new Uint32Array(bytes, 4 * count, count) };
  }

  /** Runs one step; logits of every scored row: [P, vocab]. */
  async logits(batch: Batch, resident: Resident): Promise<Float32Array> {
    return new Float32Array(await this.#run(batch, batch.scored.length, null, resident));
  }

  /**
   * Runs one step under `dense` and under `resident`: of each scored row their divergence, and its target's
   * log-probability under both, [P, 3].
   */
  async divergence(
    batch: Batch & { readonly targets: Uint32Array },
    resident: Resident,
    dense: Resident,
  ): Promise<Float32Array> {
    return new Float32Array(await this.#run(batch, batch.scored.length, batch.targets, resident, dense));
  }

  /** Runs one step; sums of the samples in `scored`, by layer and site: [samples, 3, channels] each, in one array. */
  async statistics(batch: Batch, resident: Resident): Promise<Float32Array> {
    return new Float32Array(await this.#run(batch, batch.scored.length / 2, null, resident));
  }

  /** Frees what was recorded for a variant that leaves the device, or with it as `dense`; does nothing for others. */
  forget(resident: Resident): void {
    for (const [own, { dense, pool }] of this.#recorded) {
      if (own !== resident && dense !== resident) continue;
      pool.dispose();
      this.#recorded.delete(own);
    }
  }

  /** Destroys the buffers of the pass and of all that was recorded for it. */
  dispose(): void {
    for (const { pool } of this.#recorded.values()) pool.dispose();
    this.#recorded.clear();
    this.#pool.dispose();
  }

  #commandsOf(resident: Resident, dense: Resident): readonly Command[] {
    let made = this.#recorded.get(resident);
    if (made !== undefined && made.dense !== dense) {
      this.forget(resident);
      made = undefined;
    }
    if (made === undefined) {
      const { gpu, memory, pipelines } = this.#context;
      const pool = memory.pool();
      const recorder = { gpu, pipelines, pool, step: this.#step };
      try {
        made = { commands: this.#output.record(recorder, resident, dense), pool, dense };
      } catch (error) {
        pool.dispose(); // what was recorded before it failed
        throw error;
      }
      this.#recorded.set(resident, made);
    }
    return made.commands;
  }

  async #run(
    batch: Batch,
    scored: number,
    targets: Uint32Array | null,
    resident: Resident,
    dense: Resident = resident,
  ): Promise<ArrayBuffer> {
    const commands = this.#commandsOf(resident, dense);
    const { gpu, counts, tracer } = this.#context;
    const { queue } = gpu.device;
    const step: Step = { rows: batch.tokens.length, scored };
    queue.writeBuffer(this.#step, 0, Uint32Array.of(step.rows, step.scored));
    for (const name of ['tokens', 'positions', 'path', 'rows', 'cacheRows', 'scored'] as const) {
      queue.writeBuffer(this.#inputs[name], 0, batch[name] as Uint32Array<ArrayBuffer>);
    }
    if (targets) queue.writeBuffer(this.#inputs.targets, 0, targets as Uint32Array<ArrayBuffer>);
    let at = 0;
    const copies = this.#output.results.map(({ buffer, words }) => {
      const copy = { from: buffer, to: this.#readback, bytes: 4 * words * step.scored, at };
      at += copy.bytes;
      return copy;
    });
    const wanted = copies.filter(({ bytes }) => bytes > 0);
    const clock = tracer.active ? null : this.#context.clock;
    if (tracer.active) {
      const seen = (window: number) => seenBy(batch, window);
      await tracer.replay(commands, { ...step, seen }, counts, wanted);
    } else {
      await replay(gpu, commands, step, counts, wanted, clock ? { clock, readback: this.#readback, at } : undefined);
    }
    if (at === 0) return new ArrayBuffer(0);
    const size = at + (clock?.bytes ?? 0);
    await gpu.wait(this.#readback.mapAsync(GPUMapMode.READ, 0, size));
    const bytes = this.#readback.getMappedRange(0, size).slice(0);
    this.#readback.unmap();
    counts.readbacks++;
    clock?.read(bytes.slice(at));
    return bytes.slice(0, at);
  }
}
