// `persona-bench`: suites, runs and gates from TypeScript. Loads no engine and no GPU module until a run asks for one;
// `persona-bench/engine` is a model by itself, `persona-bench/method` is for authors of methods.
// docs/api.md says what of it is stable.

export { blessedOf, blessRun, compareRuns, gateRun, type RunName } from './api/gate.ts';
export { METHODS } from './api/methods.ts';
export { loadPlugin, registryFrom } from './api/plugin.ts';
export { readRun } from './api/read-run.ts';
export { defineEvaluation, defineMethod, type Plugin, type Registry, registryOf } from './api/registry.ts';
export { runSuite } from './api/run.ts';
export type { Blessed, RunSuiteOptions, SuiteRun } from './api/run-options.ts';
export type { OwnEvaluation, OwnMethod } from './api/shapes.ts';
export { type LoadSuiteOptions, loadSuite } from './api/suite.ts';
export { BenchError, type BenchErrorOptions } from './base/error.ts';
export type {
  Evaluation,
  GateRules,
  MethodEntry,
  ModelRef,
  Persona,
  SparsityLevel,
  Suite,
} from './harness/config/resolved.ts';
export type { Item } from './harness/datasets/types.ts';
export { EVALUATIONS } from './harness/evaluations/index.ts';
export type { Reference } from './harness/gate/types.ts';
export type { EvaluationKind, EvaluationRegistry } from './harness/method/evaluation-kind.ts';
export type { Method, MethodRegistry } from './harness/method/method.ts';
export type { Cell } from './harness/plan/cell.ts';
export type { FilterTerm } from './harness/plan/selection.ts';
export type { CellRecord } from './harness/record/cell-record.ts';
export type * from './harness/record/run-record.ts';
export type { Comparison, Flip, GateReport, RowDifference, Verdict } from './harness/record/verdicts.ts';
export type { Listener, RunEvent } from './harness/run/events.ts';
export type { ReadRun } from './harness/store/read-run.ts';
