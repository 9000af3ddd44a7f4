// What a run's record holds of `--profile`: where each method's time goes, kernel by kernel, by the device's timestamps.

/** What a method is made to do again: its items asked as one batch, one prompt read, and new tokens after it. */
export type Phase = 'scoring' | 'prefill' | 'decode';

/** All dispatches of one kernel for one part of the network, such as "matmul up". */
export interface KernelRow {
  readonly kernel: string;
  readonly calls: number;
  readonly ms: number; // on the device, all calls
  readonly share: number; // of the time in kernels
  /** Exact: 2 per multiply-add, and every operand read or written once; null for a kernel that keeps no account. */
  readonly flops: number | null;
  readonly bytes: number | null;
  readonly gflops: number | null; // achieved, per second
  readonly gbPerSecond: number | null;
}

/** One dispatch of a pass, in ms since the pass began; those of a pass come one after another. */
interface WaterfallRow {
  readonly kernel: string;
  readonly startMs: number;
  readonly ms: number;
}

/** One method in one phase, over all rounds. */
export interface ProfileRow {
  readonly model: string;
  readonly method: string;
  readonly persona: string | null;
  readonly wording: string | null;
  readonly sparsity: string | null;
  readonly phase: Phase;
  readonly passes: number; // batches, prompts or new tokens
  readonly wallMs: number; // with a pass of its own for every dispatch
  readonly kernelMs: number; // of that, in kernels
  readonly outside: number; // 1 - kernelMs / wallMs: encoding, submitting, waiting, reading back, and what the harness does
  /** The same work without profiling, in turn with it: wall clock, and of that the device's passes; null: not timed. */
  readonly plainMs: number;
  readonly plainDeviceMs: number | null;
  readonly kernels: readonly KernelRow[]; // the longest first; their ms add up to kernelMs
  /** One step, the last that was seen. Cut at 400 dispatches: `left` says how many follow. */
  readonly waterfall: { readonly wallMs: number; readonly dispatches: readonly WaterfallRow[]; readonly left: number };
}

/** The most that the device was seen to do in this job, between the rounds: multiply-adds alone, and reads alone. */
export interface DevicePeaks {
  readonly model: string; // while which was measured
  readonly gflops: number;
  readonly gbPerSecond: number;
}

export interface Profile {
  readonly rounds: number;
  readonly items: number; // per method and round, at most
  readonly decodeTokens: number; // after the first
  readonly peaks: readonly DevicePeaks[]; // per model
  readonly rows: readonly ProfileRow[];
}

/** What a method was seen to do, for trace.json; times in ms of one clock, each inside the one that it is part of. */
export interface Track {
  readonly model: string;
  readonly method: string;
  readonly events: readonly TrackEvent[];
  readonly left: number; // dispatches that it has no events of, since a trace holds so many
}

export interface TrackEvent {
  readonly kind: 'phase' | 'step' | 'kernel';
  readonly name: string;
  readonly startMs: number;
  readonly ms: number;
  readonly figures: Readonly<Record<string, number>>;
}
