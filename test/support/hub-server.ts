// A local server that plays the hub: a repository's commit and tree, and its files, with ranges, cut connections, wrong
// bytes, and a redirect to another host for the large ones.

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const COMMIT = '0123456789abcdef0123456789abcdef01234567';

interface HubRequest {
  readonly server: 'hub' | 'elsewhere';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
  readonly encoding: string | undefined;
}

export interface PlayedHub {
  readonly url: string;
  readonly requests: HubRequest[];
  /** Cut the connection after so many bytes of an answer with this file, so many times. */
  readonly cuts: Map<string, { at: number; times: number }>;
  /** Send other bytes than the tree's digest says. */
  readonly wrong: Set<string>;
  /** Files that the tree lists and the server has not. */
  readonly lost: Set<string>;
  /** Say nothing more after ten bytes of these. */
  readonly silent: Set<string>;
  /** Send these a byte at a time, one every so many ms. */
  readonly trickles: Map<string, number>;
  /** Answer 429 with this Retry-After to so many requests for a file. */
  readonly busy: Map<string, { after: string; times: number }>;
  /** Answer this to all questions about the repository. */
  answer: string | null;
  /** Send these from another host. */
  readonly elsewhere: Set<string>;
  token: string | null; // needed when there is one
  status: number | null; // answer this to all there is
  /** Revisions that exist; each is COMMIT. */
  readonly revisions: Set<string>;
  next: 'hub' | 'elsewhere' | null; // where the tree says that it goes on
  close(): Promise<void>;
}

/** Serves `files` as the model me/tiny, its large ones as LFS objects. `listed`: more entries of the tree. */
export async function playHub(
  files: ReadonlyMap<string, Uint8Array>,
  listed: readonly Record<string, unknown>[] = [],
): Promise<PlayedHub> {
  const state: Omit<PlayedHub, 'url' | 'close'> = {
    requests: [],
    cuts: new Map(),
    wrong: new Set(),
    lost: new Set(),
    silent: new Set(),
    trickles: new Map(),
    busy: new Map(),
    answer: null,
    elsewhere: new Set(),
    revisions: new Set(['main', COMMIT]),
    token: null,
    status: null,
    next: null,
  };
  const tree = [...files].map(([path, bytes]) => {
    const oid = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
    const lfs = { oid: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, pointerSize: 130 };
    return { type: 'file', path, size: bytes.length, oid, ...(path.endsWith('.safetensors') ? { lfs } : {}) };
  });
  const note = (server: HubRequest['server'], request: IncomingMessage): URL => {
    const { range, authorization, 'accept-encoding': encoding } = request.headers;
    const url = new URL(request.url ?? '/', 'http://x');
    state.requests.push({ server, path: url.pathname, range, authorization, encoding: encoding as string | undefined });
    return url;
  };
  const json = (response: ServerResponse, status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  };
  const send = (path: string, request: IncomingMessage, response: ServerResponse): void => {
    const whole = files.get(path);
    if (whole === undefined || state.lost.has(path)) {
      json(response, 404, { error: 'Entry not found' });
      return;
    }
    const busy = state.busy.get(path);
    if (busy !== undefined && busy.times-- > 0) {
      response.writeHead(429, { 'retry-after': busy.after }).end();
      return;
    }
    const bytes = state.wrong.has(path) ? whole.map((byte) => byte ^ 1) : whole;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const part = bytes.subarray(from);
    const ranged = from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': part.length, ...ranged });
    const trickle = state.trickles.get(path);
    if (trickle !== undefined) {
      let at = 0;
      const timer = setInterval(() => {
        if (response.destroyed || at >= part.length) clearInterval(timer);
        else response.write(part.subarray(at, ++at));
      }, trickle);
      return;
    }
    if (state.silent.has(path)) return void response.write(part.subarray(0, 10));
    const cut = state.cuts.get(path);
    if (cut === undefined || cut.times === 0 || cut.at >= part.length) {
      response.end(part);
      return;
    }
    cut.times--;
    response.write(part.subarray(0, cut.at), () => setTimeout(() => response.destroy(), 20));
  };

  const other = createServer((request, response) =>
    send(note('elsewhere', request).pathname.slice(1), request, response),
  );
  const hub = createServer((request, response) => {
    const { pathname } = note('hub', request);
    if (state.status !== null) return json(response, state.status, { error: 'no' });
    if (state.token !== null && request.headers.authorization !== `Bearer ${state.token}`) {
      return json(response, 401, { error: 'Invalid username or password.' });
    }
    const [, repo, rest = ''] = /^\/(?:api\/models\/)?([^/]+\/[^/]+)(?:\/(.*))?$/.exec(pathname) ?? [];
    if (repo !== 'me/tiny') return json(response, 404, { error: 'Repository not found' });
    const revision = /^(?:revision|tree)\/([^/]+)/.exec(rest)?.[1];
    if (revision !== undefined && !state.revisions.has(revision)) {
      return json(response, 404, { error: 'Invalid rev id' });
    }
    if (pathname.startsWith('/api/') && state.answer !== null) {
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(state.answer);
    }
    if (rest.startsWith('tree/')) {
      if (state.next !== null) response.setHeader('link', `<${urlOf(state.next)}${pathname}>; rel="next"`);
      return json(response, 200, [...tree, ...listed]);
    }
    const file = /^resolve\/[0-9a-f]{40}\/(.+)$/.exec(rest)?.[1];
    if (file === undefined) {
      return json(response, 200, { _id: '1', id: repo, modelId: repo, sha: COMMIT, private: false, gated: false });
    }
    if (!state.elsewhere.has(file)) return send(file, request, response);
    response.writeHead(302, { location: `${urlOf('elsewhere')}/${file}` }).end();
  });
  const urlOf = (server: HubRequest['server']): string =>
    `http://127.0.0.1:${((server === 'hub' ? hub : other).address() as AddressInfo).port}`;
  const servers = [hub, other];
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: urlOf('hub'),
    close: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  });
}
