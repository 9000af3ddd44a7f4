// What the rest of the project may use of the engine. No GPU type passes through here.

export type { EngineDevice } from './device/device.ts';
export type { Peaks } from './device/peaks/measure.ts';
export type { Dispatch, Trace, TracedStep } from './device/trace.ts';
export type { LoadedEngine } from './engine/engine.ts';
export { type LoadOptions, loadEngine } from './engine/load.ts';
export * from './engine/types.ts';
export { kernelsDigest } from './kernels/digest.ts';
export type { MaskTensor, Score } from './kernels/types.ts';
