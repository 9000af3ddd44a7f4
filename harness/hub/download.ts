// One file of the hub onto the disk: taken up where an earlier attempt broke off, and checked by its digest. Our own
// fetch, since the library's downloads start again from the first byte.

import { createHash } from 'node:crypto';
import { createReadStream, existsSync, rmSync, statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { BenchError } from '../../base/error.ts';
import { type HubAccess, hubFetch, LEAST_RATE } from './access.ts';
import { type HubFile, statusError } from './listing.ts';

const ATTEMPTS = 4;
const WAIT_MS = 300;
/** Longest that a hub's Retry-After is obeyed. */
const MOST_WAIT_MS = 120_000;

/**
 * Makes `place` hold the file, whole and checked. What came before a connection broke stays there for the next call.
 * @param took called with bytes as they come, from the disk or the network
 * Throws `hub-connection`, `hub-missing`, `hub-access`, `bad-digest`, `unwritable`
 */
export async function downloadFile(
  file: HubFile,
  url: string,
  place: string,
  access: HubAccess,
  took: (bytes: number) => void,
): Promise<void> {
  let seen = 0;
  const tell = (have: number): void => {
    if (have > seen) took(have - seen);
    seen = Math.max(seen, have);
  };
  for (let attempt = 1; ; attempt++) {
    if (sizeOf(place) > file.bytes) rmSync(place);
    tell(sizeOf(place));
    if (existsSync(place) && sizeOf(place) === file.bytes) break;
    try {
      await append(file, url, place, access, tell);
      if (sizeOf(place) === file.bytes) break;
    } catch (error) {
      if (error instanceof Busy && attempt < ATTEMPTS && error.waitMs <= MOST_WAIT_MS) {
        await new Promise((resolve) => setTimeout(resolve, error.waitMs));
        continue;
      }
      if (error instanceof BenchError && error.code !== 'hub-connection') throw error;
      if (error instanceof Busy) throw error;
      if (isDiskError(error)) throw unwritable(place, error);
      if (attempt === ATTEMPTS) throw error instanceof BenchError ? error : broken(file, place, error);
    }
    if (attempt === ATTEMPTS) throw broken(file, place, undefined);
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS * attempt));
  }
  if ((await digestOf(place, file)) === file.digest.hex) return;
  throw damaged(place, `${file.path} came damaged: its ${file.digest.kind} digest is not the hub's`);
}

/** Asks for what `place` lacks and writes it there. */
async function append(
  file: HubFile,
  url: string,
  place: string,
  access: HubAccess,
  tell: (have: number) => void,
): Promise<void> {
  const have = sizeOf(place);
  // Ranges count the bytes that are sent, so these must be the file's own and not packed ones; fetch says so with a range.
  const headers: Record<string, string> = have > 0 ? { range: `bytes=${have}-` } : { 'accept-encoding': 'identity' };
  const idle = new AbortController();
  let [now, before] = [have, have];
  const timer = setInterval(() => {
    if (now - before < (LEAST_RATE * access.idleMs) / 1000) idle.abort();
    before = now;
  }, access.idleMs);
  try {
    const response = await hubFetch(url, access, headers, idle.signal);
    await write(response, file, place, have, (at) => {
      now = at;
      tell(at);
    });
  } finally {
    clearInterval(timer);
  }
}

/** A hub that says when to come again. */
class Busy extends BenchError {
  readonly waitMs: number;

  constructor({ path }: HubFile, status: number, waitMs: number) {
    super(
      'hub-connection',
      `the hub answers ${status} for ${path}, and asks to wait for ${Math.ceil(waitMs / 1000)} s`,
      {
        hint: 'run the same command again after that; what was downloaded is kept',
      },
    );
    this.waitMs = waitMs;
  }
}

/** Retry-After in ms: seconds, or a date. Null for none. */
function retryAfter(header: string | null): number | null {
  if (header === null) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** Writes the answer to a request from byte `have` on. */
async function write(
  response: Response,
  file: HubFile,
  place: string,
  have: number,
  tell: (have: number) => void,
): Promise<void> {
  if (response.status !== 200 && response.status !== 206) {
    await response.body?.cancel();
    const waitMs = retryAfter(response.headers.get('retry-after'));
    if (waitMs !== null && (response.status === 429 || response.status === 503))
      throw new Busy(file, response.status, waitMs);
    throw statusError(file.path, response.status);
  }
  // A server that knows no ranges sends all of it again.
  const from = response.status === 206 ? have : 0;
  const said = /^bytes (\d+)-/.exec(response.headers.get('content-range') ?? '')?.[1];
  if (response.status === 206 && Number(said) !== have) {
    await response.body?.cancel();
    throw new BenchError('hub-connection', `the hub sends ${file.path} from byte ${said} instead of ${have}`, {
      hint: 'what came is kept: try again later',
    });
  }
  const handle = await open(place, from === 0 ? 'w' : 'a');
  try {
    let at = from;
    for await (const chunk of response.body ?? []) {
      at += chunk.length;
      if (at > file.bytes) throw damaged(place, `${file.path} is longer than the hub says`);
      await handle.appendFile(chunk); // write() may take a part of it
      tell(at);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Bytes of the file at `place`; 0 where there is none. */
export function sizeOf(place: string): number {
  return statSync(place, { throwIfNoEntry: false })?.size ?? 0;
}

function damaged(place: string, message: string): BenchError {
  rmSync(place);
  return new BenchError('bad-digest', message, {
    hint: 'the file was deleted; pull again, and if it happens again check proxies and mirrors',
  });
}

async function digestOf(place: string, { bytes, digest }: HubFile): Promise<string> {
  const hash = createHash(digest.kind === 'git' ? 'sha1' : 'sha256');
  if (digest.kind === 'git') hash.update(`blob ${bytes}\0`);
  for await (const chunk of createReadStream(place)) hash.update(chunk);
  return hash.digest('hex');
}

function isDiskError(error: unknown): boolean {
  return ['ENOSPC', 'EACCES', 'EROFS', 'EDQUOT', 'EPERM', 'EISDIR', 'ENOTDIR'].includes(
    (error as NodeJS.ErrnoException | null)?.code ?? '',
  );
}

export function unwritable(place: string, error: unknown): BenchError {
  return new BenchError('unwritable', `the cache folder cannot be written (${(error as NodeJS.ErrnoException).code})`, {
    where: place,
    hint: 'make room, or set XDG_CACHE_HOME to a folder that can be written',
    cause: error,
  });
}

function broken({ path, bytes }: HubFile, place: string, cause: unknown): BenchError {
  return new BenchError('hub-connection', `the connection broke at byte ${sizeOf(place)} of ${bytes} of ${path}`, {
    hint: 'what came is kept: run the same command again to go on from there',
    cause,
  });
}
