// Where a plan meets an engine: answers cells from the store, computes the others one by one, and stores each when done.
// A cell that throws is recorded and the rest goes on; an interrupt ends the run between or inside cells, store valid.

import { canonicalJson, digestOf } from '../../base/digest.ts';
import type { Prepared } from '../method/method.ts';
import type { Outcome } from '../method/outcome.ts';
import type { Cell, CellResult, StoredCell } from '../plan/cell.ts';
import { storeKey } from '../plan/identity.ts';
import type { CellRecord, CellStatus } from '../record/cell-record.ts';
import type { PromptTexts } from '../record/prompts.ts';
import type { Store } from '../store/store.ts';
import type { Prompt } from '../text/index.ts';
import { DeviceChanged, DeviceHealth, failureOf } from './failures.ts';
import type { ModelSlot } from './model-slot.ts';
import type { RunnerOptions } from './ports.ts';
import { inSetUpOrder, SetUp } from './set-up.ts';
import { networkOf } from './tax.ts';

export interface RunnerResult {
  readonly results: readonly CellResult[]; // in the order of the plan; those not reached are left out
  readonly interrupted: boolean;
  readonly stopped: string | null; // why cells were left, when it was neither an interrupt nor --fail-fast
  readonly changed: number; // cells whose fresh outcomes differ from the stored ones
  readonly spared: ReadonlySet<Cell>; // of later looks, which the gate made needless
}

/**
 * Runs every cell of the plan; with `goesOn` look by look, those of a later one only where it is needed. Failures of cells are in
 * the result, and the cell after one that lost the device gets a new one; only a failure to store, or a first device that is
 * not the one the keys were made for, is thrown.
 */
export async function runCells(options: RunnerOptions, models: ModelSlot): Promise<RunnerResult> {
  const { cells, emit, signal, goesOn } = options;
  const results = new Map<Cell, CellResult>();
  const spared = new Set<Cell>();
  const run = new CellRun(options, models, results);
  const inOrder = () => cells.map((cell) => results.get(cell)).filter((result) => result !== undefined);
  const last = goesOn === undefined ? 1 : Math.max(...cells.map(({ look }) => look));
  let wanted = (_: Cell): boolean => true;
  try {
    for (let look = 1; look <= last; look++) {
      const own = cells.filter((cell) => (goesOn === undefined || cell.look === look) && wanted(cell));
      for (const cell of cells) if (cell.look >= look && !wanted(cell)) spared.add(cell);
      if (own.length === 0) break;
      const further = cells.filter((cell) => goesOn !== undefined && cell.look > look && !spared.has(cell));
      if (!(await run.all(own, look, further)) || further.length === 0) break;
      // A row without all of its answers cannot be judged: what it lacks comes first.
      if (further.some(({ method }) => inOrder().some(({ cell, error }) => error !== null && cell.method === method)))
        break;
      wanted = await goesOn!(look, inOrder());
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    run.release();
  }
  const ordered = inOrder();
  const count = (status: CellStatus) => ordered.filter((result) => result.status === status).length;
  emit({ kind: 'end', computed: count('computed'), stored: count('stored'), errored: count('errored') });
  const { stopped, changed } = run;
  return { results: ordered, interrupted: signal.aborted, stopped, changed, spared };
}

/** The cells of a run, one look after the other, on what earlier ones have left loaded and prepared. */
class CellRun {
  stopped: string | null = null;
  changed = 0;
  private readonly options: RunnerOptions;
  private readonly models: ModelSlot;
  private readonly results: Map<Cell, CellResult>;
  private readonly health = new DeviceHealth();
  private readonly setUp: SetUp;
  private readonly computed = new Set<string>();
  private model: string | null = null; // that was asked for last

  constructor(options: RunnerOptions, models: ModelSlot, results: Map<Cell, CellResult>) {
    this.options = options;
    this.models = models;
    this.results = results;
    this.setUp = new SetUp(options);
  }

  release(): void {
    this.setUp.release();
  }

  /** Runs the cells of a look; false where some were left. `further`: those of later looks that may come. */
  async all(cells: readonly Cell[], look: number, further: readonly Cell[]): Promise<boolean> {
    const { emit, signal, store, fresh } = this.options;
    const missing: Cell[] = [];
    for (const cell of cells) {
      const found = fresh ? null : store.get(this.keyOf(cell), cell);
      if (found?.status === 'damaged') emit({ kind: 'damaged', cell, reason: found.reason });
      if (found?.status === 'stored') this.put(cell, 'stored', found.cell);
      else missing.push(cell);
    }
    const stored = cells.length - missing.length;
    const rows = new Set(
      cells.map(({ model, evaluation, method, sparsity }) => [model, evaluation.id, method, sparsity].join('\n')),
    );
    if (look === 1) emit({ kind: 'plan', cells: cells.length, stored });
    else emit({ kind: 'look', look, rows: rows.size, cells: cells.length, stored });
    for (const cell of cells) if (this.results.has(cell)) emit({ kind: 'stored', cell });
    this.setUp.expect(further);
    for (const cell of inSetUpOrder(missing, this.options, this.model)) {
      if (signal.aborted || !(await this.one(cell))) return false;
      this.model = cell.model;
    }
    return true;
  }

  private keyOf(cell: Cell): string {
    return storeKey(cell.id, this.options.device.deviceClass, this.options.kernels);
  }

  private put(cell: Cell, status: 'stored' | 'computed', stored: StoredCell): void {
    this.results.set(cell, { cell, key: this.keyOf(cell), status, stored, error: null });
  }

  /** Computes one cell, or finds it; false where the run ends here. */
  private async one(cell: Cell): Promise<boolean> {
    const { emit, signal, store, fresh, device, kernels, failFast } = this.options;
    const { models, setUp, health, computed } = this;
    const key = this.keyOf(cell);
    // The same content under two names is computed once; another run may have stored it meanwhile.
    const found = fresh && !computed.has(key) ? null : store.get(key, cell);
    if (found?.status === 'stored') {
      this.put(cell, 'stored', found.cell);
      emit({ kind: 'stored', cell });
      return true;
    }
    emit({ kind: 'cell-start', cell });
    let outcome: CellOutcome;
    try {
      outcome = await computeCell(cell, key, this.options, models, setUp);
    } catch (error) {
      if (signal.aborted || (error instanceof DeviceChanged && !health.reopened)) throw error;
      const failure = failureOf(error, cell);
      this.results.set(cell, { cell, key, status: 'errored', stored: null, error: failure });
      emit({ kind: 'cell-error', cell, code: failure.code, message: failure.message });
      const { reopen, stop } = health.failed(failure);
      if (reopen) await letGo(models, setUp);
      this.stopped = stop;
      return stop === null && !failFast;
    }
    health.worked();
    if (fresh && differs(store, key, cell, outcome.outcomes)) {
      this.changed++;
      emit({ kind: 'changed', cell });
    }
    const { record, outcomes, artefacts, prompts } = outcome;
    const finished = { record, outcomes, artefacts, prompts, deviceClass: device.deviceClass, kernels };
    this.put(cell, 'computed', store.put(cell, finished, fresh));
    computed.add(key);
    emit({ kind: 'cell-done', cell, record });
    return true;
  }
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
  readonly prompts: PromptTexts;
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
  const digests = new Map<string, string>(); // by item, of its first order
  const asked = new Map<string, Prompt>(); // by digest; made into text once their tokens are there
  const wrap: Prepared['wrap'] = async (question) => {
    const prompt = await prepared.wrap(question);
    if (!digests.has(question.item.id)) {
      const digest = digestOf(prompt);
      digests.set(question.item.id, digest);
      asked.set(digest, prompt);
    }
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
  // A draw's prompts are those of the method that it controls.
  const shown = cell.lean === true ? [] : [...asked];
  const prompts = new Map(shown.map(([digest, prompt]) => [digest, text.render(prompt).text]));
  const outcomes = evaluated.map((outcome): Outcome => {
    const prompt = digests.get(outcome.item);
    return prompt === undefined ? outcome : { ...outcome, prompt };
  });
  const counters = { ...engine.counters() };
  const { reusedMs = 0, ...cost } = prepared.cost;
  const record: CellRecord = {
    id: cell.id,
    key,
    cost: { setupMs: setupMs + reusedMs, ...cost },
    counters,
    scoringMs,
    figures: prepared.figures?.() ?? {},
    ...(await networkOf(cell, prepared, loaded, options)),
  };
  return { record, outcomes, artefacts: cell.lean === true ? [] : prepared.artefacts, prompts };
}

function differs(store: Store, key: string, cell: Cell, outcomes: readonly Outcome[]): boolean {
  const before = store.get(key, cell);
  return before.status === 'stored' && canonicalJson(before.cell.outcomes) !== canonicalJson(outcomes);
}
