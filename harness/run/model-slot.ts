// The one model that is on a device at a time.

import type { LoadedModel, RunnerOptions } from './ports.ts';

/** Keeps a loaded model until another is asked for. */
export class ModelSlot {
  private readonly load: RunnerOptions['load'];
  private name: string | null = null;
  private loaded: LoadedModel | null = null;

  constructor(load: RunnerOptions['load']) {
    this.load = load;
  }

  async get(model: string): Promise<LoadedModel> {
    if (this.loaded !== null && this.name === model) return this.loaded;
    await this.dispose();
    this.loaded = await this.load(model);
    this.name = model;
    return this.loaded;
  }

  async dispose(): Promise<void> {
    const { loaded } = this;
    this.loaded = null;
    await loaded?.engine.dispose();
  }
}
