// How the hub is reached: its address, whether it may be reached at all, and the token, from the places where Hugging
// Face's own tools look. The token is sent to the hub alone and printed nowhere.

import { homedir } from 'node:os';
import { join } from 'node:path';
import { BenchError } from '../../base/error.ts';
import { ReadError, readTextSync } from '../../base/read.ts';

export interface HubAccess {
  readonly url: string; // without a slash at the end
  readonly offline: boolean;
  readonly token: string | null;
  readonly idleMs: number; // a server that sends less than LEAST_RATE for so long is given up
}

const MAX_TOKEN_BYTES = 1000;
const MAX_REDIRECTS = 5;
const IDLE_MS = 60_000;
/** Bytes a second: a server that trickles would hold a download, and its lock, for days. */
export const LEAST_RATE = 1000;

export function hubAccess(env: NodeJS.ProcessEnv = process.env): HubAccess {
  const url = (env.HF_ENDPOINT || 'https://huggingface.co').replace(/\/+$/, '');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new BenchError('bad-hub', 'HF_ENDPOINT is not a web address', {
      hint: 'unset it, or write something like https://huggingface.co',
    });
  }
  // Addresses show in messages; a password in one would too.
  if (new URL(url).username !== '' || new URL(url).password !== '') {
    throw new BenchError('bad-hub', 'HF_ENDPOINT has a user or a password', {
      hint: 'leave them out of the address, and put a token into HF_TOKEN',
    });
  }
  const offline = /^(1|true|yes|on)$/i.test(env.HF_HUB_OFFLINE ?? '');
  return { url, offline, token: tokenOf(env), idleMs: IDLE_MS };
}

function tokenOf(env: NodeJS.ProcessEnv): string | null {
  const home = env.HF_HOME || join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'huggingface');
  const file = env.HF_TOKEN_PATH || join(home, 'token');
  const variable = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN'].find((name) => env[name]?.trim());
  const token = (variable === undefined ? firstText(file) : (env[variable] ?? '')).trim();
  if (token === '') return null;
  if (/^hf_[A-Za-z0-9_-]+$/.test(token)) return token;
  throw new BenchError('bad-token', `the token in ${variable ?? file} is not a token of Hugging Face`, {
    hint: 'a token starts with hf_; unset it for public models, or make one at https://huggingface.co/settings/tokens',
  });
}

/** The text of the token's file; nothing where there is none, and a mark that is no token where it cannot be one. */
function firstText(file: string): string {
  try {
    return readTextSync(file, MAX_TOKEN_BYTES);
  } catch (error) {
    return error instanceof ReadError && (error.problem === 'size' || error.problem === 'text') ? '?' : '';
  }
}

/** Fetches `url`, and follows redirects by hand: the token goes to the hub's own address only, not to where it sends us. */
export async function hubFetch(
  url: string,
  access: HubAccess,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<Response> {
  let at = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await fetch(at, { signal, redirect: 'manual', headers: { ...headers, ...tokenFor(at, access) } });
    const to = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || to === null) return response;
    await response.body?.cancel();
    at = new URL(to, at).href;
  }
  throw new BenchError('hub-connection', `the hub sends ${MAX_REDIRECTS} times elsewhere`, {
    hint: 'look at HF_ENDPOINT, if it is set',
  });
}

function tokenFor(url: string, { url: hub, token }: HubAccess): Record<string, string> {
  return token !== null && new URL(url).origin === new URL(hub).origin ? { authorization: `Bearer ${token}` } : {};
}
