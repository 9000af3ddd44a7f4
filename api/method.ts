// `persona-bench/method`: all that the author of a method needs. Loads no engine.

export { BenchError } from '../base/error.ts';
export { DENSE } from '../formats/checkpoint/dense.ts';
export type {
  Adapter,
  Engine,
  Group,
  Mask,
  MaskTensor,
  Sample,
  Sampling,
  Score,
  Scored,
  Selected,
  SelectRequest,
  Sequence,
  Steer,
  TapSums,
  Trainer,
  TrainerOptions,
  Variant,
} from '../gpu/index.ts';
export type { ControlKind, Persona } from '../harness/config/resolved.ts';
export type { LibraryPassage } from '../harness/datasets/passages.ts';
export type { CalibrationText, Item, Passage } from '../harness/datasets/types.ts';
export type {
  Artefact,
  Axis,
  Context,
  Held,
  Message,
  Method,
  MethodRegistry,
  Prepared,
  Prompt,
  Question,
  Reading,
  Rng,
  Statistics,
} from '../harness/method/method.ts';
export type { Outcome } from '../harness/method/outcome.ts';
export type { TextModel } from '../harness/text/index.ts';
export { defineMethod, type OwnMethod, type Plugin } from './registry.ts';
