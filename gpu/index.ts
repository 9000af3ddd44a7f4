// What the rest of the project may use of the engine. No GPU type passes through here.

export type { EngineDevice } from './device.ts';
export { kernelsDigest } from './kernels/index.ts';
export type { LoadedEngine } from './model/engine.ts';
export { type LoadOptions, loadEngine } from './model/load.ts';
export * from './model/types.ts';
export type { Peaks } from './peaks/index.ts';
export type { Dispatch, Trace, TracedStep } from './trace.ts';
