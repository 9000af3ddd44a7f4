// `bench adapter merge`: a low-rank adapter in PEFT's layout merged into a checkpoint; and the adapter of `bench try`.

import { resolve } from 'node:path';
import type { Engine, Variant } from '../../gpu/index.ts';
import { shellWord } from '../../reports/format.ts';
import { isHubName } from '../hub/name.ts';
import type { MergeOptions } from './options.ts';
import { findModel, usage } from './try-inputs.ts';
import { tryServices } from './try-services.ts';
import { writtenText } from './written.ts';

/** Writes a checkpoint in Hugging Face layout with the adapter in its weights. */
export async function adapterMerge(
  folder: string,
  { model, out, json = false }: MergeOptions,
  stdout: Pick<NodeJS.WriteStream, 'write'> = process.stdout,
): Promise<number> {
  if (out === undefined) throw usage('a checkpoint needs a folder to be written to', 'add --out FOLDER');
  const services = tryServices();
  const found = isHubName(model) ? await services.fetchModel(model) : findModel(model, services.bundledModels);
  const { mergeAdapter } = await import('../../baselines/lora/merge.ts');
  await mergeAdapter(found, resolve(folder), resolve(out));
  const next = `bench try "How was your week?" --model ${shellWord(out)}`;
  stdout.write(writtenText({ said: '', written: [out], next }, json));
  return 0;
}

/** The variant with the adapter of a folder, which must be one of this model. Throws `bad-adapter`. */
export async function adapted(variant: Variant, folder: string | undefined, engine: Engine): Promise<Variant> {
  if (folder === undefined) return variant;
  if (variant.adapter !== undefined) {
    throw usage('the method trains an adapter itself', 'leave out --adapter-folder or --method');
  }
  const { readAdapter } = await import('../../baselines/lora/peft.ts');
  const { matrices, spec, weightsDigest: weights } = engine;
  const adapter = await readAdapter(resolve(folder), { matrices, family: spec.family, weights });
  return { ...variant, id: `${variant.id} ${adapter.id}`, adapter };
}
