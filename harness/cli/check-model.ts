// A model folder checked as far as that goes without a device: config, the headers of the weights, tokenizer, template.

import { requireModelFolder } from '../../gpu/model/folder.ts';
import { refuseLeftovers } from '../../gpu/model/leftovers.ts';
import { openCheckpoint } from '../../gpu/model/safetensors.ts';
import { loadSpec } from '../../gpu/model/spec.ts';
import { resolveTensors } from '../../gpu/model/tensors.ts';
import type { ModelRef } from '../config/resolved.ts';
import { loadText } from '../text/index.ts';

/** Throws what loading the model would throw, but for what only a device can say. */
export async function checkModel({ path, template }: Pick<ModelRef, 'path' | 'template'>): Promise<void> {
  await requireModelFolder(path);
  const spec = await loadSpec(path);
  const checkpoint = await openCheckpoint(path);
  try {
    refuseLeftovers(spec, resolveTensors(spec, checkpoint), checkpoint);
  } finally {
    await checkpoint.close();
  }
  await loadText(path, { template, vocab: spec.vocab });
}
