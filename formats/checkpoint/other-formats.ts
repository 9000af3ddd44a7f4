// What people have in place of a model folder with safetensors, named as what it is: GGUF, pickled weights, adapters.

import { readdir } from 'node:fs/promises';
import { BenchError } from '../../base/error.ts';
import { openFile, readFull } from '../../base/read.ts';

export const FOLDER_HINT = 'name the folder that has config.json, tokenizer.json and model.safetensors';
const GGUF = 'GGUF';
const GGUF_HINT =
  'name the folder of the same model in safetensors; the page of a GGUF links to the model it was made from';
/** Entries of a folder that are looked at. */
const MAX_ENTRIES = 10_000;

/** The error of a file in place of a model folder. */
export async function otherFile(path: string): Promise<BenchError> {
  if (path.toLowerCase().endsWith('.gguf') || (await magic(path)) === GGUF) {
    return new BenchError('bad-model', 'this is a GGUF file, a format that is not read yet', {
      where: path,
      hint: GGUF_HINT,
    });
  }
  return new BenchError('bad-model', 'a model is a folder, and this is a file', { where: path, hint: FOLDER_HINT });
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
  const gguf = find(/\.gguf$/i);
  if (gguf !== undefined)
    return told(`the folder has ${shown(gguf)}: GGUF is a format that is not read yet`, GGUF_HINT);
  const pickled = find(/^(pytorch_model|consolidated).*\.(bin|pth|pt)(\.index\.json)?$/);
  if (pickled !== undefined) {
    return told(
      `the folder has ${shown(pickled)}: pickled weights are not read, since reading them can run code`,
      'save the model with safe_serialization=True, or download its model.safetensors',
    );
  }
  return null;
}

/** The first four bytes of a file as text; empty where it cannot be read. */
async function magic(path: string): Promise<string> {
  try {
    const { file } = await openFile(path);
    try {
      const bytes = Buffer.alloc(GGUF.length);
      await readFull(file, bytes, 0);
      return bytes.toString('latin1');
    } finally {
      await file.close();
    }
  } catch {
    return '';
  }
}
