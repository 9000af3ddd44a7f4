// What a verb's flags do to the network: the mask of a file, the adapter of a folder.

import { resolve } from 'node:path';
import { isFolder } from '../api/models.ts';
import { BenchError } from '../base/error.ts';
import type { Engine, Variant } from '../gpu/index.ts';
import { type MaskFile, maskOf, readMaskFile, requireMaskFits } from '../harness/subnetworks/mask-file.ts';
import type { TextModel } from '../harness/text/index.ts';
import { type Loaded, usage } from './open-model.ts';
import type { TryOptions } from './options.ts';

/** The variant with the mask of --mask, which must be one of this model. */
export async function masked(
  variant: Variant,
  { mask: file, gamma = 0 }: TryOptions,
  engine: Engine,
  text: TextModel | null,
): Promise<Variant> {
  if (file === undefined) {
    if (gamma !== 0) throw usage('--gamma needs a mask', 'add --mask FILE');
    return variant;
  }
  const content = await readMaskFile(file);
  requireFits(content, { engine, text }, file);
  if (variant.mask !== undefined) throw usage('the method masks the network itself', 'leave out --mask or --method');
  const mask = maskOf(content);
  return { ...variant, id: `${variant.id} ${mask.id} ${gamma}`, mask, gamma };
}

/** The variant with the adapter of --adapter, a folder, which must be one of this model. Throws `bad-adapter`. */
export async function adapted(variant: Variant, folder: string | undefined, engine: Engine): Promise<Variant> {
  if (folder === undefined) return variant;
  if (variant.adapter !== undefined) {
    throw usage('the method trains an adapter itself', 'leave out --adapter or --method');
  }
  const { readAdapter } = await import('../baselines/lora/peft.ts');
  if (!isFolder(resolve(folder))) {
    throw new BenchError('bad-adapter', 'there is no such folder', {
      where: folder,
      hint: '--adapter takes the folder of a low-rank adapter in PEFT’s layout; the device is named by --device',
    });
  }
  const { matrices, spec, weightsDigest: weights } = engine;
  const adapter = await readAdapter(resolve(folder), { matrices, family: spec.family, weights });
  return { ...variant, id: `${variant.id} ${adapter.id}`, adapter };
}

/** Throws `bad-mask` with both digests where the mask is of another model. */
export function requireFits(mask: MaskFile, { engine, text }: Loaded, file: string): void {
  const { weightsDigest: weights, matrices } = engine;
  requireMaskFits(mask, { weights, tokenizer: text?.tokenizerDigest ?? null, matrices }, file);
}
