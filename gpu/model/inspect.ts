// A model folder looked at as far as that goes without a device: config.json and the headers of the weights.

import { refuseLeftovers } from './leftovers.ts';
import { openCheckpoint } from './safetensors.ts';
import { loadSpec, type Spec } from './spec.ts';
import { resolveTensors } from './tensors.ts';

/** What the model is. Throws what loading it would throw, but for what only a device can say. */
export async function inspectModel(folder: string): Promise<Spec> {
  const spec = await loadSpec(folder);
  const checkpoint = await openCheckpoint(folder);
  try {
    refuseLeftovers(spec, resolveTensors(spec, checkpoint), checkpoint);
  } finally {
    await checkpoint.close();
  }
  return spec;
}
