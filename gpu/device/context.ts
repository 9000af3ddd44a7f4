// An open device with its memory and its pipelines, which the parts of the engine share.

import type { Gpu } from './device.ts';
import type { Memory } from './memory.ts';
import type { Pipelines } from './pipelines.ts';

/** An open device with what allocates and compiles on it. The engine owns all three. */
export interface DeviceContext {
  readonly gpu: Gpu;
  readonly memory: Memory;
  readonly pipelines: Pipelines;
}
