// One run from suite to record: digests -> plan -> store and engine -> latency -> result. The engine comes in as a port,
// so that what is tested with a fake is what runs; a stored run never asks it for weights.

import os from 'node:os';
import path from 'node:path';
import { BenchError } from '../../base/error.ts';
import { filledNotes } from '../analysis/filled.ts';
import { finishedOf } from '../analysis/partial.ts';
import { itemRows, runResult } from '../analysis/run-record.ts';
import type { EvaluationRegistry } from '../method/evaluation-kind.ts';
import type { Cell } from '../plan/cell.ts';
import { expand } from '../plan/expand.ts';
import { type ModelDigests, storeKey } from '../plan/identity.ts';
import { vocabularyWarnings } from '../plan/vocabulary.ts';
import { planWarnings } from '../plan/warnings.ts';
import type { PromptTexts } from '../record/prompts.ts';
import type { DeviceInfo, ItemRow, RunResult, Track } from '../record/run-record.ts';
import { DeviceMemo, deviceFingerprint } from '../store/devices.ts';
import { DigestMemo, type FileDigest, weightDigests } from '../store/digests.ts';
import { openStore, type Store } from '../store/store.ts';
import { chatNotes } from '../text/notes.ts';
import type { TextModel } from '../text/text.ts';
import { DeviceChanged } from './failures.ts';
import { goesOnBy } from './looks.ts';
import { atlasRows } from './mask-sketches.ts';
import { ModelSlot } from './model-slot.ts';
import { evaluateBy, type LoadedModel, type SessionOptions } from './ports.ts';
import { provenanceOf, versions } from './provenance.ts';
import { type RunnerResult, runCells } from './runner.ts';
import { StatisticsStore } from './statistics.ts';
import { type Timings, timings } from './timings.ts';

export interface SessionResult {
  readonly result: RunResult;
  readonly rows: () => Iterable<ItemRow>;
  readonly prompts: () => PromptTexts; // of all cells, as far as they are stored
  readonly interrupted: boolean;
  readonly tracks: readonly Track[]; // of the profile
}

/** A suite's cells on a device, and what is needed to load them. */
export interface Planned {
  readonly store: Store;
  readonly cells: readonly Cell[];
  readonly kinds: EvaluationRegistry; // of their evaluations
  readonly digests: ReadonlyMap<string, ModelDigests>;
  readonly weightsOf: ReadonlyMap<string, FileDigest>; // by model, as `digests`: so that loading hashes nothing again
  readonly texts: ReadonlyMap<string, TextModel>;
  readonly notes: readonly string[]; // what a user should know of the models
  readonly warnings: readonly string[]; // what cells can only fail for, and what makes their figures say little
  readonly kernels: string;
  readonly device: DeviceInfo;
  readonly devices: { remember(device: DeviceInfo): void };
}

/**
 * Checks the output folder, reads what identifies the models, and makes the plan. `use` read: a folder that cannot be
 * written will do. `note` hears of memories of the store that are damaged.
 * Throws `unwritable` before anything else; `bad-model`, `empty-plan`, `nothing-selected`, ...
 */
export async function planSession(
  options: Pick<SessionOptions, 'suite' | 'registry' | 'kinds' | 'machine' | 'base' | 'select'>,
  { use = 'write', note }: { readonly use?: 'write' | 'read'; readonly note?: (text: string) => void } = {},
): Promise<Planned> {
  const { suite, registry, kinds, machine, base } = options;
  const store = openStore(path.join(base, 'store'), use);
  const memo = new DigestMemo(path.join(store.folder, 'files.json'), note);
  const texts = new Map<string, TextModel>();
  const digests = new Map<string, ModelDigests>();
  const weightsOf = new Map<string, FileDigest>();
  const notes: string[] = [];
  for (const model of suite.models) {
    const text = await machine.text(model);
    const { config, weights } = await weightDigests(model.path, memo);
    texts.set(model.id, text);
    for (const note of (await machine.notes?.(model)) ?? []) notes.push(`Model ${model.id}: ${note}`);
    notes.push(...chatNotes(model.id, text));
    weightsOf.set(model.id, weights);
    digests.set(model.id, {
      ...{ config, weights: weights.sha256 },
      ...{ tokenizer: text.tokenizerDigest, template: text.templateDigest },
    });
  }
  memo.save();
  const all = expand(suite, registry, kinds, digests);
  const cells = options.select?.(all) ?? all;
  if (cells.length === 0) {
    throw new BenchError('nothing-selected', `the filter matches none of the ${all.length} cells`, {
      where: suite.file,
      hint: '`bench plan` lists the cells and their names',
    });
  }
  const warnings = [
    ...planWarnings(suite, registry, cells),
    ...[...texts].flatMap(([id, text]) => vocabularyWarnings(id, text, suite, cells)),
  ];
  const devices = new DeviceMemo(path.join(store.folder, 'devices.json'), note);
  const fingerprint = deviceFingerprint(machine.wantedDevice, versions());
  let device = devices.get(fingerprint);
  if (device === null) {
    device = await machine.device();
    devices.set(fingerprint, device);
  }
  const remember = (seen: DeviceInfo) => devices.set(fingerprint, seen);
  return {
    store,
    cells,
    kinds,
    digests,
    weightsOf,
    texts,
    notes,
    warnings,
    kernels: await machine.kernels(),
    device,
    devices: { remember },
  };
}

/**
 * Runs a suite. Failures of cells are in the result; an interrupt gives `interrupted`, and figures of the rows that are
 * finished.
 */
export async function runSession(options: SessionOptions): Promise<SessionResult> {
  const startedAt = new Date();
  const startMs = performance.now();
  const { suite, kinds, emit, signal } = options;
  const planned = await planSession(options, { note: (text) => emit({ kind: 'note', text }) });
  const { store, cells, kernels } = planned;
  requireTimestamps(options, planned.device);
  const models = new ModelSlot(loaderOf(options, planned));
  for (const warning of planned.warnings) emit({ kind: 'note', text: `Warning: ${warning}` });
  const notes: string[] = [...planned.notes, ...planned.warnings.map(sentence)];
  try {
    const { run, device, statistics } = await runPlanned(options, planned, models);
    notes.push(...notesOf(run));
    const testbed = testbedOf(device);
    const measured = async (): Promise<Timings> => {
      if (run.interrupted || run.stopped !== null) return NOT_TIMED;
      return timings(options, run.results, store, models, testbed, statistics);
    };
    let failed = false;
    const timed = await measured().catch((error: unknown) => {
      if (!signal.aborted) {
        failed = true;
        notes.push(untimed(options, error));
      }
      return NOT_TIMED;
    });
    const interrupted = signal.aborted;
    const asked = cells.filter((cell) => !run.spared.has(cell));
    const finished = interrupted ? finishedOf(asked, run.results) : { results: run.results };
    notes.push(...filledNotes(suite, finished.results));
    const result = runResult({
      suite,
      kinds,
      plan: cells,
      spared: run.spared,
      ...finished,
      provenance: provenanceOf(suite, kinds, asked, planned.digests, kernels, options.command),
      device: { ...device, testbed },
      latency: timed.latency,
      profile: timed.profile,
      atlas: await atlasRows(suite, finished.results, store),
      notes,
      startedAt,
      startMs,
    });
    return {
      result: failed && !interrupted ? { ...result, exitCode: 3 } : result,
      rows: () => itemRows(suite, finished.results),
      prompts: () =>
        new Map(finished.results.flatMap(({ key, stored }) => [...((stored && store.prompts(key)) ?? [])])),
      interrupted,
      tracks: timed.tracks,
    };
  } finally {
    await models.dispose();
  }
}

const sentence = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;

const NOT_TIMED: Timings = { latency: [], profile: null, tracks: [] };

function requireTimestamps({ profile }: SessionOptions, device: DeviceInfo): void {
  if (profile !== true || device.timestamps) return;
  throw new BenchError('no-timestamps', `${device.name} has no timestamps, so that no kernel can be timed`, {
    hint: 'leave --profile out, or use another device (--device swiftshader has them)',
  });
}

/** Loads a model of the plan by its id, with the text side that the plan has read. */
function loaderOf({ suite, machine, emit }: SessionOptions, { texts, weightsOf }: Planned) {
  return async (id: string): Promise<LoadedModel> => {
    const model = suite.models.find((known) => known.id === id);
    const text = texts.get(id);
    if (model === undefined || text === undefined) throw new BenchError('unknown-model', `unknown model "${id}"`);
    emit({ kind: 'model-load', model: id });
    const start = performance.now();
    const loaded = await machine.load(model, weightsOf.get(id));
    emit({ kind: 'model-ready', model: id, ms: performance.now() - start, device: loaded.device.name });
    return { ...loaded, text };
  };
}

/** Runs the cells on the planned device, or on the one that is found: then the store's keys are made anew. */
async function runPlanned(options: SessionOptions, planned: Planned, models: ModelSlot) {
  const { suite, registry, kinds, machine, emit, signal, fresh, failFast } = options;
  const { store, cells, kernels } = planned;
  const statistics = new StatisticsStore(options.statistics ?? null, `${planned.device.deviceClass} ${kernels}`);
  const evaluate = machine.evaluate ?? evaluateBy(kinds);
  const common = { suite, registry, kinds, cells, store, kernels, evaluate, statistics, emit, signal };
  const runOn = (device: DeviceInfo) => {
    const goesOn = goesOnBy(options, planned, device);
    return runCells({ ...common, device, fresh, failFast, ...(goesOn !== undefined && { goesOn }) }, models);
  };
  try {
    return { run: await runOn(planned.device), device: planned.device, statistics };
  } catch (error) {
    if (!(error instanceof DeviceChanged)) throw error;
    planned.devices.remember(error.device);
    return { run: await runOn(error.device), device: error.device, statistics };
  }
}

/** What a reader of the report should know of how the cells ran. */
function notesOf({ changed, stopped }: RunnerResult): readonly string[] {
  return [
    ...(changed > 0
      ? [
          `${changed} cells gave other outcomes than the stored ones for the same inputs and device class: the results are not deterministic.`,
        ]
      : []),
    ...(stopped === null
      ? []
      : [
          `The run stopped: ${stopped}. What is stored is valid; run again to continue, or use another device (--device).`,
        ]),
  ];
}

function untimed({ profile }: SessionOptions, error: unknown): string {
  const what = profile === true ? 'Latency and profile' : 'Latency';
  return `${what} could not be measured: ${error instanceof Error ? error.message : String(error)}`;
}

/** The store's key of a planned cell. */
export function cellKeyOf(planned: Pick<Planned, 'device' | 'kernels'>, cell: Cell): string {
  return storeKey(cell.id, planned.device.deviceClass, planned.kernels);
}

/** The device's own testbed, and how many cores share the work that is not the device's. */
function testbedOf(device: DeviceInfo): Readonly<Record<string, unknown>> {
  return { ...device.testbed, cores: os.availableParallelism() };
}
