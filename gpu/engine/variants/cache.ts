// The variants that are on the device, the latest few: a batch, a latency test or a conversation goes to and fro between
// some of them, and bringing a mask there takes longer than a step.

import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { On } from '../../device/context.ts';
import type { Forward } from '../forward/forward.ts';
import type { Variant } from '../types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { reside } from './resident.ts';
import type { Resident } from './resident-types.ts';

/** Variants that stay on the device; the one that was used longest ago leaves first. */
const MOST = 8;

export class Residents {
  readonly #on: On;
  readonly #spec: Spec;
  readonly #parts: Parts;
  readonly #weights: DeviceWeights;
  readonly #forwards: () => Iterable<Forward>;
  readonly #kept = new Map<string, Resident>(); // by the variant's id, the latest last

  constructor(on: On, spec: Spec, parts: Parts, weights: DeviceWeights, forwards: () => Iterable<Forward>) {
    this.#on = on;
    this.#spec = spec;
    this.#parts = parts;
    this.#weights = weights;
    this.#forwards = forwards;
  }

  /** The variant on the device. An id that now stands for another mask, adapter or vector is brought there anew. */
  async get(variant: Variant): Promise<Resident> {
    const { id, mask, adapter, steer, gamma, layout } = variant;
    const kept = this.#kept.get(id);
    if (kept !== undefined) {
      const was = kept.variant;
      this.#kept.delete(id);
      const same = was.mask === mask && was.adapter === adapter && was.steer === steer;
      if (same && was.gamma === gamma && was.layout === layout) {
        this.#kept.set(id, kept);
        return kept;
      }
      this.#leave(kept);
    }
    while (this.#kept.size >= MOST) {
      const [oldest, resident] = this.#kept.entries().next().value!;
      this.#kept.delete(oldest);
      this.#leave(resident);
    }
    const resident = await reside(this.#on, this.#spec, this.#parts, this.#weights, variant);
    this.#kept.set(id, resident);
    return resident;
  }

  clear(): void {
    for (const resident of this.#kept.values()) this.#leave(resident);
    this.#kept.clear();
  }

  #leave(resident: Resident): void {
    for (const forward of this.#forwards()) forward.forget(resident);
    resident.pool.dispose();
  }
}
