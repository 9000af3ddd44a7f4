// Latency of each method, measured interleaved in one process: every round runs all methods, in rotated and reversed
// order, so that drift of the machine falls on all alike. Wall clock; a percentile p needs n >= ln(0.05) / ln(p) samples.

import { Bench } from 'tinybench';
import type { Sampling } from '../../gpu/index.ts';
import type { LatencySettings } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import type { Prepared } from '../method/method.ts';
import type { Cell } from '../plan/cell.ts';
import type { LatencyRow, Samples } from '../record/run-record.ts';
import type { TextModel } from '../text/index.ts';
import type { Listener } from './events.ts';
import type { Evaluate, LoadedModel } from './ports.ts';

/** What `timing.json` holds: the row, and what it may be used for. */
export interface Timing {
  readonly version: 3;
  readonly testbed: Readonly<Record<string, unknown>>;
  readonly settings: LatencySettings;
  readonly row: LatencyRow;
}

export interface LatencyTask {
  readonly cell: Cell;
  readonly kinds: EvaluationRegistry; // one of which is that of the cell's evaluation
  readonly prepared: Prepared;
  readonly setupMs: number;
}

/** Samples needed before a 95 % upper bound of the percentile exists: 5 for p50, 29 for p90, 59 for p95, 299 for p99. */
export function samplesNeeded(percentile: number): number {
  return Math.ceil(Math.log(0.05) / Math.log(percentile));
}

/** Order of `count` methods in a round: rotated by one each second round, and reversed in every odd one (ABBA). */
export function roundOrder(count: number, round: number): readonly number[] {
  const turn = Math.floor(round / 2) % Math.max(1, count);
  const order = Array.from({ length: count }, (_, i) => (i + turn) % count);
  return round % 2 === 0 ? order : order.reverse();
}

/**
 * Times every task on `loaded`; one row per task, in their order. `settings.warmup` rounds are thrown away.
 * Throws what the engine throws, and the signal's reason when it is aborted.
 */
export async function measureLatency(
  tasks: readonly LatencyTask[],
  loaded: LoadedModel,
  settings: LatencySettings,
  evaluate: Evaluate,
  emit: Listener,
  signal: AbortSignal,
): Promise<readonly LatencyRow[]> {
  const model = tasks[0]?.cell.model ?? '';
  const rounds = settings.warmup + settings.repeats;
  emit({ kind: 'latency', model, methods: tasks.length, rounds });
  const shared = sharedItems(tasks);
  const taken = tasks.map(() => new Measured());
  const job = `${new Date().toISOString()} ${process.pid}`;
  for (let round = 0; round < rounds; round++) {
    emit({ kind: 'latency-round', model, round, rounds });
    for (const at of roundOrder(tasks.length, round)) {
      signal.throwIfAborted();
      const task = tasks[at];
      const into = taken[at];
      if (task === undefined || into === undefined) continue;
      const keep = round >= settings.warmup ? into : new Measured();
      const items = spread(shared ?? task.cell.items, settings.items);
      await measureOnce(task, items, loaded, settings.decodeTokens, evaluate, keep, signal);
      keep.endRound();
    }
  }
  const rows: LatencyRow[] = [];
  for (const [i, { cell, setupMs }] of tasks.entries()) {
    const measured = taken[i] ?? new Measured();
    rows.push({
      model: cell.model,
      method: cell.method,
      persona: cell.persona,
      wording: cell.wording,
      sparsity: cell.sparsity,
      setupMs,
      addedTokens: measured.addedTokens,
      prefillMs: await summarizeSamples(measured.prefillMs),
      firstTokenMs: await summarizeSamples(measured.firstTokenMs),
      decodeMs: await summarizeSamples(measured.decodeMs),
      gpu: await measured.gpu(),
      scoringTokensPerSecond: await summarizeSamples(measured.tokensPerSecond),
      rounds: measured.rounds,
      job,
      peakBytes: measured.peakBytes,
      measuredAt: new Date().toISOString(),
      fromStore: false,
    });
  }
  return rows;
}

/** Median, median absolute deviation and the percentiles that n allows, by tinybench; NaN-free: no samples give n = 0. */
export async function summarizeSamples(samples: readonly number[]): Promise<Samples> {
  if (samples.length === 0) return { n: 0, median: 0, mad: 0, p95: null, p99: null };
  let next = 0;
  const bench = new Bench({ iterations: samples.length, time: 0, warmup: false, retainSamples: true, throws: true });
  // Async: a function that returns no promise is called once beforehand to find that out, which would eat a sample.
  bench.add('samples', async () => ({ overriddenDuration: samples[next++] ?? 0 }));
  await bench.run();
  const result = bench.tasks[0]?.result;
  if (result === undefined || !('latency' in result)) throw new Error('tinybench gave no statistics');
  const { p50, mad } = result.latency;
  const sorted = [...samples].sort((a, b) => a - b);
  const n = samples.length;
  // Nearest rank: a percentile is a sample that was seen, not a blend of two.
  const at = (p: number) => (n >= samplesNeeded(p) ? (sorted[Math.ceil(p * n) - 1] ?? null) : null);
  return { n, median: p50, mad, p95: at(0.95), p99: at(0.99) };
}

/** Whether a stored timing may stand for a new one: the same testbed and settings. */
export function timingFits(value: unknown, testbed: Timing['testbed'], settings: LatencySettings): value is Timing {
  if (typeof value !== 'object' || value === null) return false;
  const timing = value as Partial<Timing>;
  if (timing.version !== 3 || !isRow(timing.row)) return false;
  const { items, warmup, repeats, decodeTokens } = settings;
  const same = JSON.stringify({ items, warmup, repeats, decodeTokens });
  const stored = timing.settings;
  return (
    stored !== undefined &&
    JSON.stringify({
      items: stored.items,
      warmup: stored.warmup,
      repeats: stored.repeats,
      decodeTokens: stored.decodeTokens,
    }) === same &&
    JSON.stringify(timing.testbed) === JSON.stringify(testbed)
  );
}

class Measured {
  readonly prefillMs: number[] = [];
  readonly firstTokenMs: number[] = [];
  readonly decodeMs: number[] = [];
  readonly tokensPerSecond: number[] = [];
  readonly gpuPrefillMs: (number | null)[] = [];
  readonly gpuDecodeMs: (number | null)[] = [];
  readonly rounds: { readonly prefillMs: number[]; readonly decodeMs: number[] } = { prefillMs: [], decodeMs: [] };
  addedTokens = 0;
  peakBytes = 0;
  #ended = { prefillMs: 0, decodeMs: 0 };

  /** A kind of time that the round had none of has no median. */
  endRound(): void {
    for (const kind of ['prefillMs', 'decodeMs'] as const) {
      const own = this[kind].slice(this.#ended[kind]).sort((a, b) => a - b);
      const [low, high] = [own[Math.floor((own.length - 1) / 2)], own[Math.ceil((own.length - 1) / 2)]];
      if (low !== undefined && high !== undefined) this.rounds[kind].push((low + high) / 2);
      this.#ended[kind] = this[kind].length;
    }
  }

  /** null when the device's clock missed one sample: the rest would not stand for all. */
  async gpu(): Promise<LatencyRow['gpu']> {
    const whole = (samples: readonly (number | null)[]) => samples.filter((ms) => ms !== null);
    const [prefill, decode] = [whole(this.gpuPrefillMs), whole(this.gpuDecodeMs)];
    const seen = prefill.length + decode.length;
    if (seen === 0 || seen < this.gpuPrefillMs.length + this.gpuDecodeMs.length) return null;
    return { prefillMs: await summarizeSamples(prefill), decodeMs: await summarizeSamples(decode) };
  }
}

async function measureOnce(
  task: LatencyTask,
  items: readonly Item[],
  { engine, text }: LoadedModel,
  decodeTokens: number,
  evaluate: Evaluate,
  into: Measured,
  signal: AbortSignal,
): Promise<void> {
  const { cell, prepared } = task;
  engine.resetCounters();
  const start = performance.now();
  const outcomes = await evaluate({ engine, text, evaluation: cell.evaluation, items, prepared, signal });
  const seconds = (performance.now() - start) / 1000;
  const counters = engine.counters();
  into.tokensPerSecond.push(counters.tokens / seconds);
  into.addedTokens = outcomes.reduce((sum, { addedTokens }) => sum + addedTokens, 0) / Math.max(1, outcomes.length);
  into.peakBytes = Math.max(into.peakBytes, counters.peakBytes);
  for (const item of items) {
    const tokens = await promptOf(task, text, item);
    engine.resetCounters();
    const prefillStart = performance.now();
    await engine.top(tokens, 1, prepared.variant);
    into.prefillMs.push(performance.now() - prefillStart);
    into.gpuPrefillMs.push(engine.gpuMs());
  }
  const [item] = items;
  if (item === undefined || decodeTokens < 1) return;
  const tokens = await promptOf(task, text, item);
  const sampling = greedy(decodeTokens);
  engine.resetCounters();
  let last = performance.now();
  let emitted = 0;
  for await (const _ of engine.generate([{ tokens, variant: prepared.variant }], sampling)) {
    const now = performance.now();
    (emitted === 0 ? into.firstTokenMs : into.decodeMs).push(now - last);
    if (emitted > 0) into.gpuDecodeMs.push(engine.gpuMs());
    engine.resetCounters();
    last = now;
    emitted++;
  }
}

/** Items that every task asks, so that the times of two are of the same questions; null where they have none in common. */
export function sharedItems(tasks: readonly LatencyTask[]): readonly Item[] | null {
  const [first, ...others] = tasks.map(({ cell }) => cell.items);
  const known = others.map((items) => new Set(items.map(({ id }) => id)));
  const shared = (first ?? []).filter(({ id }) => known.every((ids) => ids.has(id)));
  return shared.length === 0 ? null : shared;
}

/** The tokens of an item as the method asks it, its options in their own order. */
export async function promptOf(
  { cell, kinds, prepared }: LatencyTask,
  text: TextModel,
  item: Item,
): Promise<Uint32Array> {
  const order = item.options.map((_, i) => i);
  const question = kindOf(kinds, cell.evaluation).question(cell.evaluation, item, order);
  return text.render(await prepared.wrap({ item, text: question })).tokens;
}

/** The likeliest tokens, so many whatever they say. */
export function greedy(maxTokens: number): Sampling {
  return { maxTokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
}

/** `count` items, evenly over the list, so that the personas and lengths of all of it are timed. */
export function spread<T>(items: readonly T[], count: number): readonly T[] {
  const wanted = Math.min(count, items.length);
  return Array.from({ length: wanted }, (_, i) => items[Math.floor((i * items.length) / wanted)] as T);
}

function isRow(value: unknown): value is LatencyRow {
  if (typeof value !== 'object' || value === null) return false;
  const row = value as Record<string, unknown>;
  const gpu = row.gpu as LatencyRow['gpu'] | undefined;
  if (gpu === undefined) return false;
  const onDevice = gpu === null ? [] : [gpu.prefillMs, gpu.decodeMs];
  const rounds = row.rounds as Partial<LatencyRow['rounds']> | undefined;
  const byRound = [rounds?.prefillMs, rounds?.decodeMs];
  const samples = [row.prefillMs, row.firstTokenMs, row.decodeMs, row.scoringTokensPerSecond, ...onDevice];
  return (
    [row.setupMs, row.addedTokens, row.peakBytes].every((number) => Number.isFinite(number)) &&
    byRound.every((times) => Array.isArray(times) && times.every(Number.isFinite)) &&
    typeof row.job === 'string' &&
    samples.every((s) => typeof s === 'object' && s !== null && Number.isFinite((s as Record<string, unknown>).median))
  );
}
