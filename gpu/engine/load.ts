// A model folder -> an engine on a device. Everything is checked before the first allocation.

import { freemem } from 'node:os';
import { settleHead } from '../../formats/checkpoint/head.ts';
import { refuseLeftovers } from '../../formats/checkpoint/leftovers.ts';
import { openCheckpoint } from '../../formats/checkpoint/open.ts';
import { resolveTensors } from '../../formats/checkpoint/parts.ts';
import { loadSpec } from '../../formats/checkpoint/read-spec.ts';
import { type Gpu, openGpu } from '../device/device.ts';
import { Memory } from '../device/memory.ts';
import { WebGpuEngine } from './engine.ts';
import { forwardNeeds } from './forward/forward.ts';
import { rowsPerStep, scoreOptions } from './forward/sizes.ts';
import type { LoadedEngine, LoadOptions } from './types.ts';
import { deviceBytes, upload } from './weights/upload.ts';

/** Rows per step: enough that a step is worth its submit, few enough that it ends within about a second in software. */
const MAX_ROWS = 1024;

/**
 * Opens the device and loads the model in `folder` (Hugging Face layout). Throws `no-device`, `bad-model`,
 * `bad-weights`, `unsupported-model`, `gpu-memory`.
 */
export async function loadEngine(folder: string, options: LoadOptions = {}): Promise<LoadedEngine> {
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  try {
    const stored = resolveTensors(spec, checkpoint);
    refuseLeftovers(spec, stored, checkpoint);
    const parts = await settleHead(stored);
    const gpu = await openGpu(options.device === undefined ? {} : { device: options.device });
    try {
      const memory = new Memory(gpu, { ...options, budgetBytes: options.budgetBytes ?? hostBytes(gpu) });
      const maxRows = rowsPerStep(spec, options.maxRows ?? MAX_ROWS, memory.maxBindingBytes);
      memory.require(`the model in ${folder}`, {
        weights: deviceBytes(parts),
        ...forwardNeeds(spec, scoreOptions(spec, maxRows, memory.maxBindingBytes)),
      });
      const weightsDigest = await checkpoint.digest(options.weights);
      const pool = memory.pool();
      const weights = await gpu.scope(`the weights of ${folder}`, () => upload(gpu, memory, pool, parts));
      return new WebGpuEngine(gpu, memory, spec, parts, weights, weightsDigest, maxRows, () => pool.dispose());
    } catch (error) {
      await gpu.dispose();
      throw error;
    }
  } finally {
    await checkpoint.close();
  }
}

/** What a device that lives in the host's memory may take: no software driver says that it ran out. */
function hostBytes(gpu: Gpu): number {
  // What macOS calls free leaves out what it would give back at once.
  if (!gpu.software || process.platform === 'darwin') return Infinity;
  return Math.min(freemem(), process.constrainedMemory() || Infinity);
}
