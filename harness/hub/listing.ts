// What a repository of the hub holds of a model: the commit that a revision means, and the files that the engine needs.

import { HubApiError, listFiles, modelInfo } from '@huggingface/hub';
import { BenchError } from '../../base/error.ts';
import { isRecord, parseJson } from '../../base/json.ts';
import { shardPaths } from '../../formats/gguf/shards.ts';
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
export const INDEX = 'model.safetensors.index.json';
/** Plain names: an index cannot lead out of the folder. */
const SHARD = /^[A-Za-z0-9_][\w.-]{0,200}\.safetensors$/;
const MAX_SHARDS = 512; // as the checkpoint's reader has it
const MAX_ENTRIES = 10_000;
const BAD_HUB_HINT = 'look at HF_ENDPOINT, if it is set: this does not answer like the hub';
const MAX_TEXT_BYTES = 10e6;
const MAX_TOKENIZER_BYTES = 64 * 2 ** 20; // as the tokenizer's reader has it: large vocabularies take 33 MB
const MAX_ANSWERS = 50;
const MAX_ANSWER_BYTES = 16e6;

/** What the top of a repository holds at a commit. */
export interface Listing {
  readonly commit: string;
  readonly beside: readonly HubFile[]; // all that is read besides the weights; the index where these are split
  readonly weights: ReadonlyMap<string, HubFile>; // every safetensors file, or the shards of a GGUF, unchecked
}

/**
 * The commit and files of a model, at the top of its repository.
 * Throws `hub-missing`, `hub-access`, `hub-connection`, `bad-hub`, `bad-model`
 */
export async function listModel(model: HubModel, access: HubAccess): Promise<Listing> {
  const asked = { hubUrl: access.url, fetch: boundedFetch(model, access) };
  const found = new Map<string, HubFile>();
  const weights = new Map<string, HubFile>();
  const wantedGguf = new Set(ggufNames(model));
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
      if (type !== 'file') continue;
      if (model.file !== null && !wantedGguf.has(path)) continue;
      const digest = lfs ? ({ kind: 'sha256', hex: lfs.oid } as const) : ({ kind: 'git', hex: oid ?? '' } as const);
      const file = { path, bytes: size, digest };
      if (NEEDED.has(path) || path === INDEX) found.set(path, checked(model, file));
      else if (SHARD.test(path) || model.file !== null) weights.set(path, file);
    }
  } catch (error) {
    throw listingError(model, error);
  }
  if (model.file !== null) {
    for (const wanted of wantedGguf) if (!weights.has(wanted)) throw incomplete(model, wanted);
    return { commit, beside: [], weights };
  }
  for (const wanted of ['config.json', 'tokenizer.json']) {
    if (!found.has(wanted)) throw incomplete(model, wanted);
  }
  if (!weights.has(WHOLE) && !found.has(INDEX)) throw incomplete(model, WHOLE);
  if (weights.has(WHOLE)) found.delete(INDEX);
  return { commit, beside: [...found.values()], weights };
}

/**
 * The files of the weights: one, or the shards that `index` (the text of the file of that name) names.
 * Throws `bad-model`, `bad-hub`
 */
export function weightFiles(model: HubModel, { weights }: Listing, index: string | null): readonly HubFile[] {
  if (model.file !== null) return ggufNames(model).map((name) => checked(model, weights.get(name)!));
  const whole = weights.get(WHOLE);
  if (whole !== undefined) return [checked(model, whole)];
  const shards = shardsOf(index ?? '');
  if (shards === null || shards.length === 0 || shards.length > MAX_SHARDS) {
    throw badIndex(model, `is not an index of 1 to ${MAX_SHARDS} shards`);
  }
  return shards.map((shard) => {
    const file = weights.get(shard);
    if (file === undefined)
      throw badIndex(model, `names ${JSON.stringify(shard.slice(0, 120))}, which is not in the same folder`);
    return checked(model, file);
  });
}

/** The shards of the GGUF that is named; none of a model in safetensors. */
function ggufNames({ file }: HubModel): readonly string[] {
  return file === null ? [] : shardPaths(file);
}

function shardsOf(text: string): readonly string[] | null {
  try {
    const index = parseJson(text);
    const map = isRecord(index) ? index.weight_map : null;
    if (!isRecord(map) || !Object.values(map).every((shard) => typeof shard === 'string')) return null;
    return [...new Set(Object.values(map) as string[])];
  } catch {
    return null;
  }
}

function badIndex(model: HubModel, message: string): BenchError {
  return new BenchError('bad-model', `${INDEX} of ${model.name} ${message}`, {
    hint: 'the repository is not whole: try another revision, or tell its owner',
  });
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
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    try {
      const signal = AbortSignal.timeout(access.idleMs);
      const { status, headers, body } = await hubFetch(String(url), access, { accept: 'application/json' }, signal);
      for await (const chunk of body ?? []) {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) throw endless;
        chunks.push(chunk);
      }
      return new Response(status === 204 || status === 304 ? null : Buffer.concat(chunks), { status, headers });
    } catch (error) {
      throw error instanceof BenchError ? error : unanswered(name, error);
    }
  };
}

function unanswered(name: string, error: unknown): BenchError {
  const { cause } = error as { readonly cause?: { readonly code?: unknown } };
  const why = typeof cause?.code === 'string' ? ` (${cause.code})` : '';
  return new BenchError('hub-connection', `the hub does not answer${why}`, {
    where: name,
    hint: 'check the network, or set HF_HUB_OFFLINE=1 to use what is downloaded',
    cause: error,
  });
}

function checked(model: HubModel, file: HubFile): HubFile {
  const { path, bytes, digest } = file;
  const bound = path === 'tokenizer.json' ? MAX_TOKENIZER_BYTES : MAX_TEXT_BYTES;
  const small = /\.(?:safetensors|gguf)$/i.test(path) || bytes <= bound;
  const whole = Number.isSafeInteger(bytes) && bytes >= 0 && /^[0-9a-f]+$/.test(digest.hex);
  if (small && whole && digest.hex.length === (digest.kind === 'git' ? 40 : 64)) return file;
  throw new BenchError('bad-hub', `${model.name}: the hub gives an impossible size for ${path} (${bytes} bytes)`, {
    hint: BAD_HUB_HINT,
  });
}

function incomplete(model: HubModel, path: string): BenchError {
  return new BenchError('bad-model', `${model.name} has no ${path}`, {
    hint:
      model.file === null
        ? 'the engine reads models in Hugging Face layout (config.json, tokenizer.json and safetensors), or hf:owner/name/file.gguf'
        : 'look at the files of the repository: a GGUF must be at its top, with all of its shards',
  });
}

/** What the hub's answer to a question about `model` means to a person. */
function listingError(model: HubModel, error: unknown): unknown {
  if (error instanceof BenchError) return error;
  if (error instanceof HubApiError) return statusError(model.name, error.statusCode, error);
  // What the library throws of an answer that it cannot read holds pieces of it: a server's words stay off the terminal.
  return new BenchError('bad-hub', `the hub's answer about ${model.name} cannot be read`, {
    hint: BAD_HUB_HINT,
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
