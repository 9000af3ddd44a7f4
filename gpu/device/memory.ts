// Named buffers with a byte ledger. The budget is checked before anything is allocated, since no software driver ever
// reports that memory ran out; what was allocated is destroyed when its owner says so, never by garbage collection.

import { BenchError } from '../../base/error.ts';
import type { MemoryLimits } from './contract.ts';
import type { Gpu } from './device.ts';

/** What a buffer is for, which decides its usage flags. */
export type BufferKind = 'storage' | 'uniform' | 'readback' | 'timestamps';

/** An owner of buffers; disposing it destroys all of them. */
export interface Pool {
  /** A zeroed buffer of at least `bytes` bytes. Throws `gpu-memory` beyond the device's limits or the budget. */
  buffer(label: string, bytes: number, kind?: BufferKind): GPUBuffer;
  /** Destroys the pool's buffers; it may be used again. */
  dispose(): void;
}

/** What something takes, by name. */
export type Needs = Readonly<Record<string, number>>;

/**
 * The ledger of a device's buffers. It owns none: each pool is disposed by whoever asked for it, and destroying a
 * buffer by other means leaves the ledger wrong.
 */
export class Memory {
  readonly #gpu: Gpu;
  readonly #budget: number;
  /** Most bytes of one storage buffer: the device's limit, or less where the limits given say so. */
  readonly maxBindingBytes: number;
  #bytes = 0;
  #peak = 0;

  constructor(gpu: Gpu, limits: MemoryLimits = {}) {
    const { maxBufferSize, maxStorageBufferBindingSize } = gpu.limits;
    this.#gpu = gpu;
    this.#budget = limits.budgetBytes ?? Infinity;
    this.maxBindingBytes = Math.min(maxBufferSize, maxStorageBufferBindingSize, limits.maxBindingBytes ?? Infinity);
  }

  /** Bytes of all living buffers. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Most bytes of living buffers at a time, since the start or `resetPeak`. */
  get peakBytes(): number {
    return this.#peak;
  }

  /** The peak starts again from what is alive now. */
  resetPeak(): void {
    this.#peak = this.#bytes;
  }

  /** Throws `gpu-memory` naming `label` and each of its needs when together they do not fit the budget. */
  require(label: string, needs: Needs): void {
    const items = Object.entries(needs);
    const bytes = items.reduce((sum, [, one]) => sum + one, 0);
    const left = this.#budget - this.#bytes;
    if (bytes <= left) return;
    const each = items.length < 2 ? '' : ` (${items.map(([name, one]) => `${name} ${sized(one)}`).join(', ')})`;
    throw new BenchError(
      'gpu-memory',
      `${label} needs ${sized(bytes)}${each}, and ${sized(left)} of the budget of ${sized(this.#budget)} are left: ${sized(bytes - left)} are missing`,
      { hint: 'use a smaller model or shorter prompts, or free memory on this machine' },
    );
  }

  /** A new owner of buffers, which the caller disposes. */
  pool(): Pool {
    const buffers: GPUBuffer[] = [];
    return {
      buffer: (label, bytes, kind = 'storage') => {
        const buffer = this.#create(label, bytes, kind);
        buffers.push(buffer);
        return buffer;
      },
      dispose: () => {
        if (buffers.length === 0) return;
        for (const buffer of buffers) {
          this.#bytes -= buffer.size;
          buffer.destroy();
        }
        buffers.length = 0;
        // Destroyed memory is only given back by the next submit.
        this.#gpu.device.queue.submit([]);
      },
    };
  }

  #create(label: string, bytes: number, kind: BufferKind): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 4) * 4); // a binding of size 0 is not allowed
    const { maxBufferSize, maxUniformBufferBindingSize } = this.#gpu.limits;
    const limit =
      kind === 'storage' ? this.maxBindingBytes : kind === 'uniform' ? maxUniformBufferBindingSize : maxBufferSize;
    if (size > limit) {
      throw new BenchError(
        'gpu-memory',
        `buffer ${label} needs ${sized(size)}, and this device binds at most ${sized(limit)}`,
        { hint: 'use shorter prompts or a smaller model, or another device (bench doctor lists the limits)' },
      );
    }
    this.require(`buffer ${label}`, { size });
    const buffer = this.#gpu.device.createBuffer({ label, size, usage: usageOf(kind) });
    this.#bytes += size;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return buffer;
  }
}

/** The global GPUBufferUsage exists once a device has been opened. */
function usageOf(kind: BufferKind): GPUBufferUsageFlags {
  const { COPY_DST, COPY_SRC, MAP_READ, QUERY_RESOLVE, STORAGE, UNIFORM } = GPUBufferUsage;
  switch (kind) {
    case 'storage':
      return STORAGE | COPY_SRC | COPY_DST;
    case 'uniform':
      return UNIFORM | COPY_DST;
    case 'readback':
      return MAP_READ | COPY_DST;
    case 'timestamps':
      return QUERY_RESOLVE | COPY_SRC;
  }
}

/** Bytes as a person reads them. */
export function sized(bytes: number): string {
  return bytes < 2 ** 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
