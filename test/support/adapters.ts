// Adapters on disk, for tests that read them back.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFolder } from '../../base/files.ts';
import { type AdapterModel, adapterFiles } from '../../baselines/lora/peft.ts';
import type { Adapter } from '../../gpu/index.ts';

/** Writes `folder`, which must not exist, whole or not at all. Throws `unwritable`. */
export async function writeAdapter(
  folder: string,
  adapter: Pick<Adapter, 'rank' | 'alpha' | 'tensors'>,
  model: AdapterModel,
  more: { readonly base?: string | null; readonly dropout?: number } = {},
): Promise<void> {
  const files = adapterFiles(adapter, model, more);
  await writeFolder(folder, 'the adapter', async (aside) => {
    for (const { name, bytes } of files) await writeFile(join(aside, name), bytes, { flag: 'wx', flush: true });
  });
}
