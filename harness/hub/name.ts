// hf:owner/name@revision, or hf:owner/name/file.gguf@revision -> its parts. A name comes from a suite that somebody else wrote, and ends up in paths and URLs.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { BenchError } from '../../base/error.ts';

export interface HubModel {
  readonly name: string; // as written
  readonly repo: string; // owner/name
  readonly file: string | null; // a GGUF in it, the first of its shards; null: the model in safetensors
  readonly revision: string; // branch, tag or commit; main unless said
}

const PREFIX = 'hf:';
const FORM =
  'write hf:owner/name or hf:owner/name@revision, such as hf:HuggingFaceTB/SmolLM2-135M-Instruct@main, or hf:owner/name/file.gguf';
const PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;
/** At the top of the repository: the cache has one folder for each file. */
const FILE = /^[A-Za-z0-9_][\w.-]{0,200}\.gguf$/i;
const REVISION = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?$/;

export function isHubName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/**
 * The name that was meant by `name`, which lacks or mistypes its `hf:`: owner/name alone, or an address on the hub. Null
 * where it cannot be one; whether the hub has such a model is not asked.
 */
export function hubNameMeant(name: string): string | null {
  const bare = name
    .trim()
    .replace(/^(?:https?:\/\/)?(?:www\.)?(?:huggingface\.co|hf\.co)\//i, '')
    .replace(/^hf:\/*/i, '')
    .replace(/\/(?:blob|resolve)\/([^/@]+)\/([^/@]+\.gguf)$/i, '/$2@$1')
    .replace(/\/(?:tree|blob)\/([^/@]+)(?:\/.*)?$/, '@$1')
    .replace(/\/+$/, '');
  const meant = `${PREFIX}${bare}`;
  if (meant === name) return null;
  try {
    return parseHubName(meant).name;
  } catch {
    return null;
  }
}

/** Throws `bad-model-name` for anything but hf:owner/name or hf:owner/name/file.gguf, each with or without @revision. */
export function parseHubName(name: string): HubModel {
  const [, owner = '', model = '', file = null, revision = 'main'] =
    /^hf:([^/@]*)\/([^/@]*)(?:\/([^/@]*))?(?:@(.*))?$/s.exec(name) ?? [];
  // The hub has no -- in names, and the cache puts it between owner and name.
  const odd =
    (file !== null && (!FILE.test(file) || file.includes('..'))) ||
    /\.\.|--/.test(`${owner}/${model}`) ||
    /\.\.|\/\//.test(revision);
  if (odd || !PART.test(owner) || !PART.test(model) || !REVISION.test(revision)) {
    throw new BenchError('bad-model-name', `${JSON.stringify(name.slice(0, 120))} names no model of the hub`, {
      hint: didYouMeanHub(name) ?? FORM,
    });
  }
  return { name, repo: `${owner}/${model}`, file, revision };
}

/** "did you mean hf:owner/name?", or undefined; `near`: a path in this folder is taken for a path that is misspelt. */
export function didYouMeanHub(name: string, near: string = process.cwd()): string | undefined {
  const [first = ''] = name.split('/');
  const meant = first === '' || existsSync(resolve(near, first)) ? null : hubNameMeant(name);
  return meant === null ? undefined : `did you mean ${meant}?`;
}
