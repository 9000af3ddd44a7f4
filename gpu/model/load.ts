// A model folder -> an engine on a device. Everything is checked before the first allocation.

import { join } from 'node:path';
import { openGpu } from '../device.ts';
import { Memory, type MemoryLimits } from '../memory.ts';
import { type LoadedEngine, WebGpuEngine } from './engine.ts';
import { MAX_CONFIG_BYTES, readJson, requireModelFolder } from './folder.ts';
import { refuseLeftovers } from './leftovers.ts';
import { openCheckpoint } from './safetensors.ts';
import { readSpec } from './spec.ts';
import { resolveTensors } from './tensors.ts';
import { deviceBytes, upload } from './weights.ts';

/** Rows per step: enough that a step is worth its submit, few enough that it ends within about a second in software. */
const MAX_ROWS = 1024;

export interface LoadOptions extends MemoryLimits {
  readonly adapter?: string;
  readonly maxRows?: number; // rows per step; results do not depend on it
}

/**
 * Opens the device and loads the model in `folder` (Hugging Face layout). Throws BenchError `no-adapter`, `bad-model`, `bad-weights`, `unsupported-model`, `gpu-memory`.
 */
export async function loadEngine(folder: string, options: LoadOptions = {}): Promise<LoadedEngine> {
  await requireModelFolder(folder);
  const configFile = join(folder, 'config.json');
  const spec = readSpec(await readJson(configFile, MAX_CONFIG_BYTES), configFile);
  const checkpoint = await openCheckpoint(folder);
  try {
    const parts = resolveTensors(spec, checkpoint);
    refuseLeftovers(spec, parts, checkpoint);
    const weightsDigest = await checkpoint.digest();
    const gpu = await openGpu(options.adapter === undefined ? {} : { adapter: options.adapter });
    try {
      const memory = new Memory(gpu, options);
      memory.require(`the model's weights`, { weights: deviceBytes(parts) });
      const pool = memory.pool();
      const weights = await gpu.scope(`the weights of ${folder}`, () => upload(gpu, memory, pool, parts));
      return new WebGpuEngine(gpu, memory, spec, parts, weights, weightsDigest, options.maxRows ?? MAX_ROWS, () =>
        pool.dispose(),
      );
    } catch (error) {
      await gpu.dispose();
      throw error;
    }
  } finally {
    await checkpoint.close();
  }
}
