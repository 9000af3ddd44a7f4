// A cache of forward passes: an engine keeps them for its next call, since making their buffers and bind groups takes
// as long as some tokens.

import type { Spec } from '../../../formats/checkpoint/spec.ts';
import type { DeviceWeights } from '../weights/upload.ts';
import type { ForwardOptions } from './buffers.ts';
import { Forward, type ForwardContext } from './forward.ts';
import { decodeOptions } from './sizes.ts';

/**
 * Passes by name, and one decoder. The engine owns it and calls `clear` before it closes its device; a pass that `make`
 * or `decoder` gives belongs to the caller, who disposes it or hands it back by `keep`.
 */
export class ForwardCache {
  readonly #context: ForwardContext;
  readonly #spec: Spec;
  readonly #weights: DeviceWeights;
  readonly #kept = new Map<string, Forward>();

  constructor(context: ForwardContext, spec: Spec, weights: DeviceWeights) {
    this.#context = context;
    this.#spec = spec;
    this.#weights = weights;
  }

  /** The passes that are kept now. */
  all(): Iterable<Forward> {
    return this.#kept.values();
  }

  /** A pass for the caller alone, who disposes it. Throws `gpu-memory`. */
  make(options: ForwardOptions): Forward {
    return new Forward(this.#context, this.#spec, this.#weights, options);
  }

  /**
   * The pass kept under `name`; a new one as `wanted` where `need` does not fit it. It stays the cache's. Throws
   * `gpu-memory`.
   */
  get(name: string, need: { readonly rows: number; readonly table: number }, wanted: ForwardOptions): Forward {
    const kept = this.#kept.get(name);
    if (kept && kept.options.capacity >= need.rows && kept.options.table >= need.table) return kept;
    kept?.dispose();
    this.#kept.delete(name);
    const forward = this.make(wanted);
    this.#kept.set(name, forward);
    return forward;
  }

  /**
   * A pass with key/value caches of its own, for the caller alone until `keep`: the kept one where it fits. Throws
   * `gpu-memory`.
   */
  decoder(maxRows: number, need: { readonly prompts: number; readonly cacheRows: number }): Forward {
    const kept = this.#kept.get('decode');
    this.#kept.delete('decode');
    const wanted = decodeOptions(this.#spec, maxRows, this.#context.memory.maxBindingBytes, need);
    if (kept && kept.options.scored >= wanted.scored && kept.options.cacheRows >= need.cacheRows) return kept;
    kept?.dispose();
    return this.make(wanted);
  }

  /** Takes a decoder back; disposes it where another one is kept. */
  keep(forward: Forward): void {
    if (this.#kept.has('decode')) forward.dispose();
    else this.#kept.set('decode', forward);
  }

  /** Disposes every kept pass. */
  clear(): void {
    for (const forward of this.#kept.values()) forward.dispose();
    this.#kept.clear();
  }
}
