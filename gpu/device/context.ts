// A device as the engine's parts use it.

import type { Gpu } from './device.ts';
import type { Memory } from './memory.ts';
import type { Pipelines } from './pipelines.ts';

export interface On {
  readonly gpu: Gpu;
  readonly memory: Memory;
  readonly pipelines: Pipelines;
}
