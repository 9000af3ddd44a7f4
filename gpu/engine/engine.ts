// A loaded model: scores packed prefix trees, finds the likeliest next tokens, measures perplexity, and generates.

import { type MatrixInfo, matricesOf } from '../../formats/checkpoint/matrices.ts';
import { type Parts, parameterCount } from '../../formats/checkpoint/parts.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import { GpuClock } from '../device/clock.ts';
import { type Counts, zeroCounts } from '../device/commands.ts';
import type { DeviceContext } from '../device/context.ts';
import type { EngineDevice, Peaks, Trace } from '../device/contract.ts';
import type { Gpu } from '../device/device.ts';
import type { Memory } from '../device/memory.ts';
import { measurePeaks } from '../device/peaks/measure.ts';
import { Pipelines } from '../device/pipelines.ts';
import { Tracer } from '../device/trace.ts';
import { ForwardCache } from './forward/cache.ts';
import { checkSamples, checkTargets, collect, collectEach, collectOptions, states } from './forward/collect.ts';
import { decode } from './forward/decode.ts';
import type { Forward } from './forward/forward.ts';
import { checkSampling } from './forward/sampling.ts';
import { divergences, type Scoring, score } from './forward/score.ts';
import { rowsPerStep, scoreOptions, topOptions } from './forward/sizes.ts';
import { checkMask, checkRequest, likeliest, lineOf, tooShort, windows } from './requests.ts';
import { selectMasks } from './selection/select.ts';
import { LoraTrainer } from './training/trainer.ts';
import {
  type Counters,
  DENSE,
  type Diverged,
  type EachSums,
  type LoadedEngine,
  type Sample,
  type Sampling,
  type Scored,
  type Selected,
  type SelectRequest,
  type Sequence,
  type SlidingWindow,
  type TapSums,
  type Top,
  type Trainer,
  type TrainerOptions,
  type Variant,
} from './types.ts';
import { checkAdapter } from './variants/adapter.ts';
import { ResidentCache } from './variants/cache.ts';
import type { Resident } from './variants/resident-types.ts';
import { checkSteer } from './variants/steer.ts';
import { type DeviceWeights, deviceBytes, passBytes } from './weights/upload.ts';
import { keysSeen, Work } from './work.ts';

/**
 * The engine on a WebGPU device. It owns the device, the weights, all passes, variants and trainers: `dispose` ends them,
 * and no call may follow it. Calls wait for each other. They throw what `Engine` says, `gpu-memory` and `device-lost`.
 */
export class WebGpuEngine implements LoadedEngine {
  readonly spec: Spec;
  readonly weightsDigest: string;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly matrices: readonly MatrixInfo[];
  readonly device: EngineDevice;
  readonly #gpu: Gpu;
  readonly #memory: Memory;
  readonly #on: DeviceContext & { readonly counts: Counts };
  readonly #parts: Parts;
  readonly #weights: DeviceWeights;
  readonly #maxRows: number;
  readonly #release: () => void;
  readonly #clock: GpuClock | null;
  readonly #tracer: Tracer;
  readonly #forwards: ForwardCache;
  readonly #residents: ResidentCache;
  readonly #counts: Counts = zeroCounts();
  readonly #work: Work;
  readonly #trainers = new Set<Trainer>();
  #disposed = false;
  #queue: Promise<unknown> = Promise.resolve();

  /** Takes over `gpu` and `memory`; `release` frees the weights. */
  constructor(
    gpu: Gpu,
    memory: Memory,
    spec: Spec,
    parts: Parts,
    weights: DeviceWeights,
    weightsDigest: string,
    maxRows: number,
    release: () => void,
  ) {
    this.#gpu = gpu;
    this.#memory = memory;
    this.#clock = GpuClock.open(gpu, memory);
    this.#parts = parts;
    this.#weights = weights;
    this.#maxRows = rowsPerStep(spec, maxRows, memory.maxBindingBytes);
    this.#release = release;
    this.spec = spec;
    this.weightsDigest = weightsDigest;
    this.parameters = parameterCount(parts);
    this.weightBytes = deviceBytes(parts);
    this.matrices = matricesOf(parts);
    const on = { gpu, memory, pipelines: new Pipelines(gpu), counts: this.#counts };
    this.#on = on;
    this.#tracer = new Tracer(gpu, memory);
    this.#forwards = new ForwardCache({ ...on, clock: this.#clock, tracer: this.#tracer }, spec, weights);
    this.#residents = new ResidentCache(on, spec, parts, weights, (resident) => {
      for (const forward of this.#forwards.all()) forward.forget(resident);
    });
    this.#work = new Work(spec, passBytes(parts));
    const { name, software, deviceClass, testbed } = gpu;
    this.device = { name, software, deviceClass, testbed, timestamps: gpu.has.timestamps };
  }

  score(sequences: readonly Sequence[]): Promise<readonly Scored[]> {
    return this.#alone(() => score(this.#scoring(sequences), sequences));
  }

  divergence(sequences: readonly Sequence[]): Promise<readonly Diverged[]> {
    return this.#alone(() => divergences(this.#scoring(sequences), sequences));
  }

  top(tokens: Uint32Array, n: number, variant: Variant = DENSE): Promise<Top> {
    return this.#alone(async () => {
      this.#check(tokens, variant, 1);
      const count = tokens.length;
      const forward = this.#forwards.get('top', { rows: count, table: count }, topOptions(count));
      const batch = lineOf(tokens);
      this.#work.add({ passes: 1, rows: count, scored: 1, keys: keysSeen(batch.positions, this.spec.windows) });
      return likeliest(await forward.logits(batch, await this.#residents.get(variant)), n);
    });
  }

  async perplexity(
    tokens: Uint32Array,
    { window, stride, variant = DENSE }: SlidingWindow,
  ): Promise<{ readonly nll: number; readonly tokens: number; readonly perplexity: number }> {
    this.#check(tokens.subarray(0, 2), variant, 0);
    if (tokens.length < 2) throw tooShort(tokens.length);
    const sequences = windows(tokens, { window, stride, variant }, this.spec.maxPositions);
    let nll = 0;
    for (const { logprobs } of await this.score(sequences)) for (const value of logprobs) nll -= value;
    return { nll, tokens: tokens.length - 1, perplexity: Math.exp(nll / (tokens.length - 1)) };
  }

  async *generate(
    prompts: readonly { readonly tokens: Uint32Array; readonly variant: Variant }[],
    sampling: Sampling,
  ): AsyncIterable<{ readonly sequence: number; readonly token: number }> {
    checkSampling(sampling);
    for (const { tokens, variant } of prompts) this.#check(tokens, variant, sampling.maxTokens);
    if (prompts.length === 0) return;
    const cacheRows = prompts.reduce((sum, { tokens }) => sum + tokens.length + sampling.maxTokens, 0);
    const forward = this.#forwards.decoder(this.#maxRows, { prompts: prompts.length, cacheRows });
    try {
      const context = { forward, spec: this.spec, work: this.#work, alone: this.#alone.bind(this) };
      yield* decode({ ...context, resident: (variant) => this.#residents.get(variant) }, prompts, sampling);
    } finally {
      if (this.#disposed) forward.dispose();
      else this.#forwards.keep(forward);
    }
  }

  collect(samples: readonly Sample[], variant: Variant = DENSE): Promise<readonly TapSums[]> {
    return this.#sums('statistics', samples, variant, (forward, resident) =>
      collect(forward, resident, samples, this.spec, this.#work),
    );
  }

  collectEach(samples: readonly Sample[], variant: Variant = DENSE): Promise<EachSums> {
    return this.#sums('statistics', samples, variant, (forward, resident) =>
      collectEach(forward, resident, samples, this.spec, this.#work),
    );
  }

  states(samples: readonly Sample[], variant: Variant = DENSE): Promise<readonly Float32Array[]> {
    return this.#sums('states', samples, variant, (forward, resident) =>
      states(forward, resident, samples, this.spec, this.#work),
    );
  }

  trainer(options: TrainerOptions): Promise<Trainer> {
    const on = {
      ...this.#on,
      alone: <T>(work: () => Promise<T>) => this.#alone(work),
      check: (samples: readonly Sample[]) => {
        checkTargets(samples);
        for (const { tokens } of samples) this.#check(tokens, DENSE, 0);
      },
    };
    return this.#alone(async () => {
      const trainer = new LoraTrainer(on, this.spec, this.#parts, this.#weights, this.matrices, options);
      this.#trainers.add(trainer);
      return trainer;
    });
  }

  select(request: SelectRequest): Promise<Selected> {
    return this.#alone(() => selectMasks(this.#on, this.spec, this.#parts, this.#weights, request));
  }

  counters(): Counters {
    const { pipelines, ...counts } = this.#counts;
    return {
      ...this.#work.counters(),
      ...counts,
      pipelines: pipelines.size,
      peakBytes: this.#memory.peakBytes,
    };
  }

  resetCounters(): void {
    Object.assign(this.#counts, { dispatches: 0, submits: 0, readbacks: 0 });
    this.#counts.pipelines.clear();
    this.#work.reset();
    this.#memory.resetPeak();
    this.#clock?.reset();
  }

  gpuMs(): number | null {
    return this.#clock?.ms ?? null;
  }

  trace(work: () => Promise<void>): Promise<Trace> {
    return this.#tracer.during(work);
  }

  peaks(): Promise<Peaks> {
    return this.#alone(() => measurePeaks(this.#gpu, this.#memory));
  }

  trim(): Promise<void> {
    return this.#alone(async () => {
      this.#residents.clear();
      this.#forwards.clear();
    });
  }

  get heldBytes(): number {
    return this.#memory.bytes;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    await this.trim();
    for (const trainer of this.#trainers) trainer.dispose();
    this.#clock?.dispose();
    this.#release();
    await this.#gpu.dispose();
  }

  /** What scoring these sequences needs, once they are checked. */
  #scoring(sequences: readonly Sequence[]): Scoring {
    for (const { tokens, variant } of sequences) this.#check(tokens, variant, 0);
    const { spec } = this;
    return {
      spec,
      maxRows: this.#maxRows,
      work: this.#work,
      forward: (output, need) => {
        const pass = scoreOptions(spec, this.#maxRows, this.#memory.maxBindingBytes, need, output);
        return this.#forwards.get(output, need, pass);
      },
      resident: (variant) => this.#residents.get(variant),
    };
  }

  /** Sums over samples through a pass of their own. */
  #sums<T>(
    output: 'statistics' | 'states',
    samples: readonly Sample[],
    variant: Variant,
    run: (forward: Forward, resident: Resident) => Promise<T>,
  ): Promise<T> {
    return this.#alone(async () => {
      checkSamples(samples);
      for (const { tokens } of samples) this.#check(tokens, variant, 0);
      const pass = collectOptions(this.spec, this.#maxRows, this.#memory.maxBindingBytes, samples, output);
      const forward = this.#forwards.make(pass);
      try {
        return await run(forward, await this.#residents.get(variant));
      } finally {
        forward.dispose();
      }
    });
  }

  #check(tokens: Uint32Array, variant: Variant, more: number): void {
    checkRequest(this.spec, tokens, more);
    checkMask(this.matrices, variant);
    checkAdapter(this.matrices, variant.adapter);
    checkSteer(this.spec, variant.steer);
  }

  /** One step at a time: the buffers of a forward pass are shared by all callers. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#queue.then(work, work);
    this.#queue = result.catch(() => undefined);
    return result;
  }
}
