// Record and replay: WebGPU cannot submit a command buffer twice, so a plan is a list of nodes whose pipelines and bind
// groups are made once; a step encodes them again with its own grid and goes out in one submit.

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

export interface Seen {
  readonly keys: number; // per head, summed over the rows
  readonly cacheRows: number; // different rows of the cache
}

/** Of one dispatch, for a profile. */
export type Accounting = (step: Step) => Account;

/** Workgroups along x and y; a 0 skips the node. */
export type Grid = (step: Step) => readonly [x: number, y: number];

export interface Node {
  readonly label: string;
  readonly kernel: string;
  readonly part?: string; // of the network, where a kernel serves several
  readonly account?: Accounting;
  readonly group: GPUBindGroup;
  readonly grid: Grid;
  pipeline(step: Step): Promise<GPUComputePipeline>;
}

export interface Counts {
  dispatches: number;
  submits: number;
  readbacks: number;
  readonly pipelines: Set<GPUComputePipeline>; // that were dispatched
}

export function zeroCounts(): Counts {
  return { dispatches: 0, submits: 0, readbacks: 0, pipelines: new Set() };
}

/** A buffer, or a part of one. */
export type Bound = GPUBuffer | GPUBufferBinding;

/** A node whose kernel is the same at every step. */
export interface NodeSpec {
  readonly kernel: string;
  readonly label: string;
  readonly constants: Constants | ((step: Step) => Constants);
  readonly bindings: Bindings;
  readonly buffers: readonly Bound[];
  readonly grid: Grid;
  readonly account?: Accounting;
}

export function makeNode(gpu: Gpu, pipelines: Pipelines, spec: NodeSpec): Node {
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

/** A node with what a step makes of it. */
export interface Ready {
  readonly node: Node;
  readonly grid: readonly [x: number, y: number];
  readonly pipeline: GPUComputePipeline;
}

/** The nodes that a step runs. Throws `gpu-limit` where one needs more workgroups than the device runs. */
export async function readyNodes(gpu: Gpu, nodes: readonly Node[], step: Step): Promise<readonly Ready[]> {
  const ready: Ready[] = [];
  const most = gpu.limits.maxComputeWorkgroupsPerDimension;
  for (const node of nodes) {
    const grid = node.grid(step);
    if (grid[0] === 0 || grid[1] === 0) continue;
    if (grid[0] > most || grid[1] > most) {
      throw new BenchError(
        'gpu-limit',
        `${node.label} needs ${grid[0]} x ${grid[1]} workgroups, and this device runs ${most}`,
        { hint: 'use shorter prompts, or fewer at once' },
      );
    }
    ready.push({ node, grid, pipeline: await node.pipeline(step) });
  }
  return ready;
}

export function dispatch(pass: GPUComputePassEncoder, { node, grid, pipeline }: Ready, counts: Counts): void {
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, node.group);
  pass.dispatchWorkgroups(...grid);
  counts.dispatches++;
  counts.pipelines.add(pipeline);
}

/** What goes to a buffer that is read back, once the nodes have run. */
export interface Copy {
  readonly from: GPUBuffer;
  readonly to: GPUBuffer;
  readonly bytes: number;
  readonly at: number;
}

export function encodeCopies(encoder: GPUCommandEncoder, copies: readonly Copy[]): void {
  for (const { from, to, bytes, at } of copies) encoder.copyBufferToBuffer(from, 0, to, at, bytes);
}

/** Encodes the nodes in order, then the copies, and submits once; `timing` also says where the clock's times go. */
export async function replay(
  gpu: Gpu,
  nodes: readonly Node[],
  step: Step,
  counts: Counts,
  copies: readonly Copy[] = [],
  timing?: { readonly clock: GpuClock; readonly readback: GPUBuffer; readonly at: number },
): Promise<void> {
  const ready = await readyNodes(gpu, nodes, step);
  const encoder = gpu.device.createCommandEncoder({ label: 'step' });
  const pass = encoder.beginComputePass({ label: 'step', ...timing?.clock.pass() });
  for (const one of ready) dispatch(pass, one, counts);
  pass.end();
  encodeCopies(encoder, copies);
  if (copies.length > 0) timing?.clock.resolve(encoder, timing.readback, timing.at);
  gpu.device.queue.submit([encoder.finish()]);
  counts.submits++;
}
