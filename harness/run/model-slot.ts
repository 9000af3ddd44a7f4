// The one model that is on a device at a time.

import type { LoadedModel } from './ports.ts';

/** Loads the model of that id. */
type Load = (model: string) => Promise<LoadedModel>;

/** Keeps a loaded model until another is asked for. Whoever made it disposes of it; `get` throws what loading throws. */
export class ModelSlot {
  readonly #load: Load;
  #name: string | null = null;
  #loaded: LoadedModel | null = null;

  constructor(load: Load) {
    this.#load = load;
  }

  async get(model: string): Promise<LoadedModel> {
    if (this.#loaded !== null && this.#name === model) return this.#loaded;
    await this.dispose();
    this.#loaded = await this.#load(model);
    this.#name = model;
    return this.#loaded;
  }

  async dispose(): Promise<void> {
    const loaded = this.#loaded;
    this.#loaded = null;
    await loaded?.engine.dispose();
  }
}
