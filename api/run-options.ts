// What `runSuite` takes and gives back.

import type { BenchError } from '../base/error.ts';
import type { Reference } from '../harness/gate/types.ts';
import type { FilterTerm } from '../harness/plan/selection.ts';
import type { ItemRow, RunResult } from '../harness/record/run-record.ts';
import type { Listener } from '../harness/run/events.ts';
import type { Gated } from '../reports/gate-summary.ts';
import type { Registry } from './registry.ts';

/** Where runs and the store are unless `out` says otherwise, below the working folder. */
export const DEFAULT_OUT = '.bench';

/** A blessed run, with the name of its file. */
export interface Blessed {
  readonly name: string;
  readonly reference: Reference;
}

export interface RunSuiteOptions {
  /** The registry that the suite was loaded with; the bundled methods when absent. */
  readonly registry?: Registry;
  /** Folder of the runs and of the store; `.bench` when absent. */
  readonly out?: string;
  /** `swiftshader`, `system`, or part of a device's name; the one that BENCH_DEVICE names, or the best, when absent. */
  readonly device?: string;
  /** Hears of every step: the plan, cells that start, are done or fail, latency rounds, the end. */
  readonly listener?: Listener;
  /** Stops after the step in progress; what is stored stays valid. */
  readonly signal?: AbortSignal;
  /** Computes every cell again. */
  readonly fresh?: boolean;
  /** Stops at the first cell that fails. */
  readonly failFast?: boolean;
  /** Times every kernel of each method too, and writes trace.json. */
  readonly profile?: boolean;
  /** Cells to keep; terms of one field are alternatives. */
  readonly filter?: readonly FilterTerm[];
  /**
   * The blessed run that this one is judged by: its verdict and the answers that changed stand in the reports, and of a suite
   * with `gate.looks` further items are asked only of rows that a look leaves open (absent: all items).
   */
  readonly against?: Blessed;
  /** The command that the run's record names; words. */
  readonly command?: readonly string[];
  /** Hears of damaged files of calibration statistics, which are made again; absent: nobody. */
  readonly warn?: (damage: BenchError) => void;
}

export interface SuiteRun {
  /**
   * Absolute folder of run.json, items.jsonl and the reports; null after an interrupt that left no method finished. Of a run
   * that was stopped later the folder has what is finished, and `result.partial` says what is not.
   */
  readonly folder: string | null;
  /** run.json as data. `result.exitCode` is 0, 3 where a cell failed or was not reached, or 130 where the run was stopped. */
  readonly result: RunResult;
  /** Names of the files in `folder`. */
  readonly files: readonly string[];
  /** Each answer: one item under one method and persona. */
  items(): Iterable<ItemRow>;
  readonly interrupted: boolean;
  /** What the gate says of it, where the run was compared with `against` and its suite has rules. */
  readonly gate?: Gated;
}
