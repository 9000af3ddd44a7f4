// The model that a verb's flags name: found, and opened for one task.

import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { BenchError } from '../base/error.ts';
import type { Engine } from '../gpu/index.ts';
import { isHubName } from '../harness/hub/name.ts';
import type { TextModel } from '../harness/text/index.ts';
import { tryServices } from './try-services.ts';

export interface Loaded {
  readonly engine: Engine;
  readonly text: TextModel | null;
}

export async function withModel(
  { model, device }: { readonly model: string; readonly device?: string },
  work: (loaded: Loaded) => Promise<number>,
): Promise<number> {
  const services = tryServices();
  const folder = await modelFolder(model);
  const { engine } = await services.loadEngine(folder, device);
  try {
    return await work({ engine, text: await services.loadText(folder, engine.spec.vocab) });
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

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The folder of a model: a bundled one by its name, or a path. `bundled`: the folder of bundled models. */
export function findModel(name: string, bundled: string): string {
  const plain = /^[\w.-]+$/.test(name) && !/^\.+$/.test(name);
  if (plain && isFolder(resolve(bundled, name))) return resolve(bundled, name);
  const path = resolve(name);
  if (isFolder(path)) return path;
  const there = statSync(path, { throwIfNoEntry: false }) !== undefined;
  throw new BenchError('bad-model', there ? 'a model is a folder, and this is a file' : 'there is no such model', {
    where: name,
    hint: 'name the bundled persona-nano, or a folder with config.json, tokenizer.json and model.safetensors',
  });
}
