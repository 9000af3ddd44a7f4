// Where a plan meets an engine: answers cells from the store, computes the others one by one, and stores each when done.
// A cell that throws is recorded and the rest goes on; an interrupt ends the run between or inside cells, store valid.

import { BenchError, type Engine } from '../../gpu/index.ts';
import type { Evaluation, MethodEntry, Persona, Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import { canonicalJson, digestOf } from '../plan/canonical.ts';
import { findOpposite, needsOpposite } from '../plan/expand.ts';
import { storeKey, visiblePersona } from '../plan/identity.ts';
import type { Cell, CellRecord, Context, MethodRegistry, Outcome, Prepared } from '../plan/method.ts';
import type { CellStatus, DeviceInfo } from '../plan/result.ts';
import { rngOf } from '../stats/rng.ts';
import type { TextModel } from '../text/index.ts';
import type { Listener } from './events.ts';
import { DeviceChanged, DeviceHealth, type Failure, failureOf } from './failures.ts';
import type { ModelSlot } from './model-slot.ts';
import type { Store, StoredCell } from './store.ts';

/** A model on a device, with its text side. */
export interface LoadedModel {
  readonly engine: Engine;
  readonly text: TextModel;
  readonly device: DeviceInfo;
}

export interface EvaluateArguments {
  readonly engine: Engine;
  readonly text: TextModel;
  readonly evaluation: Evaluation;
  readonly items: readonly Item[];
  readonly prepared: Pick<Prepared, 'variant' | 'wrap'>;
  readonly signal?: AbortSignal;
}
export type Evaluate = (args: EvaluateArguments) => Promise<readonly Outcome[]>;

export interface RunnerOptions {
  readonly suite: Suite;
  readonly registry: MethodRegistry;
  readonly cells: readonly Cell[];
  readonly store: Store;
  readonly device: DeviceInfo; // of which the store's keys are made
  readonly kernels: string; // digest
  /** Loads a model; called at most once per model at a time, and never when all its cells are stored. */
  load(model: string): Promise<LoadedModel>;
  readonly evaluate: Evaluate;
  readonly emit: Listener;
  readonly signal: AbortSignal;
  readonly fresh: boolean;
  readonly failFast: boolean;
}

export interface CellResult {
  readonly cell: Cell;
  readonly key: string;
  readonly status: CellStatus;
  readonly stored: StoredCell | null; // null when errored
  readonly error: Failure | null;
}

export interface RunnerResult {
  readonly results: readonly CellResult[]; // in the order of the plan; those not reached are left out
  readonly interrupted: boolean;
  readonly stopped: string | null; // why cells were left, when it was neither an interrupt nor --fail-fast
  readonly changed: number; // cells whose fresh outcomes differ from the stored ones
}

/**
 * Runs every cell of the plan. Failures of cells are in the result, and the cell after one that lost the device gets a new
 * one; only a failure to store, or a first device that is not the one the keys were made for, is thrown.
 */
export async function runCells(options: RunnerOptions, models: ModelSlot): Promise<RunnerResult> {
  const { cells, store, device, kernels, emit, signal, fresh } = options;
  const results = new Map<Cell, CellResult>();
  const keys = new Map(cells.map((cell) => [cell, storeKey(cell.id, device.deviceClass, kernels)]));
  const missing: Cell[] = [];
  for (const cell of cells) {
    const key = keys.get(cell) ?? '';
    const found = fresh ? null : store.get(key, cell);
    if (found?.status === 'damaged') emit({ kind: 'damaged', cell, reason: found.reason });
    if (found?.status === 'stored') results.set(cell, { cell, key, status: 'stored', stored: found.cell, error: null });
    else missing.push(cell);
  }
  emit({ kind: 'plan', cells: cells.length, stored: results.size });
  for (const cell of results.keys()) emit({ kind: 'stored', cell });

  let changed = 0;
  let stopped: string | null = null;
  const health = new DeviceHealth();
  const setUp = new SetUp(options);
  const computed = new Set<string>();
  try {
    for (const cell of inSetUpOrder(missing, options.suite, options.registry)) {
      if (signal.aborted) break;
      const key = keys.get(cell) ?? '';
      // The same content under two names is computed once; another run may have stored it meanwhile.
      const found = fresh && !computed.has(key) ? null : store.get(key, cell);
      if (found?.status === 'stored') {
        results.set(cell, { cell, key, status: 'stored', stored: found.cell, error: null });
        emit({ kind: 'stored', cell });
        continue;
      }
      emit({ kind: 'cell-start', cell });
      let outcome: CellOutcome;
      try {
        outcome = await computeCell(cell, key, options, models, setUp);
      } catch (error) {
        if (signal.aborted || (error instanceof DeviceChanged && !health.reopened)) throw error;
        const failure = failureOf(error, cell);
        results.set(cell, { cell, key, status: 'errored', stored: null, error: failure });
        emit({ kind: 'cell-error', cell, code: failure.code, message: failure.message });
        const { reopen, stop } = health.failed(failure);
        if (reopen) await letGo(models, setUp);
        stopped = stop;
        if (stopped !== null || options.failFast) break;
        continue;
      }
      health.worked();
      if (fresh && differs(store, key, cell, outcome.outcomes)) {
        changed++;
        emit({ kind: 'changed', cell });
      }
      const { record, outcomes, artefacts } = outcome;
      const finished = { record, outcomes, artefacts, deviceClass: device.deviceClass, kernels };
      const stored = store.put(cell, finished, fresh);
      computed.add(key);
      results.set(cell, { cell, key, status: 'computed', stored, error: null });
      emit({ kind: 'cell-done', cell, record });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    setUp.release();
  }
  const ordered = cells.map((cell) => results.get(cell)).filter((result) => result !== undefined);
  const count = (status: CellStatus) => ordered.filter((result) => result.status === status).length;
  emit({ kind: 'end', computed: count('computed'), stored: count('stored'), errored: count('errored') });
  return { results: ordered, interrupted: signal.aborted, stopped, changed };
}

/** Closes what a failed device holds; one that is gone may refuse even that. */
async function letGo(models: ModelSlot, setUp: SetUp): Promise<void> {
  try {
    setUp.release();
  } catch {
    // What was prepared went with the device.
  }
  await models.dispose().catch(() => undefined);
}

interface CellOutcome {
  readonly record: CellRecord;
  readonly outcomes: readonly Outcome[];
  readonly artefacts: Prepared['artefacts'];
}

async function computeCell(
  cell: Cell,
  key: string,
  options: RunnerOptions,
  models: ModelSlot,
  setUp: SetUp,
): Promise<CellOutcome> {
  const loaded = await models.get(cell.model);
  if (loaded.device.deviceClass !== options.device.deviceClass) throw new DeviceChanged(loaded.device);
  const { engine, text } = loaded;
  const { prepared, setupMs } = await setUp.get(cell, loaded);
  const prompts = new Map<string, string>();
  const wrap: Prepared['wrap'] = async (question) => {
    const prompt = await prepared.wrap(question);
    if (!prompts.has(question.item.id)) prompts.set(question.item.id, digestOf(prompt));
    return prompt;
  };
  // What the cells before have left on the device is no part of this one's account.
  await engine.trim();
  engine.resetCounters();
  const start = performance.now();
  const evaluated = await options.evaluate({
    engine,
    text,
    evaluation: cell.evaluation,
    items: cell.items,
    prepared: { variant: prepared.variant, wrap },
    signal: options.signal,
  });
  const scoringMs = performance.now() - start;
  const outcomes = evaluated.map((outcome): Outcome => {
    const prompt = prompts.get(outcome.item);
    return prompt === undefined ? outcome : { ...outcome, prompt };
  });
  const cost = { setupMs, ...prepared.cost };
  const record: CellRecord = { id: cell.id, key, cost, counters: { ...engine.counters() }, scoringMs };
  return { record, outcomes, artefacts: prepared.artefacts };
}

/** What a method has prepared, kept while the next cell needs the same. */
export class SetUp {
  private readonly options: Pick<RunnerOptions, 'suite' | 'registry' | 'evaluate'>;
  private current: { readonly key: string; readonly prepared: Prepared; readonly setupMs: number } | null = null;

  constructor(options: Pick<RunnerOptions, 'suite' | 'registry' | 'evaluate'>) {
    this.options = options;
  }

  async get(cell: Cell, loaded: LoadedModel): Promise<{ readonly prepared: Prepared; readonly setupMs: number }> {
    const key = `${cell.model}\n${setUpKey(cell, this.options.suite, this.options.registry)}`;
    if (this.current?.key === key) return this.current;
    this.release();
    const start = performance.now();
    const prepared = await prepare(cell, loaded, this.options);
    this.current = { key, prepared, setupMs: performance.now() - start };
    return this.current;
  }

  release(): void {
    const { current } = this;
    this.current = null;
    current?.prepared.release();
  }
}

/** Runs a method's `prepare` for a cell; the caller releases what comes back. */
export async function prepare(
  cell: Cell,
  loaded: LoadedModel,
  { suite, registry, evaluate }: Pick<RunnerOptions, 'suite' | 'registry' | 'evaluate'>,
): Promise<Prepared> {
  const entry = suite.methods.find(({ id }) => id === cell.method) as MethodEntry;
  const method = registry.get(entry.method);
  if (method === undefined) throw new BenchError('unknown-method', `unknown method "${entry.method}"`);
  const visible = (persona: Persona | null) => persona && visiblePersona(persona, method, cell.wording);
  const whole = suite.personas.find(({ id }) => id === cell.persona) ?? null;
  const persona = visible(whole);
  const opposite = whole && needsOpposite(method) ? visible(findOpposite(suite, whole)) : null;
  const context: Context = {
    engine: loaded.engine,
    persona,
    opposite,
    wording: cell.wording,
    sparsity: suite.sparsity.find(({ label }) => label === cell.sparsity)?.value ?? null,
    options: entry.options,
    calibration: persona?.calibration ?? [],
    tuning: persona?.items.filter((item) => item.split === 'tuning') ?? [],
    evaluate: (prepared, items) =>
      evaluate({ engine: loaded.engine, text: loaded.text, evaluation: cell.evaluation, items, prepared }),
    rng: rngOf(cell.seed ?? 0),
  };
  return method.prepare(context);
}

/** Everything of a cell that `prepare` may depend on; a method that tunes asks through the cell's evaluation. */
function setUpKey(cell: Cell, suite: Suite, registry: MethodRegistry): string {
  const { items: _, evaluation, ...rest } = cell.inputs;
  const method = registry.get(suite.methods.find(({ id }) => id === cell.method)?.method ?? '');
  const tunes = method?.reads === undefined || method.reads.includes('tuning');
  return digestOf(tunes ? { ...rest, evaluation } : rest);
}

/** Cells with the same set-up follow each other; models stay together. */
function inSetUpOrder(cells: readonly Cell[], suite: Suite, registry: MethodRegistry): readonly Cell[] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = `${cell.model}\n${setUpKey(cell, suite, registry)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  const ofModel = (model: string) => [...groups.values()].filter(([first]) => first?.model === model);
  return suite.models.flatMap(({ id }) => ofModel(id).flat());
}

function differs(store: Store, key: string, cell: Cell, outcomes: readonly Outcome[]): boolean {
  const before = store.get(key, cell);
  return before.status === 'stored' && canonicalJson(before.cell.outcomes) !== canonicalJson(outcomes);
}
