// `persona-bench/method`: all that the author of a method or of a kind of evaluation needs. Loads no engine.

export { BenchError } from '../base/error.ts';
export { DENSE } from '../formats/checkpoint/dense.ts';
export type {
  Adapter,
  EachSums,
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
export type {
  EvaluationFile,
  EvaluationPlace,
  EvaluationSource,
  ResolvedEvaluation,
} from '../harness/config/evaluation-source.ts';
export type { ControlKind, Evaluation, Persona } from '../harness/config/resolved.ts';
export type { LibraryPassage } from '../harness/datasets/passages.ts';
export type { CalibrationText, Item, Passage } from '../harness/datasets/types.ts';
export type {
  AnsweredPoint,
  Answerer,
  AskRequest,
  EvaluationKind,
  EvaluationRegistry,
} from '../harness/method/evaluation-kind.ts';
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
export type { OptionScore, OrderOutcome, Outcome } from '../harness/method/outcome.ts';
export { softmax } from '../harness/stats/softmax.ts';
export type { TextModel } from '../harness/text/index.ts';
export { defineEvaluation, defineMethod, type Plugin } from './registry.ts';
export type { OwnEvaluation, OwnMethod } from './shapes.ts';
