// `bench adapter merge`: a low-rank adapter in PEFT's layout merged into a checkpoint.

import { resolve } from 'node:path';
import { findModel } from '../api/models.ts';
import { shellWord } from '../base/words.ts';
import { isHubName } from '../harness/hub/name.ts';
import { writtenText } from './closing-message.ts';
import { unpackedNote, usage } from './open-model.ts';
import type { MergeOptions } from './options.ts';
import { tryServices } from './try-runtime.ts';

/** Writes a checkpoint in Hugging Face layout with the adapter in its weights. */
export async function adapterMerge(
  folder: string,
  { model, out, json = false }: MergeOptions,
  stdout: Pick<NodeJS.WriteStream, 'write'> = process.stdout,
): Promise<number> {
  if (out === undefined) throw usage('a checkpoint needs an output folder', 'add --out FOLDER');
  const services = tryServices();
  const found = isHubName(model) ? await services.fetchModel(model) : await findModel(model, services.bundledModels);
  const { mergeAdapter } = await import('../baselines/lora/merge.ts');
  await mergeAdapter(found, resolve(folder), resolve(out));
  const next = `bench try "How was your week?" --model ${shellWord(out)}`;
  stdout.write(writtenText({ said: await unpackedNote(found), written: [out], next }, json));
  return 0;
}
