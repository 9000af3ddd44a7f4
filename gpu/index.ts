// What the rest of the project may use of the engine. No GPU type passes through here.

export type { Dispatch, EngineDevice, Peaks, Trace, TracedStep } from './device/contract.ts';
export { loadEngine } from './engine/load.ts';
export * from './engine/types.ts';
export { kernelsDigest } from './kernels/digest.ts';
export type { MaskTensor, Score } from './kernels/types.ts';
