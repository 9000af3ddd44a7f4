// Calibration statistics of a run: in memory for its other cells, in files for the runs to come.

import type { EachSums, TapSums } from '../../gpu/index.ts';
import type { Statistics } from '../method/method.ts';

/** Where the sums of a key are kept beyond this process. */
export interface StatisticsFiles {
  get(key: string): Promise<{ readonly sums: readonly TapSums[]; readonly spentMs: number } | null>;
  put(key: string, sums: readonly TapSums[], spentMs: number): Promise<void>;
}

/** Bytes of the sums of single samples that are kept: enough for 256 texts of a model of 1.5 billion parameters. */
const EACH_BYTES = 2 ** 30;

export class StatisticsStore implements Statistics {
  readonly #files: StatisticsFiles | null;
  readonly #on: string;
  readonly #known = new Map<string, Promise<{ readonly sums: readonly TapSums[]; readonly spentMs: number }>>();

  readonly #each = new Map<string, { readonly bytes: number; readonly made: Promise<EachSums> }>(); // the last used comes last

  /** `files` null: nothing is kept beyond this process. `on`: the device class and kernels, within which bits are equal. */
  constructor(files: StatisticsFiles | null, on = '') {
    this.#files = files;
    this.#on = on;
  }

  async of(key: string, make: () => Promise<readonly TapSums[]>): ReturnType<Statistics['of']> {
    const known = this.#known.get(key);
    if (known !== undefined) return { ...(await known), reused: true };
    const stored = (await this.#files?.get(`${this.#on} ${key}`)) ?? null;
    if (stored !== null) {
      this.#known.set(key, Promise.resolve(stored));
      return { ...stored, reused: true };
    }
    const start = performance.now();
    const made = make().then((sums) => ({ sums, spentMs: performance.now() - start }));
    this.#known.set(key, made);
    try {
      const { sums, spentMs } = await made;
      // A disk that is full is the store's to report: the sums are here all the same.
      await this.#files?.put(`${this.#on} ${key}`, sums, spentMs).catch(() => undefined);
      return { sums, spentMs, reused: false };
    } catch (error) {
      this.#known.delete(key);
      throw error;
    }
  }

  /** Those that were used longest ago make room. */
  each(key: string, bytes: number, make: () => Promise<EachSums>): Promise<EachSums> | null {
    if (bytes > EACH_BYTES) return null;
    const known = this.#each.get(key);
    this.#each.delete(key);
    let held = [...this.#each.values()].reduce((sum, one) => sum + one.bytes, 0);
    for (const [oldest, one] of this.#each) {
      if (held + bytes <= EACH_BYTES) break;
      this.#each.delete(oldest);
      held -= one.bytes;
    }
    const made = known?.made ?? make();
    this.#each.set(key, { bytes, made });
    made.catch(() => {
      if (this.#each.get(key)?.made === made) this.#each.delete(key);
    });
    return made;
  }
}
