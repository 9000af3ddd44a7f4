// The buffers of one forward pass, and a step over them: inputs in, nodes replayed, results read back. Scoring shares one
// pair of key/value buffers between the layers, since a batch holds all rows that its rows look at; decoding keeps one
// pair per layer.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { GpuClock } from '../../device/clock.ts';
import { type Counts, type Node, replay, type Step } from '../../device/commands.ts';
import type { Gpu } from '../../device/device.ts';
import type { Memory, Needs, Pool } from '../../device/memory.ts';
import type { Pipelines } from '../../device/pipelines.ts';
import type { Tracer } from '../../device/trace.ts';
import * as kernels from '../../kernels/index.ts';
import type { Batch } from '../types.ts';
import type { Resident } from '../variants/resident-types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { seenBy } from '../work.ts';
import { type Flow, lastNorm, layerNodes, type Place, tapWidth } from './layers.ts';
import { openRotations } from './rope.ts';

/** What is summed over samples. */
const PLACES: Readonly<Record<'statistics' | 'states', readonly Place[]>> = {
  statistics: ['qkv', 'o', 'up', 'down'],
  states: ['after'],
};

export interface ForwardOptions {
  readonly capacity: number; // rows per step
  readonly scored: number; // rows of the head per step; of sums: samples
  readonly table: number; // entries of `rows`
  readonly cacheRows: number;
  readonly cachePerLayer: boolean;
  readonly output: 'logprobs' | 'logits' | 'statistics' | 'states';
}

/** Bytes per row of the widest buffer between the kernels. */
export function rowBytes({ hidden, ffn, heads, kvHeads, headSize }: Spec): number {
  return 4 * Math.max(hidden, ffn, (heads + 2 * kvHeads) * headSize);
}

/** Bytes per scored row of the largest buffer that the head writes. */
export function scoredBytes(spec: Spec, output: ForwardOptions['output']): number {
  const { vocab } = spec;
  if (isSums(output)) return 12 * Math.max(...PLACES[output].map((place) => tapWidth(spec, place)));
  return output === 'logits' ? 4 * vocab : 8 * kernels.headBlocks(vocab);
}

function isSums(output: ForwardOptions['output']): output is keyof typeof PLACES {
  return output in PLACES;
}

/** f32 values that a sample's sums take in all places of all layers. */
export function sampleSums(spec: Spec, output: keyof typeof PLACES): number {
  return 3 * spec.layers * PLACES[output].reduce((sum, place) => sum + tapWidth(spec, place), 0);
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

export class Forward {
  readonly options: ForwardOptions;
  readonly #gpu: Gpu;
  readonly #pool: Pool;
  readonly #counts: Counts;
  readonly #clock: GpuClock | null;
  readonly #tracer: Tracer;
  readonly #memory: Memory;
  readonly #record: (recorder: kernels.Recorder, resident: Resident) => readonly Node[];
  readonly #nodes = new Map<Resident, { readonly nodes: readonly Node[]; readonly pool: Pool }>();
  readonly #pipelines: Pipelines;
  readonly #step: GPUBuffer;
  readonly #inputs: Readonly<Record<keyof Batch | 'targets', GPUBuffer>>;
  readonly #outputs: readonly { readonly buffer: GPUBuffer; readonly words: number }[]; // words per scored row
  readonly #readback: GPUBuffer;

  constructor(
    on: {
      readonly gpu: Gpu;
      readonly memory: Memory;
      readonly pipelines: Pipelines;
      readonly counts: Counts;
      readonly clock: GpuClock | null;
      readonly tracer: Tracer;
    },
    spec: Spec,
    weights: DeviceWeights,
    options: ForwardOptions,
  ) {
    this.options = options;
    this.#gpu = on.gpu;
    this.#counts = on.counts;
    this.#clock = on.clock;
    this.#tracer = on.tracer;
    this.#memory = on.memory;
    this.#pipelines = on.pipelines;
    on.memory.require('a forward pass', forwardNeeds(spec, options));
    const pool = on.memory.pool();
    this.#pool = pool;
    try {
      const { capacity, scored } = options;
      const { hidden, ffn, heads, kvHeads, headSize, vocab } = spec;
      const words = (label: string, count: number): GPUBuffer => pool.buffer(label, 4 * count);
      this.#step = pool.buffer('step', 16, 'uniform');
      this.#inputs = {
        tokens: words('tokens', capacity),
        positions: words('positions', capacity),
        path: words('path', capacity),
        cacheRows: words('cacheRows', capacity),
        rows: words('rows', options.table),
        scored: words('scored', isSums(options.output) ? 2 * scored : scored),
        targets: words('targets', scored),
      };
      const input = this.#inputs;
      const cacheWords = options.cacheRows * kvHeads * headSize;
      const flow: Flow = {
        ...input,
        capacity,
        // No position lies beyond the rows that the caches hold.
        rotations: openRotations(this.#gpu, pool, spec, Math.min(spec.maxPositions, options.cacheRows)),
        x: words('x', capacity * hidden),
        normed: words('normed', capacity * hidden),
        qkv: words('qkv', capacity * (heads + 2 * kvHeads) * headSize),
        q: words('q', capacity * heads * headSize),
        attended: words('attended', capacity * heads * headSize),
        inner: words('inner', capacity * ffn),
        last: words('last', scored * hidden),
        caches: Array.from({ length: options.cachePerLayer ? spec.layers : 1 }, (_, layer) => ({
          k: words(`k${layer}`, cacheWords),
          v: words(`v${layer}`, cacheWords),
        })),
      };
      const { output } = options;
      if (isSums(output)) {
        const places = Array.from({ length: spec.layers }, (_, layer) =>
          PLACES[output].map((place) => ({ layer, place, words: 3 * tapWidth(spec, place) })),
        ).flat();
        const sums = places.map((one) => ({
          ...one,
          buffer: words(`sums ${one.layer} ${one.place}`, scored * one.words),
        }));
        const of = (layer: number, place: Place): GPUBuffer | null =>
          sums.find((one) => one.layer === layer && one.place === place)?.buffer ?? null;
        this.#record = (recorder, resident) =>
          layerNodes(recorder, spec, weights, flow, resident, { spans: input.scored, sums: of });
        this.#outputs = sums;
      } else {
        const { last } = flow;
        let head: (on: kernels.Recorder) => readonly Node[];
        if (output === 'logits') {
          const logits = words('logits', scored * vocab);
          head = (on) =>
            kernels
              .matmul(on, { x: last, w: weights.head, y: logits }, { over: 'scored' })
              .map((one) => ({ ...one, part: 'head' }));
          this.#outputs = [{ buffer: logits, words: vocab }];
        } else {
          const blocks = kernels.headBlocks(vocab);
          const io = {
            x: last,
            targets: input.targets,
            part: words('part', 2 * scored * blocks),
            best: words('best', scored * blocks),
            logit: words('logit', scored),
            logprob: words('logprob', scored),
            greedy: words('greedy', scored),
          };
          head = (on) => kernels.scoreHead(on, io, weights.head);
          this.#outputs = [io.logprob, io.greedy].map((buffer) => ({ buffer, words: 1 }));
        }
        this.#record = (recorder, resident) => [
          ...layerNodes(recorder, spec, weights, flow, resident, null),
          lastNorm(recorder, spec, weights, flow),
          ...head(recorder),
        ];
      }
      const perScored = this.#outputs.reduce((sum, { words: n }) => sum + n, 0);
      this.#readback = pool.buffer('readback', 4 * scored * perScored + GpuClock.maxBytes, 'readback');
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

  /** Runs one step; sums of the samples in `scored`, by layer and place: [samples, 3, channels] each, in one array. */
  async statistics(batch: Batch, resident: Resident): Promise<Float32Array> {
    return new Float32Array(await this.#run(batch, batch.scored.length / 2, null, resident));
  }

  /** Frees what was recorded for a variant that leaves the device. */
  forget(resident: Resident): void {
    this.#nodes.get(resident)?.pool.dispose();
    this.#nodes.delete(resident);
  }

  dispose(): void {
    for (const { pool } of this.#nodes.values()) pool.dispose();
    this.#nodes.clear();
    this.#pool.dispose();
  }

  #nodesOf(resident: Resident): readonly Node[] {
    let made = this.#nodes.get(resident);
    if (made === undefined) {
      const pool = this.#memory.pool();
      const recorder = { gpu: this.#gpu, pipelines: this.#pipelines, pool, step: this.#step };
      try {
        made = { nodes: this.#record(recorder, resident), pool };
      } catch (error) {
        pool.dispose(); // what was recorded before it failed
        throw error;
      }
      this.#nodes.set(resident, made);
    }
    return made.nodes;
  }

  async #run(batch: Batch, scored: number, targets: Uint32Array | null, resident: Resident): Promise<ArrayBuffer> {
    const nodes = this.#nodesOf(resident);
    const { queue } = this.#gpu.device;
    const step: Step = { rows: batch.tokens.length, scored };
    queue.writeBuffer(this.#step, 0, Uint32Array.of(step.rows, step.scored));
    for (const name of ['tokens', 'positions', 'path', 'rows', 'cacheRows', 'scored'] as const) {
      queue.writeBuffer(this.#inputs[name], 0, batch[name] as Uint32Array<ArrayBuffer>);
    }
    if (targets) queue.writeBuffer(this.#inputs.targets, 0, targets as Uint32Array<ArrayBuffer>);
    let at = 0;
    const copies = this.#outputs.map(({ buffer, words }) => {
      const copy = { from: buffer, to: this.#readback, bytes: 4 * words * step.scored, at };
      at += copy.bytes;
      return copy;
    });
    const wanted = copies.filter(({ bytes }) => bytes > 0);
    const clock = this.#tracer.active ? null : this.#clock;
    if (this.#tracer.active) {
      const seen = (window: number) => seenBy(batch, window);
      await this.#tracer.replay(nodes, { ...step, seen }, this.#counts, wanted);
    } else {
      await replay(
        this.#gpu,
        nodes,
        step,
        this.#counts,
        wanted,
        clock ? { clock, readback: this.#readback, at } : undefined,
      );
    }
    if (at === 0) return new ArrayBuffer(0);
    const size = at + (clock?.bytes ?? 0);
    await this.#gpu.wait(this.#readback.mapAsync(1, 0, size));
    const bytes = this.#readback.getMappedRange(0, size).slice(0);
    this.#readback.unmap();
    this.#counts.readbacks++;
    clock?.read(bytes.slice(at));
    return bytes.slice(0, at);
  }
}
