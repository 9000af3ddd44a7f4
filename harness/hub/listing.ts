// What a repository of the hub holds of a model: the commit that a revision means, and the files that the engine needs.

import { HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { BenchError } from '../../gpu/index.ts';
import type { HubAccess } from './access.ts';
import { COMMIT } from './cache.ts';
import type { HubModel } from './name.ts';

/** A file, and what its content must digest to: sha256 of the bytes, or the blob id that git gives them. */
export interface HubFile {
  readonly path: string;
  readonly bytes: number;
  readonly digest: { readonly kind: 'sha256' | 'git'; readonly hex: string };
}

const NEEDED = new Set([
  'config.json',
  'generation_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'chat_template.jinja',
]);
const WHOLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';
const SHARD = /^model-\d{5}-of-\d{5}\.safetensors$/;
const MAX_ENTRIES = 10_000;
const BAD_HUB_HINT = 'look at HF_ENDPOINT, if it is set: this does not answer like the hub';
const MAX_TEXT_BYTES = 100e6;

/**
 * The commit and files of a model, at the top of its repository.
 * @throws BenchError `hub-missing`, `hub-access`, `hub-connection`, `bad-model`
 */
export async function listModel(
  model: HubModel,
  access: HubAccess,
): Promise<{ readonly commit: string; readonly files: readonly HubFile[] }> {
  const asked = { hubUrl: access.url, ...(access.token === null ? {} : { accessToken: access.token }) };
  const found = new Map<string, HubFile>();
  let commit: string;
  try {
    const info = await modelInfo({ ...asked, name: model.repo, revision: model.revision, additionalFields: ['sha'] });
    commit = info.sha;
    if (!COMMIT.test(commit)) {
      throw new BenchError('bad-hub', `the hub gives ${model.name} no commit`, { hint: BAD_HUB_HINT });
    }
    let entries = 0;
    for await (const { type, path, size, oid, lfs } of listFiles({ ...asked, repo: model.repo, revision: commit })) {
      if (++entries > MAX_ENTRIES) break;
      if (type !== 'file' || !(NEEDED.has(path) || path === WHOLE || path === INDEX || SHARD.test(path))) continue;
      const digest = lfs ? ({ kind: 'sha256', hex: lfs.oid } as const) : ({ kind: 'git', hex: oid ?? '' } as const);
      found.set(path, checked(model, { path, bytes: size, digest }));
    }
  } catch (error) {
    throw listingError(model, error);
  }
  const needed = [...found.values()].filter(({ path }) => !found.has(WHOLE) || !(path === INDEX || SHARD.test(path)));
  for (const wanted of ['config.json', 'tokenizer.json']) {
    if (!found.has(wanted)) throw incomplete(model, wanted);
  }
  if (!found.has(WHOLE) && !found.has(INDEX)) throw incomplete(model, WHOLE);
  return { commit, files: needed };
}

function checked(model: HubModel, file: HubFile): HubFile {
  const { path, bytes, digest } = file;
  const small = path.endsWith('.safetensors') || bytes <= MAX_TEXT_BYTES;
  const whole = Number.isSafeInteger(bytes) && bytes >= 0 && /^[0-9a-f]+$/.test(digest.hex);
  if (small && whole && digest.hex.length === (digest.kind === 'git' ? 40 : 64)) return file;
  throw new BenchError('bad-hub', `${model.name}: the hub says of ${path} what cannot be (${bytes} bytes)`, {
    hint: BAD_HUB_HINT,
  });
}

function incomplete(model: HubModel, path: string): BenchError {
  return new BenchError('bad-model', `${model.name} has no ${path}`, {
    hint: 'the engine reads models in Hugging Face layout: config.json, tokenizer.json and safetensors',
  });
}

/** What the hub's answer to a question about `model` means to a person. */
export function listingError(model: HubModel, error: unknown): unknown {
  if (error instanceof BenchError) return error;
  if (error instanceof HubApiError) return statusError(model.name, error.statusCode, error);
  return new BenchError('hub-connection', `the hub does not answer: ${(error as Error).message}`, {
    where: model.name,
    hint: 'check the network, or set HF_HUB_OFFLINE=1 to use what is downloaded',
    cause: error,
  });
}

export function statusError(what: string, status: number, cause?: unknown): BenchError {
  if (status === 401 || status === 403) {
    return new BenchError('hub-access', `the hub does not let you read ${what} (${status})`, {
      hint: 'accept its licence on the web, and put a token that may read it into HF_TOKEN; misspelt names end here too',
      cause,
    });
  }
  if (status === 404) {
    return new BenchError('hub-missing', `the hub has no ${what} (404)`, {
      hint: 'check owner, name and revision on https://huggingface.co/models',
      cause,
    });
  }
  return new BenchError('hub-connection', `the hub answers ${status} for ${what}`, {
    hint: 'try again later; what was downloaded is kept',
    cause,
  });
}
