// What a run needs of the world: a machine that loads models, and who evaluates and stores a cell.

import type { KnownDigest } from '../../formats/checkpoint/checkpoint.ts';
import type { Engine } from '../../gpu/index.ts';
import type { Evaluation, ModelRef, Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import type { MethodRegistry, Prepared, Statistics } from '../method/method.ts';
import type { Outcome } from '../method/outcome.ts';
import type { Cell, CellResult } from '../plan/cell.ts';
import type { LookRow } from '../record/looks.ts';
import type { DeviceInfo, ItemRow, RunResult } from '../record/run-record.ts';
import type { Store } from '../store/store.ts';
import type { TextModel } from '../text/index.ts';
import type { Listener } from './events.ts';
import type { StatisticsFiles } from './statistics.ts';

/** A model on a device, with its text side. */
export interface LoadedModel {
  readonly engine: Engine;
  readonly text: TextModel;
  readonly device: DeviceInfo;
}

interface EvaluateArguments {
  readonly engine: Engine;
  readonly text: TextModel;
  readonly evaluation: Evaluation;
  readonly items: readonly Item[];
  readonly prepared: Pick<Prepared, 'variant' | 'wrap'>;
  readonly signal?: AbortSignal;
}

export type Evaluate = (args: EvaluateArguments) => Promise<readonly Outcome[]>;

/** Asks as an evaluation's kind does. */
export function evaluateBy(kinds: EvaluationRegistry): Evaluate {
  return ({ prepared, evaluation, ...request }) => {
    const { variant } = prepared;
    return kindOf(kinds, evaluation).ask({ ...request, evaluation, variant, wrap: (one) => prepared.wrap(one) });
  };
}

/** Which cells of later looks are to be asked, after a look (from 1) and by all that is answered. */
export type GoesOn = (look: number, results: readonly CellResult[]) => Promise<(cell: Cell) => boolean>;

export interface RunnerOptions {
  readonly suite: Suite;
  readonly registry: MethodRegistry;
  readonly kinds: EvaluationRegistry;
  readonly cells: readonly Cell[];
  readonly store: Store;
  readonly device: DeviceInfo; // of which the store's keys are made
  readonly kernels: string; // digest
  readonly evaluate: Evaluate;
  readonly statistics: Statistics;
  readonly emit: Listener;
  readonly signal: AbortSignal;
  readonly fresh: boolean;
  readonly failFast: boolean;
  /** Asked between the looks of a gate; absent: all looks are run as one. */
  readonly goesOn?: GoesOn;
}

/** A gated row, as the gate names it. */
type OpenRow = Pick<LookRow, 'model' | 'evaluation'> & { readonly name: string };

/** What a run asks of the machine. */
export interface Machine {
  /** Opens the device (once per process) without loading weights. */
  device(): Promise<DeviceInfo>;
  /**
   * `weights`: the digest that the plan was made with. Throws `model-changed` where the files are other ones by now, since
   * what would be computed belongs to no cell of the plan.
   */
  load(model: ModelRef, weights?: KnownDigest): Promise<{ readonly engine: Engine; readonly device: DeviceInfo }>;
  /** Tokenizer and chat template, of a model whose config and weight headers are right; called for every plan, so cheap. */
  text(model: ModelRef): Promise<TextModel>;
  /** What a user should know of how a model's files are read; part of every report, stored or not. */
  notes?(model: ModelRef): Promise<readonly string[]>;
  /** Digest of all kernels, hex; needs no device. */
  kernels(): Promise<string>;
  /** Asks in place of the kinds themselves: for tests without a model. */
  readonly evaluate?: Evaluate;
  /** The name in --device or BENCH_DEVICE; part of what a remembered device is remembered by. */
  readonly wantedDevice: string | undefined;
}

export interface SessionOptions {
  readonly suite: Suite;
  readonly registry: MethodRegistry;
  readonly kinds: EvaluationRegistry; // of evaluations
  readonly machine: Machine;
  readonly base: string; // output folder: the store and the runs lie in it
  readonly command: readonly string[];
  readonly emit: Listener;
  readonly signal: AbortSignal;
  readonly fresh: boolean;
  readonly failFast: boolean;
  /** Whether each method is taken apart by kernels once the cells are done. */
  readonly profile?: boolean;
  /** Where calibration statistics are kept; absent: in memory only. */
  readonly statistics?: StatisticsFiles;
  /** The gated rows that a look (from 1) leaves open, by the run so far; absent: all looks are asked. */
  undecided?(look: number, result: RunResult, items: Iterable<ItemRow>): readonly OpenRow[];
  /** Cells to keep (--filter); all when absent. */
  select?(cells: readonly Cell[]): readonly Cell[];
}
