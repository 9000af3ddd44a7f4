// Time on the device: timestamps at both ends of every step's pass, read with the step's results. What is between steps
// (encoding, waiting, reading back) is not in it.

import type { Gpu } from './device.ts';
import type { Memory } from './memory.ts';

/** Passes between two readings; a long prompt is read in that many steps at most before one has results. */
const PASSES = 128;
const BYTES_PER_PASS = 16;

/**
 * Adds up the time that the device spends in steps. Whoever opens it disposes it. A pass that `pass` has timed must be
 * resolved and read before 128 others are, or the sum is lost until `reset`.
 */
export class GpuClock {
  readonly #queries: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #release: () => void;
  #waiting = 0; // passes that were timed and not read
  #missed = false;
  #ms = 0;

  /** The device must have timestamps; `open` checks it. */
  constructor(gpu: Gpu, memory: Memory) {
    const pool = memory.pool();
    this.#resolved = pool.buffer('timestamps', PASSES * BYTES_PER_PASS, 'timestamps');
    const queries = gpu.device.createQuerySet({ label: 'timestamps', type: 'timestamp', count: 2 * PASSES });
    this.#queries = queries;
    this.#release = () => {
      queries.destroy();
      pool.dispose();
    };
  }

  /** A clock, or null where the device has no timestamps. Throws `gpu-memory`. */
  static open(gpu: Gpu, memory: Memory): GpuClock | null {
    return gpu.has.timestamps ? new GpuClock(gpu, memory) : null;
  }

  /** The greatest value of `bytes`. */
  static readonly maxBytes = PASSES * BYTES_PER_PASS;

  /** The timestamp writes of the next pass; none where 128 passes wait to be read. */
  pass(): { readonly timestampWrites?: GPUComputePassTimestampWrites } {
    if (this.#waiting === PASSES) {
      this.#missed = true;
      return {};
    }
    const at = 2 * this.#waiting++;
    return {
      timestampWrites: { querySet: this.#queries, beginningOfPassWriteIndex: at, endOfPassWriteIndex: at + 1 },
    };
  }

  /** Bytes that `resolve` copies. */
  get bytes(): number {
    return this.#waiting * BYTES_PER_PASS;
  }

  /** Encodes the copy of all unread times into `to` from byte `at`; `read` takes them once they are mapped. */
  resolve(encoder: GPUCommandEncoder, to: GPUBuffer, at: number): void {
    encoder.resolveQuerySet(this.#queries, 0, 2 * this.#waiting, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, to, at, this.bytes);
  }

  /** Adds the times that `resolve` copied; ends the wait of those passes. */
  read(bytes: ArrayBuffer): void {
    const times = new BigUint64Array(bytes);
    this.#waiting = 0;
    for (let i = 0; i < times.length; i += 2) {
      // A driver may reset its counter between two passes, or within one: that pass has no time.
      if (times[i + 1]! < times[i]!) this.#missed = true;
      else this.#ms += Number(times[i + 1]! - times[i]!) / 1e6;
    }
  }

  /** Milliseconds since the last `reset`; null when a pass could not be timed. */
  get ms(): number | null {
    return this.#missed ? null : this.#ms;
  }

  /** The sum starts again from 0. */
  reset(): void {
    this.#ms = 0;
    this.#missed = false;
  }

  /** Destroys the query set and its buffer. */
  dispose(): void {
    this.#release();
  }
}
