// Where a plan meets an engine: answers cells from the store, computes the others one by one, and stores each when done.
// A cell that throws is recorded and the rest goes on; an interrupt ends the run between or inside cells, store valid.

import { canonicalJson, digestOf } from '../../base/digest.ts';
import type { Prepared } from '../method/method.ts';
import type { Outcome } from '../method/outcome.ts';
import type { Cell, CellResult } from '../plan/cell.ts';
import { storeKey } from '../plan/identity.ts';
import type { CellRecord, CellStatus } from '../record/cell-record.ts';
import type { PromptTexts } from '../record/prompts.ts';
import type { Store } from '../store/store.ts';
import type { Prompt } from '../text/index.ts';
import { DeviceChanged, DeviceHealth, failureOf } from './failures.ts';
import type { ModelSlot } from './model-slot.ts';
import { readNeutral } from './neutral.ts';
import type { RunnerOptions } from './ports.ts';
import { entryOf, inSetUpOrder, SetUp } from './set-up.ts';

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
    for (const cell of inSetUpOrder(missing, options)) {
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
      const { record, outcomes, artefacts, prompts } = outcome;
      const finished = { record, outcomes, artefacts, prompts, deviceClass: device.deviceClass, kernels };
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
  const measured = cell.lean !== true && options.registry.get(entryOf(options.suite, cell).method)?.network === true;
  const { reusedMs = 0, ...cost } = prepared.cost;
  const record: CellRecord = {
    id: cell.id,
    key,
    cost: { setupMs: setupMs + reusedMs, ...cost },
    counters,
    scoringMs,
    figures: prepared.figures?.() ?? {},
    neutral: measured ? await readNeutral(loaded, prepared.variant, options.suite.neutral) : null,
  };
  return { record, outcomes, artefacts: cell.lean === true ? [] : prepared.artefacts, prompts };
}

function differs(store: Store, key: string, cell: Cell, outcomes: readonly Outcome[]): boolean {
  const before = store.get(key, cell);
  return before.status === 'stored' && canonicalJson(before.cell.outcomes) !== canonicalJson(outcomes);
}
