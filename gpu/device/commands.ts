// Record and replay. WebGPU cannot submit a command buffer twice, so a pass is kept as a list of commands: dispatches
// whose pipelines and bind groups are made once. A step encodes them with its own grids, and is one submit.

import { BenchError } from '../../base/error.ts';
import type { GpuClock } from './clock.ts';
import type { Account } from './contract.ts';
import type { Gpu } from './device.ts';
import type { Bindings, Pipelines } from './pipelines.ts';
import type { Constants } from './templates.ts';

/** The numbers that change from step to step. */
export interface Step {
  readonly rows: number; // T: rows that go through the network
  readonly scored: number; // P: rows that go through the head
  /** What attention looks at in a layer that sees the last `window` positions (0: all); of a step that is traced. */
  readonly seen?: (window: number) => Seen;
}

/** What attention reads in one layer of a step. */
export interface Seen {
  readonly keys: number; // per head, summed over the rows
  readonly cacheRows: number; // different rows of the cache
}

/** Of one dispatch, for a profile. */
export type Accounting = (step: Step) => Account;

/** Workgroups along x and y; a 0 skips the command. */
export type Grid = (step: Step) => readonly [x: number, y: number];

/** One recorded dispatch. It is valid while the buffers of its bind group are. */
export interface Command {
  readonly label: string;
  readonly kernel: string;
  readonly part?: string; // of the network, where a kernel serves several
  readonly account?: Accounting;
  readonly group: GPUBindGroup;
  readonly grid: Grid;
  pipeline(step: Step): Promise<GPUComputePipeline>;
}

/** What has been sent to the device. */
export interface Counts {
  dispatches: number;
  submits: number;
  readbacks: number;
  readonly pipelines: Set<GPUComputePipeline>; // that were dispatched
}

/** Counts of nothing. */
export function zeroCounts(): Counts {
  return { dispatches: 0, submits: 0, readbacks: 0, pipelines: new Set() };
}

/** A buffer, or a part of one. */
export type Bound = GPUBuffer | GPUBufferBinding;

/** What a command is made of. `constants` may depend on the step: each set is a pipeline of its own. */
export interface CommandSpec {
  readonly kernel: string;
  readonly label: string;
  readonly constants: Constants | ((step: Step) => Constants);
  readonly bindings: Bindings;
  readonly buffers: readonly Bound[];
  readonly grid: Grid;
  readonly account?: Accounting;
}

/**
 * Records a dispatch; its pipelines are compiled when a step first needs them. Throws `bad-kernel` where bindings and
 * buffers differ in number.
 */
export function makeCommand(gpu: Gpu, pipelines: Pipelines, spec: CommandSpec): Command {
  const { kernel, label, constants, bindings, buffers, grid, account } = spec;
  if (buffers.length !== bindings.length)
    throw new BenchError('bad-kernel', `${label}: ${bindings} takes ${bindings.length} buffers`);
  const group = gpu.device.createBindGroup({
    label,
    layout: pipelines.layout(bindings),
    entries: buffers.map((bound, binding) => ({ binding, resource: 'buffer' in bound ? bound : { buffer: bound } })),
  });
  const made = new Map<Constants, Promise<GPUComputePipeline>>();
  return {
    label,
    kernel,
    ...(account && { account }),
    group,
    grid,
    pipeline: (step) => {
      const wanted = typeof constants === 'function' ? constants(step) : constants;
      let pipeline = made.get(wanted);
      if (pipeline === undefined) {
        pipeline = pipelines.get(kernel, wanted, bindings);
        made.set(wanted, pipeline);
      }
      return pipeline;
    },
  };
}

/** A command with the grid and the pipeline of one step. */
export interface Ready {
  readonly command: Command;
  readonly grid: readonly [x: number, y: number];
  readonly pipeline: GPUComputePipeline;
}

/** The commands that a step runs. Throws `gpu-limit` where one needs more workgroups than the device runs. */
export async function readyCommands(gpu: Gpu, commands: readonly Command[], step: Step): Promise<readonly Ready[]> {
  const ready: Ready[] = [];
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  for (const command of commands) {
    const grid = command.grid(step);
    if (grid[0] === 0 || grid[1] === 0) continue;
    if (grid[0] > most || grid[1] > most) {
      throw new BenchError(
        'gpu-limit',
        `${command.label} needs ${grid[0]} x ${grid[1]} workgroups, and this device runs ${most}`,
        { hint: 'use shorter prompts, or fewer at once' },
      );
    }
    ready.push({ command, grid, pipeline: await command.pipeline(step) });
  }
  return ready;
}

/** Encodes one dispatch and counts it. */
export function dispatch(pass: GPUComputePassEncoder, { command, grid, pipeline }: Ready, counts: Counts): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, command.group);
  pass.dispatchWorkgroups(...grid);
  counts.dispatches++;
  counts.pipelines.add(pipeline);
}

/** A copy into a buffer that is read back, once the commands have run. */
export interface Copy {
  readonly from: GPUBuffer;
  readonly to: GPUBuffer;
  readonly bytes: number;
  readonly at: number;
}

/** Encodes the copies, in order. */
export function encodeCopies(encoder: GPUCommandEncoder, copies: readonly Copy[]): void {
  for (const { from, to, bytes, at } of copies) encoder.copyBufferToBuffer(from, 0, to, at, bytes);
}

/**
 * Encodes the commands in order, then the copies, and submits once. `timing`: the clock, and where in the readback its
 * times go. Resolves once submitted, not once done. Throws `gpu-limit`, and `bad-kernel` for a kernel that does not
 * compile.
 */
export async function replay(
  gpu: Gpu,
  commands: readonly Command[],
  step: Step,
  counts: Counts,
  copies: readonly Copy[] = [],
  timing?: { readonly clock: GpuClock; readonly readback: GPUBuffer; readonly at: number },
): Promise<void> {
  const ready = await readyCommands(gpu, commands, step);
  const encoder = gpu.device.createCommandEncoder({ label: 'step' });
  const pass = encoder.beginComputePass({ label: 'step', ...timing?.clock.pass() });
  for (const one of ready) dispatch(pass, one, counts);
  pass.end();
  encodeCopies(encoder, copies);
  if (copies.length > 0) timing?.clock.resolve(encoder, timing.readback, timing.at);
  gpu.device.queue.submit([encoder.finish()]);
  counts.submits++;
}
