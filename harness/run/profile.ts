// --profile: every method once more, step by step and kernel by kernel, in rounds of their own: plain, traced, and between
// the rounds what the device does at most, so that a busy machine weighs on all alike. No outcome comes from here.

import { BenchError } from '../../base/error.ts';
import type { Dispatch, TracedStep } from '../../gpu/index.ts';
import type { Item } from '../datasets/types.ts';
import { entryName } from '../record/row-name.ts';
import type { DevicePeaks, KernelRow, Phase, ProfileRow, Track, TrackEvent } from '../record/run-record.ts';
import type { Listener } from './events.ts';
import { greedy, type LatencyTask, promptOf, roundOrder, sharedItems, spread } from './latency.ts';
import type { Evaluate, LoadedModel } from './ports.ts';

/** Rounds after one that compiles; items of a round; tokens decoded after the first. */
export const PROFILE = { rounds: 3, items: 2, decodeTokens: 8 } as const;

/** Dispatches that a waterfall draws, and that a model's tracks hold. */
const WATERFALL = 400;
const TRACKED = 200_000;

export interface ModelProfile {
  readonly peaks: DevicePeaks;
  readonly rows: readonly ProfileRow[];
  readonly tracks: readonly Track[];
}

interface Span {
  readonly phase: Phase;
  readonly passes: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly deviceMs: number | null; // null while traced, and where the device's clock missed a pass
}

/** A row per task and phase, in their order. Throws `no-timestamps`, what the engine throws, and the signal's reason when aborted. */
export async function profileMethods(
  tasks: readonly LatencyTask[],
  loaded: LoadedModel,
  evaluate: Evaluate,
  emit: Listener,
  signal: AbortSignal,
): Promise<ModelProfile> {
  const model = tasks[0]?.cell.model ?? '';
  const { engine } = loaded;
  emit({ kind: 'profile', model, methods: tasks.length, rounds: PROFILE.rounds });
  const peaks = { gflops: 0, gbPerSecond: 0 };
  const shared = sharedItems(tasks);
  const seen = tasks.map(() => new Profiled());
  let room = TRACKED;
  for (let round = -1; round < PROFILE.rounds; round++) {
    const { gflops, gbPerSecond } = await engine.peaks();
    peaks.gflops = Math.max(peaks.gflops, gflops);
    peaks.gbPerSecond = Math.max(peaks.gbPerSecond, gbPerSecond);
    for (const at of roundOrder(tasks.length, round + 1)) {
      signal.throwIfAborted();
      const task = tasks[at] as LatencyTask;
      const items = spread(shared ?? task.cell.items, PROFILE.items);
      const once = () => passOnce(task, items, loaded, evaluate, signal);
      await once(); // brings the variant to the device
      const plain = await once();
      let spans: readonly Span[] = [];
      const steps = await engine.trace(async () => {
        spans = await once();
      });
      if (round >= 0 && steps !== null) room -= seen[at]?.add(plain, spans, steps, room) ?? 0;
    }
  }
  const untimed = tasks.find((_, i) => seen[i]?.rows().length === 0);
  if (untimed !== undefined) {
    throw new BenchError('no-timestamps', `the device's counter was reset in every round of ${untimed.cell.method}`, {
      hint: 'run again, or use another device (--device swiftshader)',
    });
  }
  return {
    peaks: { model, ...peaks },
    rows: tasks.flatMap(({ cell }, i) => {
      const { method, persona, wording, sparsity } = cell;
      return (seen[i]?.rows() ?? []).map((row) => ({ model, method, persona, wording, sparsity, ...row }));
    }),
    tracks: tasks.map(({ cell: { method, sparsity } }, i) => ({
      model,
      method: entryName({ method, sparsity }),
      ...(seen[i] as Profiled).track(),
    })),
  };
}

/** The items as one batch; then each prompt read, and continued. */
async function passOnce(
  task: LatencyTask,
  items: readonly Item[],
  { engine, text }: LoadedModel,
  evaluate: Evaluate,
  signal: AbortSignal,
): Promise<readonly Span[]> {
  const { cell, prepared } = task;
  engine.resetCounters();
  const startMs = performance.now();
  await evaluate({ engine, text, evaluation: cell.evaluation, items, prepared, signal });
  const spans: Span[] = [{ phase: 'scoring', passes: 1, startMs, endMs: performance.now(), deviceMs: engine.gpuMs() }];
  for (const item of items) {
    const tokens = await promptOf(task, text, item);
    const begun = performance.now();
    let first = 0;
    let last = begun;
    let emitted = 0;
    let readMs: number | null = null;
    engine.resetCounters();
    for await (const _ of engine.generate([{ tokens, variant: prepared.variant }], greedy(PROFILE.decodeTokens + 1))) {
      last = performance.now();
      if (emitted++ > 0) continue;
      first = last;
      readMs = engine.gpuMs();
      engine.resetCounters();
    }
    spans.push({ phase: 'prefill', passes: 1, startMs: begun, endMs: first, deviceMs: readMs });
    spans.push({ phase: 'decode', passes: emitted - 1, startMs: first, endMs: last, deviceMs: engine.gpuMs() });
  }
  return spans;
}

interface Sums {
  passes: number;
  wallMs: number;
  plainMs: number;
  plainDeviceMs: number | null;
  readonly steps: TracedStep[];
}

class Profiled {
  readonly #phases = new Map<Phase, Sums>();
  readonly #events: TrackEvent[] = [];
  #left = 0;

  /** Returns how many of the dispatches went into the track, at most `room`. */
  add(plain: readonly Span[], spans: readonly Span[], steps: readonly TracedStep[], room: number): number {
    let tracked = 0;
    for (const [i, { phase, passes, startMs, endMs }] of spans.entries()) {
      const within = steps.filter((step) => step.startMs >= startMs && step.endMs <= endMs);
      const other = plain[i] as Span;
      const sums = this.#phases.get(phase) ?? { passes: 0, wallMs: 0, plainMs: 0, plainDeviceMs: 0, steps: [] };
      this.#phases.set(phase, sums);
      sums.passes += passes;
      sums.wallMs += endMs - startMs;
      sums.plainMs += other.endMs - other.startMs;
      sums.plainDeviceMs = plus(sums.plainDeviceMs, other.deviceMs);
      sums.steps.push(...within);
      const dispatches = within.reduce((sum, step) => sum + step.dispatches.length, 0);
      if (tracked + dispatches > room) {
        this.#left += dispatches;
        continue;
      }
      tracked += dispatches;
      this.#events.push({ kind: 'phase', name: phase, startMs, ms: endMs - startMs, figures: { passes } });
      for (const step of within) this.#events.push(...eventsOf(step));
    }
    return tracked;
  }

  rows(): readonly Omit<ProfileRow, 'model' | 'method' | 'persona' | 'wording' | 'sparsity'>[] {
    return [...this.#phases].map(([phase, { steps, ...sums }]) => {
      const kernels = kernelRows(steps.flatMap(({ dispatches }) => dispatches));
      const kernelMs = kernels.reduce((sum, { ms }) => sum + ms, 0);
      const outside = sums.wallMs > 0 ? Math.max(0, 1 - kernelMs / sums.wallMs) : 0;
      return { phase, ...sums, kernelMs, outside, kernels, waterfall: waterfallOf(steps.at(-1)) };
    });
  }

  track(): Pick<Track, 'events' | 'left'> {
    return { events: this.#events, left: this.#left };
  }
}

function eventsOf({ rows, startMs, endMs, dispatches }: TracedStep): readonly TrackEvent[] {
  const step: TrackEvent = { kind: 'step', name: `step of ${rows}`, startMs, ms: endMs - startMs, figures: { rows } };
  return [
    step,
    ...dispatches.map(({ kernel, startMs: at, ms, flops, bytes }): TrackEvent => {
      const figures = { ...(flops !== undefined && { flops }), ...(bytes !== undefined && { bytes }) };
      return { kind: 'kernel', name: kernel, startMs: at, ms, figures };
    }),
  ];
}

function kernelRows(dispatches: readonly Dispatch[]): readonly KernelRow[] {
  const whole = dispatches.reduce((sum, { ms }) => sum + ms, 0);
  const perSecond = (count: number | null, ms: number) => (count === null || ms === 0 ? null : count / ms / 1e6);
  return [...new Set(dispatches.map(({ kernel }) => kernel))]
    .map((kernel): KernelRow => {
      const calls = dispatches.filter((one) => one.kernel === kernel);
      const total = (of: (one: Dispatch) => number | undefined): number | null =>
        calls.reduce<number | null>((sum, one) => plus(sum, of(one) ?? null), 0);
      const ms = calls.reduce((sum, one) => sum + one.ms, 0);
      const flops = total((one) => one.flops);
      const bytes = total((one) => one.bytes);
      return {
        ...{ kernel, calls: calls.length, ms, share: whole === 0 ? 0 : ms / whole, flops, bytes },
        ...{ gflops: perSecond(flops, ms), gbPerSecond: perSecond(bytes, ms) },
      };
    })
    .sort((a, b) => b.ms - a.ms);
}

/** null: what is missing once is missing in the sum. */
function plus(sum: number | null, more: number | null): number | null {
  return sum === null || more === null ? null : sum + more;
}

function waterfallOf(step: TracedStep | undefined): ProfileRow['waterfall'] {
  if (step === undefined) return { wallMs: 0, dispatches: [], left: 0 };
  const { startMs, endMs, dispatches } = step;
  const drawn = dispatches.slice(0, WATERFALL);
  return {
    wallMs: endMs - startMs,
    dispatches: drawn.map((one) => ({ kernel: one.kernel, startMs: one.startMs - startMs, ms: one.ms })),
    left: dispatches.length - drawn.length,
  };
}
