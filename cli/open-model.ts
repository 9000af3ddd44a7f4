// The model that a verb's flags name: found, and opened for one task.

import { findModel } from '../api/models.ts';
import { BenchError } from '../base/error.ts';
import { ggufAt } from '../formats/gguf/find.ts';
import type { Engine } from '../gpu/index.ts';
import { isHubName } from '../harness/hub/name.ts';
import type { ChatSettings, TextModel } from '../harness/text/index.ts';
import { tryServices } from './try-runtime.ts';

export interface Loaded {
  readonly engine: Engine;
  readonly text: TextModel | null;
}

/** Opens the model for `work`, and disposes of it after. `chat`: how chats are put to it. */
export async function withModel(
  { model, device }: { readonly model: string; readonly device?: string },
  chat: ChatSettings,
  work: (loaded: Loaded) => Promise<number>,
): Promise<number> {
  const services = tryServices();
  const folder = await modelFolder(model);
  const { engine } = await services.loadEngine(folder, device);
  try {
    return await work({ engine, text: await services.loadText(folder, engine.spec.vocab, chat) });
  } finally {
    await engine.dispose();
  }
}

export async function modelFolder(model: string): Promise<string> {
  const services = tryServices();
  return isHubName(model) ? services.fetchModel(model) : findModel(model, services.bundledModels);
}

/** A flag that cannot be followed. */
export const usage = (message: string, hint: string): BenchError => new BenchError('usage', message, { hint });

/** What a checkpoint that was made from a GGUF contains, in a sentence; "" of any other. */
export async function unpackedNote(folder: string): Promise<string> {
  if ((await ggufAt(folder)) === null) return '';
  return 'The GGUF was written as safetensors: its quantised matrices are in f32 now.';
}
