// Calibration statistics of a run: in memory for its other cells, in files for the runs to come.

import type { TapSums } from '../../gpu/index.ts';
import type { Statistics } from '../method/method.ts';

/** Where the sums of a key are kept beyond this process. */
export interface StatisticsFiles {
  get(key: string): Promise<{ readonly sums: readonly TapSums[]; readonly spentMs: number } | null>;
  put(key: string, sums: readonly TapSums[], spentMs: number): Promise<void>;
}

export class StatisticsStore implements Statistics {
  readonly #files: StatisticsFiles | null;
  readonly #on: string;
  readonly #known = new Map<string, Promise<{ readonly sums: readonly TapSums[]; readonly spentMs: number }>>();

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
}
