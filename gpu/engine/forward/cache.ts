// The forward passes that an engine keeps for its next call: making their buffers and bind groups takes as long as some
// tokens.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { GpuClock } from '../../device/clock.ts';
import type { Counts } from '../../device/commands.ts';
import type { On } from '../../device/context.ts';
import type { Tracer } from '../../device/trace.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import { Forward, type ForwardOptions } from './forward.ts';
import { decodePass } from './sizes.ts';

export class Forwards {
  readonly #on: On & { readonly counts: Counts; readonly clock: GpuClock | null; readonly tracer: Tracer };
  readonly #spec: Spec;
  readonly #weights: DeviceWeights;
  readonly #kept = new Map<string, Forward>();

  constructor(
    on: On & { readonly counts: Counts; readonly clock: GpuClock | null; readonly tracer: Tracer },
    spec: Spec,
    weights: DeviceWeights,
  ) {
    this.#on = on;
    this.#spec = spec;
    this.#weights = weights;
  }

  all(): Iterable<Forward> {
    return this.#kept.values();
  }

  /** One for the caller alone. */
  make(options: ForwardOptions): Forward {
    return new Forward(this.#on, this.#spec, this.#weights, options);
  }

  /** The one kept under `name`, made anew when the step does not fit it. */
  get(name: string, need: { readonly rows: number; readonly table: number }, wanted: ForwardOptions): Forward {
    const kept = this.#kept.get(name);
    if (kept && kept.options.capacity >= need.rows && kept.options.table >= need.table) return kept;
    kept?.dispose();
    this.#kept.delete(name);
    const forward = this.make(wanted);
    this.#kept.set(name, forward);
    return forward;
  }

  /** A pass with a cache of its own, for the caller alone until it comes back: the one from before where it fits. */
  decoder(maxRows: number, need: { readonly prompts: number; readonly cacheRows: number }): Forward {
    const kept = this.#kept.get('decode');
    this.#kept.delete('decode');
    const wanted = decodePass(this.#spec, maxRows, this.#on.memory.maxBindingBytes, need);
    if (kept && kept.options.scored >= wanted.scored && kept.options.cacheRows >= need.cacheRows) return kept;
    kept?.dispose();
    return this.make(wanted);
  }

  /** Takes a decoder back, unless another is there. */
  keep(forward: Forward): void {
    if (this.#kept.has('decode')) forward.dispose();
    else this.#kept.set('decode', forward);
  }

  clear(): void {
    for (const forward of this.#kept.values()) forward.dispose();
    this.#kept.clear();
  }
}
