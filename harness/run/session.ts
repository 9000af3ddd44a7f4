// One run from suite to record: digests -> plan -> store and engine -> latency -> result. The engine comes in as a port,
// so that what is tested with a fake is what runs; a stored run never asks it for weights.

import os from 'node:os';
import path from 'node:path';
import { BenchError, type Engine } from '../../gpu/index.ts';
import type { ModelRef, Suite } from '../config/resolved.ts';
import { expand } from '../plan/expand.ts';
import { type ModelDigests, storeKey } from '../plan/identity.ts';
import type { Cell, MethodRegistry } from '../plan/method.ts';
import type { PromptTexts } from '../plan/prompts.ts';
import type { DeviceInfo, ItemRow, LatencyRow, RunResult } from '../plan/result.ts';
import type { TextModel } from '../text/index.ts';
import { DeviceMemo, deviceFingerprint } from './devices.ts';
import { DigestMemo, weightDigests } from './digests.ts';
import type { Listener } from './events.ts';
import { DeviceChanged } from './failures.ts';
import { type LatencyTask, measureLatency, type Timing, timingFits } from './latency.ts';
import { ModelSlot } from './model-slot.ts';
import { provenanceOf, versions } from './provenance.ts';
import { itemRows, runResult } from './result.ts';
import { type CellResult, type Evaluate, type LoadedModel, runCells } from './runner.ts';
import { prepare } from './set-up.ts';
import { type StatisticsFiles, StatisticsStore } from './statistics.ts';
import { openStore, type Store } from './store.ts';

/** What a run asks of the machine. */
export interface Machine {
  /** Opens the device (once per process) without loading weights. */
  device(): Promise<DeviceInfo>;
  load(model: ModelRef): Promise<{ readonly engine: Engine; readonly device: DeviceInfo }>;
  /** Tokenizer and chat template, of a model whose config and weight headers are right; called for every plan, so cheap. */
  text(model: ModelRef): Promise<TextModel>;
  /** Digest of all kernels, hex; needs no device. */
  kernels(): Promise<string>;
  readonly evaluate: Evaluate;
  /** What was asked for with --adapter; part of what a remembered device is remembered by. */
  readonly adapter: string | undefined;
}

export interface SessionOptions {
  readonly suite: Suite;
  readonly registry: MethodRegistry;
  readonly machine: Machine;
  readonly base: string; // output folder: the store and the runs lie in it
  readonly command: readonly string[];
  readonly emit: Listener;
  readonly signal: AbortSignal;
  readonly fresh: boolean;
  readonly failFast: boolean;
  /** Where calibration statistics are kept; absent: in memory only. */
  readonly statistics?: StatisticsFiles;
  /** Cells to keep (--filter); all when absent. */
  select?(cells: readonly Cell[]): readonly Cell[];
}

export interface SessionResult {
  readonly result: RunResult;
  readonly rows: () => Iterable<ItemRow>;
  readonly prompts: () => PromptTexts; // of all cells, as far as they are stored
  readonly interrupted: boolean;
}

/** A suite's cells on a device, and what is needed to load them. */
export interface Planned {
  readonly store: Store;
  readonly cells: readonly Cell[];
  readonly digests: ReadonlyMap<string, ModelDigests>;
  readonly texts: ReadonlyMap<string, TextModel>;
  readonly kernels: string;
  readonly device: DeviceInfo;
  readonly devices: { remember(device: DeviceInfo): void };
}

/**
 * Checks the output folder, reads what identifies the models, and makes the plan.
 * @throws BenchError `unwritable` before anything else; `bad-model`, `empty-plan`, `nothing-selected`, ...
 */
export async function planSession(
  options: Pick<SessionOptions, 'suite' | 'registry' | 'machine' | 'base' | 'select'>,
): Promise<Planned> {
  const { suite, registry, machine, base } = options;
  const store = openStore(path.join(base, 'store'));
  const memo = new DigestMemo(path.join(store.folder, 'files.json'));
  const texts = new Map<string, TextModel>();
  const digests = new Map<string, ModelDigests>();
  for (const model of suite.models) {
    const text = await machine.text(model);
    const weights = await weightDigests(model.path, memo);
    texts.set(model.id, text);
    digests.set(model.id, { ...weights, tokenizer: text.tokenizerDigest, template: text.templateDigest });
  }
  memo.save();
  const all = expand(suite, registry, digests);
  const cells = options.select?.(all) ?? all;
  if (cells.length === 0) {
    throw new BenchError('nothing-selected', `the filter matches none of the ${all.length} cells`, {
      where: suite.file,
      hint: '`bench plan` lists the cells and their names',
    });
  }
  const devices = new DeviceMemo(path.join(store.folder, 'devices.json'));
  const fingerprint = deviceFingerprint(machine.adapter, versions());
  let device = devices.get(fingerprint);
  if (device === null) {
    device = await machine.device();
    devices.set(fingerprint, device);
  }
  const remember = (seen: DeviceInfo) => devices.set(fingerprint, seen);
  return { store, cells, digests, texts, kernels: await machine.kernels(), device, devices: { remember } };
}

/** Runs a suite. Failures of cells are in the result; an interrupt gives `interrupted`, with what is done stored. */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const startedAt = new Date();
  const startMs = performance.now();
  const { suite, registry, machine, emit, signal, fresh, failFast } = options;
  const planned = await planSession(options);
  const { store, cells, texts, kernels } = planned;
  let { device } = planned;
  const load = async (id: string): Promise<LoadedModel> => {
    const model = suite.models.find((known) => known.id === id);
    const text = texts.get(id);
    if (model === undefined || text === undefined) throw new BenchError('unknown-model', `unknown model "${id}"`);
    emit({ kind: 'model-load', model: id });
    const start = performance.now();
    const loaded = await machine.load(model);
    emit({ kind: 'model-ready', model: id, ms: performance.now() - start, device: loaded.device.name });
    return { ...loaded, text };
  };
  const models = new ModelSlot(load);
  const notes: string[] = [];
  try {
    const statistics = new StatisticsStore(options.statistics ?? null, `${device.deviceClass} ${kernels}`);
    const { evaluate } = machine;
    const common = { suite, registry, cells, store, kernels, load, evaluate, statistics, emit, signal };
    const runOn = (on: DeviceInfo) => runCells({ ...common, device: on, fresh, failFast }, models);
    let run: Awaited<ReturnType<typeof runCells>>;
    try {
      run = await runOn(device);
    } catch (error) {
      if (!(error instanceof DeviceChanged)) throw error;
      device = error.device;
      planned.devices.remember(device);
      run = await runOn(device);
    }
    if (run.changed > 0) {
      notes.push(
        `${run.changed} cells gave other outcomes than the store held for the same inputs and device class: the results are not deterministic.`,
      );
    }
    if (run.stopped !== null) {
      notes.push(
        `The run stopped: ${run.stopped}. What is stored is valid; run again to go on, or on another adapter (--adapter).`,
      );
    }
    let latency: readonly LatencyRow[] = [];
    let failed = false;
    if (!run.interrupted && run.stopped === null && suite.latency !== null) {
      try {
        latency = await latencyRows(options, run.results, store, models, testbedOf(device), statistics);
      } catch (error) {
        if (!signal.aborted) {
          failed = true;
          notes.push(`Latency could not be measured: ${error instanceof Error ? error.message : String(error)}`);
        }
      }
    }
    const result = runResult({
      suite,
      plan: cells,
      results: run.results,
      provenance: provenanceOf(suite, cells, planned.digests, kernels, options.command),
      device: { ...device, testbed: testbedOf(device) },
      latency,
      profile: null,
      notes,
      startedAt,
      startMs,
    });
    return {
      result: failed ? { ...result, exitCode: 3 } : result,
      rows: () => itemRows(suite, run.results),
      prompts: () => new Map(run.results.flatMap(({ key, stored }) => [...((stored && store.prompts(key)) ?? [])])),
      interrupted: signal.aborted,
    };
  } finally {
    await models.dispose();
  }
}

/** The store's key of a planned cell. */
export function keyOf(planned: Pick<Planned, 'device' | 'kernels'>, cell: Cell): string {
  return storeKey(cell.id, planned.device.deviceClass, planned.kernels);
}

/**
 * One row per model, method and sparsity, by its first cell, but for the controls that the harness adds: a mask costs what
 * it costs, whatever it was made from. Measured together when any of a model's is missing,
 * or was measured apart.
 */
async function latencyRows(
  options: SessionOptions,
  results: readonly CellResult[],
  store: Store,
  models: ModelSlot,
  testbed: Timing['testbed'],
  statistics: StatisticsStore,
): Promise<readonly LatencyRow[]> {
  const { suite, registry, machine, fresh, signal, emit } = options;
  const settings = suite.latency;
  if (settings === null) return [];
  // A gate on times judges those of this very job.
  const { prefill, decode } = suite.gate?.timings ?? {};
  const anew = fresh || prefill !== undefined || decode !== undefined;
  const rows: LatencyRow[] = [];
  for (const model of suite.models) {
    const first = new Map<string, CellResult>();
    for (const result of results) {
      const { cell } = result;
      const entry = JSON.stringify([cell.method, cell.sparsity]);
      const added = suite.methods.find(({ id }) => id === cell.method)?.added === true;
      if (cell.model !== model.id || result.stored === null || added || cell.part === 'tuning') continue;
      if (!first.has(entry)) first.set(entry, result);
    }
    const chosen = [...first.values()];
    const known = chosen.map(({ key }) => (anew ? null : store.timing(key)));
    const fitting = known.filter((timing): timing is Timing => timingFits(timing, testbed, settings));
    if (fitting.length === chosen.length && new Set(fitting.map(({ row }) => row.job)).size <= 1) {
      for (const [i, { cell }] of chosen.entries()) {
        const { method, persona, wording, sparsity } = cell;
        const { row } = fitting[i] as Timing;
        rows.push({ ...row, model: model.id, method, persona, wording, sparsity, fromStore: true });
      }
      continue;
    }
    const loaded = await models.get(model.id);
    const tasks: LatencyTask[] = [];
    try {
      for (const { cell } of chosen) {
        const start = performance.now();
        const prepared = await prepare(cell, loaded, { suite, registry, evaluate: machine.evaluate, statistics });
        const setupMs = performance.now() - start + (prepared.cost.reusedMs ?? 0);
        tasks.push({ cell, prepared, setupMs });
      }
      const measured = await measureLatency(tasks, loaded, settings, machine.evaluate, emit, signal);
      for (const [i, row] of measured.entries()) {
        store.putTiming(chosen[i]?.key ?? '', { version: 3, testbed, settings, row } satisfies Timing);
        rows.push(row);
      }
    } finally {
      for (const { prepared } of tasks) prepared.release();
    }
  }
  return rows;
}

/** The device's own testbed, and how many cores share the work that is not the device's. */
function testbedOf(device: DeviceInfo): Readonly<Record<string, unknown>> {
  return { ...device.testbed, cores: os.availableParallelism() };
}
