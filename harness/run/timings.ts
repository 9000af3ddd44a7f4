// What is timed once the cells are done: the latency of each method, and with --profile its kernels. Methods are made ready
// once for both.

import type { CellResult } from '../plan/cell.ts';
import type { LatencyRow, Profile, Track } from '../record/run-record.ts';
import type { Store } from '../store/store.ts';
import { type LatencyTask, measureLatency, type Timing, timingFits } from './latency.ts';
import type { ModelSlot } from './model-slot.ts';
import { evaluateBy, type SessionOptions } from './ports.ts';
import { type ModelProfile, PROFILE, profileMethods } from './profile.ts';
import { prepare } from './set-up.ts';
import type { StatisticsStore } from './statistics.ts';

export interface Timings {
  readonly latency: readonly LatencyRow[];
  readonly profile: Profile | null;
  readonly tracks: readonly Track[];
}

/**
 * One latency row per model, method and sparsity, by its first cell, but for the controls that the harness adds: a mask
 * costs what it costs, whatever it was made from. Measured together when any of a model's is missing in the store, or
 * was measured apart; a profile is always measured anew.
 */
export async function timings(
  options: SessionOptions,
  results: readonly CellResult[],
  store: Store,
  models: ModelSlot,
  testbed: Timing['testbed'],
  statistics: StatisticsStore,
): Promise<Timings> {
  const { suite, registry, kinds, machine, fresh, signal, emit } = options;
  const evaluate = machine.evaluate ?? evaluateBy(kinds);
  const settings = suite.latency;
  // A gate on times judges those of this very job.
  const { prefill, decode } = suite.gate?.timings ?? {};
  const anew = fresh || prefill !== undefined || decode !== undefined;
  const latency: LatencyRow[] = [];
  const profiles: ModelProfile[] = [];
  for (const model of suite.models) {
    const chosen = firstCells(options, results, model.id);
    const known = chosen.map(({ cell, key }) => {
      if (anew || settings === null) return null;
      const found = store.timing(key);
      if (found.status === 'damaged') emit({ kind: 'damaged-times', cell, reason: found.reason });
      return found.status === 'stored' ? found.timing : null;
    });
    const fitting = known.filter(
      (timing): timing is Timing & Record<string, unknown> =>
        settings !== null && timingFits(timing, testbed, settings),
    );
    const together = new Set(fitting.map(({ row }) => row.job)).size <= 1;
    const stored = settings === null || (fitting.length === chosen.length && together);
    for (const [i, { row }] of (stored ? fitting : []).entries()) {
      const { method, persona, wording, sparsity } = (chosen[i] as CellResult).cell;
      latency.push({ ...row, model: model.id, method, persona, wording, sparsity, fromStore: true });
    }
    if (chosen.length === 0 || (stored && options.profile !== true)) continue;
    const loaded = await models.get(model.id);
    const tasks: LatencyTask[] = [];
    try {
      for (const { cell } of chosen) {
        const start = performance.now();
        const prepared = await prepare(cell, loaded, { suite, registry, kinds, evaluate, statistics });
        const setupMs = performance.now() - start + (prepared.cost.reusedMs ?? 0);
        tasks.push({ cell, kinds, prepared, setupMs });
      }
      if (!stored) {
        const measured = await measureLatency(tasks, loaded, settings, evaluate, emit, signal);
        for (const [i, row] of measured.entries()) {
          store.putTiming(chosen[i]?.key ?? '', { version: 3, testbed, settings, row } satisfies Timing);
          latency.push(row);
        }
      }
      if (options.profile === true) profiles.push(await profileMethods(tasks, loaded, evaluate, emit, signal));
    } finally {
      for (const { prepared } of tasks) prepared.release();
    }
  }
  const profile =
    options.profile === true
      ? { ...PROFILE, peaks: profiles.map(({ peaks }) => peaks), rows: profiles.flatMap(({ rows }) => rows) }
      : null;
  return { latency, profile, tracks: profiles.flatMap(({ tracks }) => tracks) };
}

function firstCells({ suite }: SessionOptions, results: readonly CellResult[], model: string): readonly CellResult[] {
  const first = new Map<string, CellResult>();
  for (const result of results) {
    const { cell } = result;
    const entry = JSON.stringify([cell.method, cell.sparsity]);
    const added = suite.methods.find(({ id }) => id === cell.method)?.added === true;
    if (cell.model !== model || result.stored === null || added || cell.split === 'tuning') continue;
    if (!first.has(entry)) first.set(entry, result);
  }
  return [...first.values()];
}
