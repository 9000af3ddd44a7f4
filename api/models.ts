// The folder of a model that is named: a bundled one, a path, or one of the hub.

import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BenchError } from '../base/error.ts';
import { requireFolder } from '../formats/checkpoint/folder.ts';
import { packageRoot } from '../harness/config/paths.ts';
import { didYouMeanHub, isHubName } from '../harness/hub/name.ts';

export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The folder of the bundled models. */
const bundledModels = (): string => join(packageRoot(), 'models');

/**
 * The folder of a model: a bundled one by its name, or a path. `bundled`: the folder of bundled models.
 * Throws `bad-model`, with the name that was meant where it looks like one of the hub.
 */
export async function findModel(name: string, bundled: string = bundledModels()): Promise<string> {
  const plain = /^[\w.-]+$/.test(name) && !/^\.+$/.test(name);
  if (plain && isFolder(resolve(bundled, name))) return resolve(bundled, name);
  const path = resolve(name);
  if (statSync(path, { throwIfNoEntry: false }) === undefined) {
    throw new BenchError('bad-model', 'there is no such model', {
      where: name,
      hint:
        didYouMeanHub(name) ??
        'name the bundled persona-nano, a folder with config.json, tokenizer.json and model.safetensors, or hf:owner/name',
    });
  }
  await requireFolder(path);
  return path;
}

/** The same, and a model of the hub (hf:owner/name@revision) is downloaded where it is not there yet. */
export async function fetchedModel(name: string): Promise<string> {
  if (!isHubName(name)) return findModel(name);
  const { fetchModel } = await import('../harness/hub/pull.ts');
  return fetchModel(name, () => {});
}
