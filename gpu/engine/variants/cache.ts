// A cache of the variants that are on the device: a batch, a latency test or a conversation alternates between a few of
// them, and uploading a mask takes longer than a step.

import type { Parts } from '../../../formats/checkpoint/parts.ts';
import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { DeviceContext } from '../../device/context.ts';
import type { Variant } from '../types.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { reside } from './resident.ts';
import type { Resident } from './resident-types.ts';

/** Variants that stay on the device; the least recently used one leaves first. */
const MOST = 8;

/** The residents belong to the cache; the engine owns it and calls `clear` before it closes its device. */
export class ResidentCache {
  readonly #context: DeviceContext;
  readonly #spec: Spec;
  readonly #parts: Parts;
  readonly #weights: DeviceWeights;
  readonly #onEvict: (resident: Resident) => void;
  readonly #kept = new Map<string, Resident>(); // by the variant's id, the latest last

  /** `onEvict` is called with each variant before its buffers are destroyed. */
  constructor(
    context: DeviceContext,
    spec: Spec,
    parts: Parts,
    weights: DeviceWeights,
    onEvict: (resident: Resident) => void,
  ) {
    this.#context = context;
    this.#spec = spec;
    this.#parts = parts;
    this.#weights = weights;
    this.#onEvict = onEvict;
  }

  /**
   * The variant on the device, uploaded where it is not there; an id with another mask, adapter or vector than before
   * is uploaded again. It is valid until as many others have been used, or until `clear`. Throws `gpu-memory`, and
   * `bad-variant` for a layout that cannot be.
   */
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
      this.#evict(kept);
    }
    while (this.#kept.size >= MOST) {
      const [oldest, resident] = this.#kept.entries().next().value!;
      this.#kept.delete(oldest);
      this.#evict(resident);
    }
    const resident = await reside(this.#context, this.#spec, this.#parts, this.#weights, variant);
    this.#kept.set(id, resident);
    return resident;
  }

  /** Removes every variant from the device. */
  clear(): void {
    for (const resident of this.#kept.values()) this.#evict(resident);
    this.#kept.clear();
  }

  #evict(resident: Resident): void {
    this.#onEvict(resident);
    resident.pool.dispose();
  }
}
