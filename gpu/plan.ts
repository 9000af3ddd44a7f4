// Record and replay: WebGPU cannot submit a command buffer twice, so a plan is a list of nodes whose pipelines and bind
// groups are made once; a step encodes them again with its own grid and goes out in one submit.

import type { GpuClock } from './clock.ts';
import type { Gpu } from './device.ts';
import { BenchError } from './error.ts';
import type { Bindings, Pipelines } from './pipelines.ts';
import type { Constants } from './wgsl.ts';

/** The numbers that change from step to step. */
export interface Step {
  readonly rows: number; // T: rows that go through the network
  readonly scored: number; // P: rows that go through the head
}

/** Workgroups along x and y; a 0 skips the node. */
export type Grid = (step: Step) => readonly [x: number, y: number];

export interface Node {
  readonly label: string;
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
}

export function makeNode(gpu: Gpu, pipelines: Pipelines, spec: NodeSpec): Node {
  const { kernel, label, constants, bindings, buffers, grid } = spec;
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

/** Encodes the nodes in order, then the copies, and submits once; `timing` also says where the clock's times go. */
export async function replay(
  gpu: Gpu,
  nodes: readonly Node[],
  step: Step,
  counts: Counts,
  copies: readonly {
    readonly from: GPUBuffer;
    readonly to: GPUBuffer;
    readonly bytes: number;
    readonly at: number;
  }[] = [],
  timing?: { readonly clock: GpuClock; readonly readback: GPUBuffer; readonly at: number },
): Promise<void> {
  const ready: { node: Node; grid: readonly [number, number]; pipeline: GPUComputePipeline }[] = [];
  for (const node of nodes) {
    const grid = node.grid(step);
    if (grid[0] > 0 && grid[1] > 0) ready.push({ node, grid, pipeline: await node.pipeline(step) });
  }
  const encoder = gpu.device.createCommandEncoder({ label: 'step' });
  const pass = encoder.beginComputePass({ label: 'step', ...timing?.clock.pass() });
  for (const { node, grid, pipeline } of ready) {
    const [x, y] = grid;
    const most = gpu.limits.maxComputeWorkgroupsPerDimension;
    if (x > most || y > most) {
      throw new BenchError('gpu-limit', `${node.label} needs ${x} x ${y} workgroups, and this device runs ${most}`, {
        hint: 'use shorter prompts, or fewer at once',
      });
    }
    pass.setPipeline(pipeline);
    pass.setBindGroup(0, node.group);
    pass.dispatchWorkgroups(x, y);
    counts.dispatches++;
    counts.pipelines.add(pipeline);
  }
  pass.end();
  for (const { from, to, bytes, at } of copies) encoder.copyBufferToBuffer(from, 0, to, at, bytes);
  if (copies.length > 0) timing?.clock.resolve(encoder, timing.readback, timing.at);
  gpu.device.queue.submit([encoder.finish()]);
  counts.submits++;
}
