// One forward pass, and a step over it: inputs in, commands replayed, results read back. Scoring shares one pair of
// key/value buffers between the layers, since a batch includes all rows that attention reads; decoding keeps one pair
// per layer.

import { TAPS } from '../../../formats/checkpoint/matrices.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { GpuClock } from '../../device/clock.ts';
import { type Command, type Counts, replay, type Step } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Needs, Pool } from '../../device/memory.ts';
import type { Tracer } from '../../device/trace.ts';
import * as kernels from '../../kernels/index.ts';
import type { Batch } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { seenBy } from '../work.ts';
import { type ForwardBuffers, type ForwardInputs, type ForwardOptions, openBuffers, openInputs } from './buffers.ts';
import { type ActivationSite, lastNorm, layerCommands, tapWidth } from './layers.ts';

/** What is summed over samples. */
const SITES: Readonly<Record<'statistics' | 'states', readonly ActivationSite[]>> = {
  statistics: TAPS,
  states: ['after'],
};

/** Bytes per row of the widest buffer between the kernels. */
export function rowBytes({ hidden, ffn, heads, kvHeads, headSize }: Spec): number {
  return 4 * Math.max(hidden, ffn, (heads + 2 * kvHeads) * headSize);
}

/** Bytes per scored row of the largest buffer that the head writes. */
export function scoredBytes(spec: Spec, output: ForwardOptions['output']): number {
  const { vocab } = spec;
  if (isSums(output)) return 12 * Math.max(...SITES[output].map((site) => tapWidth(spec, site)));
  return output === 'logits' ? 4 * vocab : 8 * kernels.headBlocks(vocab);
}

function isSums(output: ForwardOptions['output']): output is keyof typeof SITES {
  return output in SITES;
}

/** f32 values that a sample's sums take in all sites of all layers. */
export function sampleSums(spec: Spec, output: keyof typeof SITES): number {
  return 3 * spec.layers * SITES[output].reduce((sum, site) => sum + tapWidth(spec, site), 0);
}

/** Device bytes of what `Forward` makes, but for its uniforms. */
export function forwardNeeds(spec: Spec, o: ForwardOptions): Needs {
  const { hidden, ffn, heads, kvHeads, headSize, vocab } = spec;
  const q = heads * headSize;
  const kv = kvHeads * headSize;
  const perRow = 4 + 2 * hidden + (q + 2 * kv) + 2 * q + ffn;
  // Per scored row: its input, its index and target, the outputs and their readback.
  const outputs = isSums(o.output)
    ? 2 * sampleSums(spec, o.output)
    : { logits: 2 * vocab, logprobs: 5 + 3 * kernels.headBlocks(vocab) }[o.output];
  const perScored = hidden + 3 + outputs;
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

/** Where the results of a step are, and what records them. */
interface Output {
  readonly results: readonly { readonly buffer: GPUBuffer; readonly words: number }[]; // words per scored row
  record(recorder: kernels.Recorder, resident: Resident): readonly Command[];
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
  readonly #recorded = new Map<Resident, { readonly commands: readonly Command[]; readonly pool: Pool }>();
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
      this.#output = isSums(options.output)
        ? sumsOutput(pool, spec, weights, options, options.output, buffers)
        : headOutput(pool, spec, weights, options, buffers, this.#inputs.targets);
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

  /** Runs one step; sums of the samples in `scored`, by layer and site: [samples, 3, channels] each, in one array. */
  async statistics(batch: Batch, resident: Resident): Promise<Float32Array> {
    return new Float32Array(await this.#run(batch, batch.scored.length / 2, null, resident));
  }

  /** Frees what was recorded for a variant that leaves the device; does nothing for others. */
  forget(resident: Resident): void {
    this.#recorded.get(resident)?.pool.dispose();
    this.#recorded.delete(resident);
  }

  /** Destroys the buffers of the pass and of all that was recorded for it. */
  dispose(): void {
    for (const { pool } of this.#recorded.values()) pool.dispose();
    this.#recorded.clear();
    this.#pool.dispose();
  }

  #commandsOf(resident: Resident): readonly Command[] {
    let made = this.#recorded.get(resident);
    if (made === undefined) {
      const { gpu, memory, pipelines } = this.#context;
      const pool = memory.pool();
      const recorder = { gpu, pipelines, pool, step: this.#step };
      try {
        made = { commands: this.#output.record(recorder, resident), pool };
      } catch (error) {
        pool.dispose(); // what was recorded before it failed
        throw error;
      }
      this.#recorded.set(resident, made);
    }
    return made.commands;
  }

  async #run(batch: Batch, scored: number, targets: Uint32Array | null, resident: Resident): Promise<ArrayBuffer> {
    const commands = this.#commandsOf(resident);
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

/** Sums over samples at the sites of each layer: [samples, 3, channels] each. */
function sumsOutput(
  pool: Pool,
  spec: Spec,
  weights: DeviceWeights,
  { scored }: ForwardOptions,
  output: keyof typeof SITES,
  buffers: ForwardBuffers,
): Output {
  const results = Array.from({ length: spec.layers }, (_, layer) =>
    SITES[output].map((site) => {
      const words = 3 * tapWidth(spec, site);
      return { layer, site, words, buffer: pool.buffer(`sums ${layer} ${site}`, 4 * scored * words) };
    }),
  ).flat();
  const sums = (layer: number, site: ActivationSite): GPUBuffer | null =>
    results.find((one) => one.layer === layer && one.site === site)?.buffer ?? null;
  return {
    results,
    record: (recorder, resident) =>
      layerCommands(recorder, spec, weights, buffers, resident, { spans: buffers.scored, sums }),
  };
}

/** Logits [P, vocab] of the scored rows, or the log-probability and greedy flag of each one's target: [P]. */
function headOutput(
  pool: Pool,
  spec: Spec,
  weights: DeviceWeights,
  { scored, output }: ForwardOptions,
  buffers: ForwardBuffers,
  targets: GPUBuffer,
): Output {
  const { vocab } = spec;
  const { last: x } = buffers;
  const words = (label: string, count: number): GPUBuffer => pool.buffer(label, 4 * count);
  const record =
    (head: (recorder: kernels.Recorder) => readonly Command[]): Output['record'] =>
    (recorder, resident) => [
      ...layerCommands(recorder, spec, weights, buffers, resident, null),
      lastNorm(recorder, spec, weights, buffers),
      ...head(recorder),
    ];
  if (output === 'logits') {
    const logits = words('logits', scored * vocab);
    const head = (recorder: kernels.Recorder): readonly Command[] =>
      kernels
        .matmul(recorder, { x, w: weights.head, y: logits }, { over: 'scored' })
        .map((one) => ({ ...one, part: 'head' }));
    return { results: [{ buffer: logits, words: vocab }], record: record(head) };
  }
  const blocks = kernels.headBlocks(vocab);
  const io = {
    x,
    targets,
    part: words('part', 2 * scored * blocks),
    best: words('best', scored * blocks),
    logit: words('logit', scored),
    logprob: words('logprob', scored),
    greedy: words('greedy', scored),
  };
  return {
    results: [io.logprob, io.greedy].map((buffer) => ({ buffer, words: 1 })),
    record: record((recorder) => kernels.scoreHead(recorder, io, weights.head)),
  };
}
