// What the wrappers of kernels share: a command with its uniform, grids of more groups than one dimension allows, and
// how weights are read.

import { type Format, isBlocks } from '../../formats/tensors/tensor.ts';
import { type Bound, type Command, type CommandSpec, makeCommand } from '../device/commands.ts';
import type { Gpu } from '../device/device.ts';
import type { Pool } from '../device/memory.ts';
import type { Pipelines } from '../device/pipelines.ts';
import type { Constants } from '../device/templates.ts';

/** What a wrapper needs to make a command; `step` is the uniform that all commands share. */
export interface Recorder {
  readonly gpu: Gpu;
  readonly pipelines: Pipelines;
  readonly pool: Pool; // owns the uniforms
  readonly step: GPUBuffer;
}

/** Which of the step's counts a kernel runs over. */
export type Rows = 'rows' | 'scored';

/** Lanes of a workgroup where nothing else decides. */
export const LANES = 64;
/** Workgroups in one dimension of a grid, at most. */
export const MAX_GRID = 65535;

/** A command of `kernel` with a uniform of `shape` (u32) and `floats` (f32) after the step's own. */
export function record(
  on: Recorder,
  spec: Omit<CommandSpec, 'buffers'> & {
    shape: readonly number[];
    floats?: readonly number[];
    buffers: readonly Bound[];
  },
): Command {
  const { shape, floats = [], buffers, ...rest } = spec;
  const bytes = new ArrayBuffer(16 * Math.ceil((shape.length + floats.length) / 4));
  new Uint32Array(bytes).set(shape);
  new Float32Array(bytes).set(floats, shape.length);
  const uniform = on.pool.buffer(`${spec.label} shape`, bytes.byteLength, 'uniform');
  on.gpu.device.queue.writeBuffer(uniform, 0, bytes);
  return makeCommand(on.gpu, on.pipelines, { ...rest, buffers: [on.step, uniform, ...buffers] });
}

/** The constants of _load.wgsl at binding 3: `aligned` rows are read four columns at a time. */
export function loads(format: Format, aligned: boolean): Constants {
  const own = { W: 3, F32: format === 'f32', BF16: format === 'bf16', ALIGNED: aligned };
  return isBlocks(format) ? { ...own, BLOCKS: true, [format.toUpperCase()]: true } : own;
}

/** A grid of more groups than one dimension allows: y rows of GRID_X groups. */
export function wide(groups: number): readonly [number, number] {
  return groups <= MAX_GRID ? [groups, groups === 0 ? 0 : 1] : [MAX_GRID, Math.ceil(groups / MAX_GRID)];
}
