// Low-rank updates trained on the dense network: batches of packed samples forward and back, gradients added up in
// their order, then one step of AdamW. Everything is in f32 on the device; losses are added up in f64.

import { BenchError } from '../../../base/error.ts';
import type { MatrixInfo, Tap } from '../../../formats/checkpoint/matrices.ts';
import { TAPS } from '../../../formats/checkpoint/matrices.ts';
import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import { type Bound, type Command, type Counts, replay, type Step } from '../../device/commands.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Pool } from '../../device/memory.ts';
import { adamw, hyperOf, squareSums, squares } from '../../kernels/training/index.ts';
import { hashOf } from '../hash.ts';
import type { Adapter, Sample, StepResult, Trainer, TrainerOptions } from '../types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { bufferWords, openBuffers, packed, type TrainingBuffers } from './buffers.ts';
import { type TrainingCommands, trainingCommands } from './commands.ts';
import { checkHeld } from './layers.ts';
import {
  checkInitial,
  checkTrainer,
  type Moments,
  openParameters,
  parameterNeeds,
  type Trained,
  unstack,
} from './parameters.ts';

/** What the engine lends a trainer. */
interface TrainerContext extends DeviceContext {
  readonly counts: Counts;
  /** One call at a time, as the engine has it. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Throws for samples that the model cannot take. */
  check(samples: readonly Sample[]): void;
}

/**
 * A trainer on the engine's device. The caller disposes it, or the engine does when it is disposed. Calls wait for each
 * other and for the engine's. Methods throw `bad-sample`, `bad-token`, `sequence-too-long`, and what the device throws.
 */
export class LoraTrainer implements Trainer {
  readonly parameters: number;
  readonly #on: TrainerContext;
  readonly #options: TrainerOptions;
  readonly #pool: Pool;
  readonly #trained: Trained;
  readonly #buffers: TrainingBuffers;
  readonly #commands: TrainingCommands;
  readonly #norm: Command;
  readonly #update: readonly Command[];
  readonly #step: GPUBuffer;
  readonly #hyper: GPUBuffer;
  readonly #partial: GPUBuffer; // partial sums of the gradient's squares
  #steps = 0;

  /** Throws `bad-trainer` for options that make no adapter, and `gpu-memory` where it does not fit. */
  constructor(
    on: TrainerContext,
    spec: Spec,
    parts: Parts,
    weights: DeviceWeights,
    matrices: readonly MatrixInfo[],
    options: TrainerOptions,
  ) {
    checkTrainer(matrices, options);
    checkInitial(matrices, options);
    checkHeld(spec, weights);
    this.#on = on;
    this.#options = options;
    const { gpu, memory, pipelines } = on;
    const { rank, alpha, rows, dropout } = options;
    const words = bufferWords(spec, rows, ranksOf(parts, matrices, options), dropout > 0);
    const bytes = Object.values(words).reduce((sum, count) => sum + 4 * count, 0);
    memory.require('training', {
      ...parameterNeeds(parts, options),
      'the residual stream before each layer': 4 * rows * spec.hidden * (spec.layers + 1),
      'one layer and its gradients': bytes,
    });
    const pool = memory.pool();
    this.#pool = pool;
    try {
      const trained = openParameters(gpu, pool, parts, options);
      this.#trained = trained;
      this.parameters = trained.total;
      this.#step = pool.buffer('step', 16, 'uniform');
      this.#hyper = pool.buffer('hyper', 64);
      this.#buffers = openBuffers(gpu, pool, spec, words, rows);
      const recorder = { gpu, pipelines, pool, step: this.#step };
      const network = { spec, weights, buffers: this.#buffers, parameters: trained.taps, dropout, scale: alpha / rank };
      this.#commands = trainingCommands(recorder, network);
      const count = trained.gradients.size / 4;
      this.#partial = pool.buffer('partial sums', 4 * squareSums(count));
      this.#norm = squares(recorder, { x: trained.gradients, y: this.#partial }, count);
      this.#update = trained.taps.flatMap(({ a, b, up }) => [
        adamw(recorder, { ...a, hyper: this.#hyper, applied: null }, { ...a, scale: 1 }),
        adamw(recorder, { ...b, hyper: this.#hyper, applied: up.chunks[0]!.buffer }, { ...b, scale: alpha / rank }),
      ]);
    } catch (error) {
      pool.dispose();
      throw error;
    }
  }

  /** One optimiser step; nothing is changed where it throws `diverged`. */
  step(batch: readonly Sample[], rate: number): Promise<StepResult> {
    return this.#on.alone(async () => {
      const result = await this.#accumulate(batch, this.#steps);
      const { loss, gradientNorm } = result;
      if (!Number.isFinite(loss) || !Number.isFinite(gradientNorm) || !Number.isFinite(rate)) {
        throw new BenchError(
          'diverged',
          `at step ${this.#steps + 1} the loss is ${loss} and the gradient's norm ${gradientNorm}, with a learning rate of ${rate}`,
          { hint: 'lower the learning rate, or clip the gradient to a smaller norm' },
        );
      }
      const { clip, beta1, beta2, eps, decay } = this.#options;
      const factor = clip > 0 && gradientNorm > clip ? clip / gradientNorm : 1;
      this.#steps++;
      const hyper = hyperOf({ rate, beta1, beta2, eps, decay, clip: factor, step: this.#steps });
      this.#on.gpu.device.queue.writeBuffer(this.#hyper, 0, hyper);
      await this.#replay(this.#update, { rows: 1, scored: 0 });
      return result;
    });
  }

  /** Loss and gradients of a batch; the parameters stay as they are. */
  gradients(batch: readonly Sample[]): Promise<StepResult & { readonly tensors: Adapter['tensors'] }> {
    return this.#on.alone(async () => ({
      ...(await this.#accumulate(batch, this.#steps)),
      tensors: await this.#tensors(({ gradient }) => gradient),
    }));
  }

  /** The updates as they are now, copied from the device. */
  adapter(id: string): Promise<Adapter> {
    const { rank, alpha } = this.#options;
    return this.#on.alone(async () => ({ id, rank, alpha, tensors: await this.#tensors(({ p }) => p) }));
  }

  /** Destroys the trainer's buffers. */
  dispose(): void {
    this.#pool.dispose();
  }

  /** Loss of the batch, and its gradients on the device; `step` seeds what dropout leaves out. */
  async #accumulate(batch: readonly Sample[], step: number): Promise<StepResult> {
    this.#on.check(batch);
    const parts = this.#parts(batch);
    const count = batch.reduce((sum, { from, to }) => sum + to - from, 0);
    const { device } = this.#on.gpu;
    const encoder = device.createCommandEncoder({ label: 'clear' });
    encoder.clearBuffer(this.#trained.gradients);
    device.queue.submit([encoder.finish()]);
    const pool = this.#on.memory.pool();
    try {
      const partials = this.#partial.size / 4;
      const readback = pool.buffer('losses and norms', 4 * (count + partials), 'readback');
      let at = 0;
      for (const [index, samples] of parts.entries()) {
        const key = hashOf(this.#options.seed, `dropout ${step} ${index}`);
        at += await this.#pass(samples, 1 / count, key, { to: readback, at });
      }
      const copies = [{ from: this.#partial, to: readback, bytes: this.#partial.size, at }];
      await this.#replay([this.#norm], { rows: 1, scored: 0 }, copies);
      const values = await this.#mapped(readback, 4 * (count + partials));
      const sum = (from: number, to: number): number => values.subarray(from, to).reduce((a, b) => a + b, 0);
      return { loss: -sum(0, count) / count, gradientNorm: Math.sqrt(sum(count, count + partials)) };
    } finally {
      pool.dispose();
    }
  }

  /** Whole samples that go through the network at once. */
  #parts(batch: readonly Sample[]): readonly (readonly Sample[])[] {
    const parts: Sample[][] = [];
    let rows = Infinity;
    for (const sample of batch) {
      const own = sample.to - 1;
      if (own > this.#options.rows) {
        throw new BenchError('bad-sample', `a sample of ${sample.to} tokens exceeds ${this.#options.rows} rows`, {
          hint: 'give more tokens to a batch, or shorter samples',
        });
      }
      if (rows + own > this.#options.rows) {
        parts.push([]);
        rows = 0;
      }
      parts.at(-1)!.push(sample);
      rows += own;
    }
    return parts;
  }

  /**
   * Forward and back over packed samples, whose gradients are added up; the log-probabilities go out. Bytes of these.
   */
  async #pass(
    samples: readonly Sample[],
    weight: number,
    key: number,
    out: { readonly to: GPUBuffer; readonly at: number },
  ): Promise<number> {
    const inputs = packed(samples, weight);
    const { queue } = this.#on.gpu.device;
    const step = { rows: inputs.tokens.length, scored: inputs.scored.length };
    queue.writeBuffer(this.#step, 0, Uint32Array.of(step.rows, step.scored));
    queue.writeBuffer(this.#buffers.key, 0, Uint32Array.of(key));
    for (const name of ['tokens', 'positions', 'path', 'from', 'scored', 'targets', 'weights'] as const) {
      queue.writeBuffer(this.#buffers[name], 0, inputs[name]);
    }
    for (const commands of this.#commands.forward) await this.#replay(commands, step);
    const bytes = 4 * step.scored;
    await this.#replay(this.#commands.head, step, [{ from: this.#buffers.logprob, bytes, ...out }]);
    for (const commands of this.#commands.backward) await this.#replay(commands, step);
    return bytes;
  }

  async #tensors(which: (moments: Moments) => Bound): Promise<Adapter['tensors']> {
    const tensors = new Map<string, { readonly a: Float32Array; readonly b: Float32Array }>();
    for (const tap of this.#trained.taps) {
      const [a, b] = [await this.#whole(which(tap.a)), await this.#whole(which(tap.b))];
      for (const [name, both] of unstack(tap, a, b)) tensors.set(name, both);
    }
    return tensors;
  }

  async #whole(bound: Bound): Promise<Float32Array> {
    const { buffer, offset = 0, size } = 'buffer' in bound ? bound : { buffer: bound, size: bound.size };
    const bytes = size ?? buffer.size - offset;
    const pool = this.#on.memory.pool();
    try {
      const into = pool.buffer('readback', bytes, 'readback');
      const { device } = this.#on.gpu;
      const encoder = device.createCommandEncoder({ label: 'read back' });
      encoder.copyBufferToBuffer(buffer, offset, into, 0, bytes);
      device.queue.submit([encoder.finish()]);
      return await this.#mapped(into, bytes);
    } finally {
      pool.dispose();
    }
  }

  async #mapped(readback: GPUBuffer, bytes: number): Promise<Float32Array> {
    await this.#on.gpu.wait(readback.mapAsync(GPUMapMode.READ, 0, bytes));
    const values = new Float32Array(readback.getMappedRange(0, bytes).slice(0));
    readback.unmap();
    this.#on.counts.readbacks++;
    return values;
  }

  #replay(commands: readonly Command[], step: Step, copies: Parameters<typeof replay>[4] = []): Promise<void> {
    return replay(this.#on.gpu, commands, step, this.#on.counts, copies);
  }
}

/** Ranks of each tap, of all tensors stacked there. */
function ranksOf(
  parts: Parts,
  matrices: readonly MatrixInfo[],
  { rank, targets }: TrainerOptions,
): Readonly<Record<Tap, number>> {
  const most = { qkv: 0, o: 0, up: 0, down: 0 };
  const wanted = new Set(targets);
  for (let layer = 0; layer < parts.layers.length; layer++) {
    const own = { qkv: 0, o: 0, up: 0, down: 0 };
    for (const info of matrices) if (info.layer === layer && wanted.has(info.name)) own[info.tap] += rank;
    for (const tap of TAPS) most[tap] = Math.max(most[tap], own[tap]);
  }
  return most;
}
