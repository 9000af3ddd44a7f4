// What people have in place of a model folder with safetensors, named as what it is: pickled weights, adapters.

import { readdir } from 'node:fs/promises';
import { BenchError } from '../../base/error.ts';

export const FOLDER_HINT = 'name the folder that has config.json, tokenizer.json and model.safetensors';
/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 10_000;

/** The error of a file in place of a model folder. */
export function otherFile(path: string): BenchError {
  return new BenchError('bad-model', 'a model is a folder or a GGUF, and this is another file', {
    where: path,
    hint: `${FOLDER_HINT}, or a .gguf file`,
  });
}

/** The error of a folder that holds a model in another format, or an adapter; null where nothing of the kind is there. */
export async function otherFormat(folder: string): Promise<BenchError | null> {
  const names = (await readdir(folder).catch(() => [] as string[])).slice(0, MAX_ENTRIES).sort();
  const find = (pattern: RegExp): string | undefined => names.find((name) => pattern.test(name));
  const told = (message: string, hint: string): BenchError =>
    new BenchError('bad-model', message, { where: folder, hint });
  const shown = (name: string): string => JSON.stringify(name.slice(0, 120));
  if (names.includes('adapter_config.json')) {
    return told(
      'the folder has an adapter, which is not a model',
      'name the base model with --model, and this folder with --adapter',
    );
  }
  const pickled = find(/^(pytorch_model|consolidated).*\.(bin|pth|pt)(\.index\.json)?$/);
  if (pickled !== undefined) {
    return told(
      `the folder has ${shown(pickled)}: pickled weights are not read, since reading them can run code`,
      'save the model with safe_serialization=True, or download its model.safetensors',
    );
  }
  return null;
}
