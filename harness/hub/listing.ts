// What a repository of the hub holds of a model: the commit that a revision means, and the files that the engine needs.

import { HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { BenchError } from '../../gpu/index.ts';
import { type HubAccess, hubFetch } from './access.ts';
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
const MAX_TEXT_BYTES = 10e6;
const MAX_TOKENIZER_BYTES = 64 * 2 ** 20; // as the tokenizer's reader has it: large vocabularies take 33 MB
const MAX_ANSWERS = 50;
const MAX_ANSWER_BYTES = 16e6;

/**
 * The commit and files of a model, at the top of its repository.
 * @throws BenchError `hub-missing`, `hub-access`, `hub-connection`, `bad-model`
 */
export async function listModel(
  model: HubModel,
  access: HubAccess,
): Promise<{ readonly commit: string; readonly files: readonly HubFile[] }> {
  const asked = { hubUrl: access.url, fetch: boundedFetch(model, access) };
  const found = new Map<string, HubFile>();
  let commit: string;
  try {
    const info = await modelInfo({ ...asked, name: model.repo, revision: model.revision, additionalFields: ['sha'] });
    commit = info.sha;
    if (!COMMIT.test(commit)) {
      throw new BenchError('bad-hub', `the hub gives ${model.name} no commit`, { hint: BAD_HUB_HINT });
    }
    if (COMMIT.test(model.revision) && commit !== model.revision) {
      throw new BenchError('bad-hub', `the hub gives ${model.name} another commit, ${commit}`, { hint: BAD_HUB_HINT });
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

/**
 * What the library asks with. It would send the token along a link to the next page wherever that leads, so it never
 * gets the token; and answers and their number have an end.
 */
function boundedFetch({ name }: HubModel, access: HubAccess): typeof fetch {
  const endless = new BenchError('bad-hub', `the hub's answer about ${name} does not end`, { hint: BAD_HUB_HINT });
  let answers = 0;
  return async (url) => {
    if (++answers > MAX_ANSWERS) throw endless;
    const response = await hubFetch(String(url), access, { accept: 'application/json' });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw endless;
      chunks.push(chunk);
    }
    const { status, headers } = response;
    return new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers });
  };
}

function checked(model: HubModel, file: HubFile): HubFile {
  const { path, bytes, digest } = file;
  const bound = path === 'tokenizer.json' ? MAX_TOKENIZER_BYTES : MAX_TEXT_BYTES;
  const small = path.endsWith('.safetensors') || bytes <= bound;
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
