// The models that a suite names: bundled ones, folders, and models of the hub, which are looked up only when they are used.

import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { failure, ReadError, readText } from '../../base/read.ts';
import { requireCachedModel } from '../hub/cache.ts';
import { didYouMeanHub, isHubName, parseHubName } from '../hub/name.ts';
import { didYouMean, failOn, type Issue, type TextPosition } from './diagnostics.ts';
import { packageRoot } from './paths.ts';
import type { ModelRef } from './resolved.ts';
import type { SuiteFile } from './schemas.ts';
import { childPath, type Located, originOf } from './yaml.ts';

const CODE = 'bad-suite';
const HINT = 'correct the suite, then run `bench validate` on it';
const MAX_TEMPLATE_BYTES = 256 * 2 ** 10;

/** The folder of a model of the hub, hf:owner/name@revision. */
export type HubLookup = (name: string) => string | Promise<string>;

const bundled = (name: string): string => join(packageRoot(), 'models', name);
const exists = async (path: string): Promise<boolean> => (await stat(path).catch(() => null)) !== null;

/** The models of a suite, or the one that `--model` chooses in their place. */
export async function modelsOf(
  value: SuiteFile,
  located: Located,
  folderOf: (path: string) => string,
  { model: chosen, hub = requireCachedModel }: { readonly model?: string; readonly hub?: HubLookup },
): Promise<readonly ModelRef[]> {
  const models: ModelRef[] = [];
  const issues: Issue[] = [];
  for (const [k, entry] of value.models.entries()) {
    const at = childPath('models', k);
    const { id, path, template } =
      typeof entry === 'string' ? { id: undefined, path: entry, template: undefined } : entry;
    const place = originOf(located, id === undefined ? at : `${at}/path`).value;
    const found = await find(path, folderOf(at), id === undefined, place, issues);
    if (found === null) continue;
    models.push({
      ...found,
      ...(id === undefined ? {} : { id }),
      template: template === undefined ? null : await readTemplate(resolve(folderOf(at), template)),
    });
  }
  const ids = models.map(({ id }) => id);
  ids.forEach((id, k) => {
    if (ids.indexOf(id) < k) {
      const place = originOf(located, childPath('models', k)).value;
      issues.push({ place, message: `the model id "${id}" is used twice`, hint: 'write {id, path}' });
    }
  });
  if (chosen === undefined) failOn(issues, CODE, HINT);
  return onDisk(chosen === undefined ? models : [await choose(chosen, models)], hub);
}

/** The model at `path` of the suite in `folder`, or null and an issue. A name of the hub stands in place of its folder. */
async function find(
  path: string,
  folder: string,
  named: boolean,
  place: TextPosition,
  issues: Issue[],
): Promise<Pick<ModelRef, 'id' | 'path'> | null> {
  if (isHubName(path)) {
    try {
      return { id: basename(parseHubName(path).repo), path };
    } catch (error) {
      const { message, hint } = error as BenchError;
      issues.push({ place, message, ...(hint === undefined ? {} : { hint }) });
      return null;
    }
  }
  const plain = named && /^[\w.-]+$/.test(path);
  const where = plain && (await exists(bundled(path))) ? bundled(path) : resolve(folder, path);
  if (await exists(where)) return { id: basename(where), path: where };
  const meant = didYouMeanHub(path, folder);
  const hint = 'name a bundled model (`bench list models`), a folder, or hf:owner/name@revision';
  issues.push(
    named
      ? { place, message: `there is no model "${path}"`, hint: meant ?? didYouMean(path, ['persona-nano']) ?? hint }
      : { place, message: `there is no folder ${where}`, ...(meant === undefined ? {} : { hint: meant }) },
  );
  return null;
}

async function choose(chosen: string, models: readonly ModelRef[]): Promise<ModelRef> {
  const known = models.find(({ id, path }) => id === chosen || path === chosen);
  if (known) return known;
  if (isHubName(chosen)) return { id: basename(parseHubName(chosen).repo), path: chosen, template: null };
  for (const path of [bundled(chosen), resolve(chosen)]) {
    if (await exists(path)) return { id: basename(path), path, template: null };
  }
  throw new BenchError('unknown-model', `there is no model "${chosen}"`, {
    where: '--model',
    hint:
      didYouMeanHub(chosen) ??
      didYouMean(chosen, [...models.map(({ id }) => id), 'persona-nano']) ??
      'name a model of the suite, a bundled one (`bench list models`), a folder, or hf:owner/name@revision',
  });
}

async function onDisk(models: readonly ModelRef[], hub: HubLookup): Promise<readonly ModelRef[]> {
  const found: ModelRef[] = [];
  for (const model of models) found.push(isHubName(model.path) ? { ...model, path: await hub(model.path) } : model);
  return found;
}

async function readTemplate(file: string): Promise<string> {
  try {
    return await readText(file, MAX_TEMPLATE_BYTES);
  } catch (error) {
    const encoding = error instanceof ReadError && error.problem === 'text';
    throw failure(error, CODE, file, encoding ? 'save it as UTF-8' : 'name a Jinja file, relative to the suite');
  }
}
