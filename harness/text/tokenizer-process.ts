// The `tokenizers` library in a process of its own, called as if it were here. It is native code that reads files and texts
// of others: a call that takes too long, or that brings the library down, ends that process, and bench gets an error.

import { createRequire } from 'node:module';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { BenchError } from '../../base/error.ts';

/** What one call may take. Processor time and not time: a busy machine refuses nothing. */
export interface Limits {
  readonly ms: number; // of processor time
  readonly msPerCharacter: number; // more for a text, by its UTF-16 units, or for ids
  readonly msPerMegabyte: number; // more for a tokenizer.json
  readonly bytes: number; // memory of the process
  readonly bytesPerCharacter: number;
  readonly bytesPerByte: number; // of tokenizer.json
  readonly wallMs: number; // time beyond the processor time: machines swap, and are overloaded
}

/**
 * Far above what real files take: the slowest tokenizer of ../shared 4 us a token, the largest file 100 ms a megabyte; Node
 * 60 MB, a vocabulary about 20 times its file, a text about 300 bytes a character.
 */
export const LIMITS: Limits = {
  ms: 1000,
  msPerCharacter: 0.02,
  msPerMegabyte: 1000,
  bytes: 2 ** 30,
  bytesPerCharacter: 512,
  bytesPerByte: 32,
  wallMs: 60_000,
};
/** Longest text, in UTF-16 units: some 500,000 tokens. */
export const MAX_TEXT = 2 ** 21;
/** What the thread may take beyond the limit of the process, before it is given up. */
const GRACE_MS = 60_000;

type Request =
  | { readonly op: 'load'; readonly json: string }
  | { readonly op: 'ids'; readonly names: readonly string[] }
  | { readonly op: 'encode'; readonly texts: readonly string[]; readonly special: boolean }
  | { readonly op: 'decode'; readonly ids: Uint32Array };
type Reply = { readonly value: unknown } | { readonly failed: Failure; readonly message?: string };
/** `absent`: the process does not have it; `refused`: the library says no; `limit`; `ended`: its process; `missing`: no library. */
type Failure = 'absent' | 'refused' | 'limit' | 'ended' | 'missing';

/** Why the library does not answer. It never reaches a user as it is: `libraryError` makes a BenchError of it. */
export class LibraryFault extends Error {
  readonly kind: Failure;

  constructor(kind: Failure, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** A tokenizer in the library's process. It needs no disposal: the process ends with bench. Methods throw LibraryFault. */
export interface RemoteTokenizer {
  /** Ids of tokens by name, null for a name without one. */
  ids(names: readonly string[]): readonly (number | null)[];
  /** Ids of each text. `special`: with what the post-processor adds. One call costs some 0.2 ms, whatever it holds. */
  encode(texts: readonly string[], special: boolean): readonly Uint32Array[];
  /** Text of the ids without special tokens; an id without a token has none. */
  decode(ids: readonly number[]): string;
}

interface Relay {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly flag: Int32Array; // [0]: 1 once an answer is there
}

let relay: Relay | null = null;
let lastKey = 0;

/** The thread; it keeps no process alive and is ended with it. */
function startRelay(): Relay {
  const { port1: port, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('./tokenizer-relay.mjs', import.meta.url), {
    workerData: { port: port2, flag },
    transferList: [port2],
    execArgv: [],
  });
  const started = { worker, port, flag };
  const drop = () => {
    if (relay === started) relay = null;
  };
  worker.on('error', drop).on('exit', drop).unref();
  return started;
}

function call(key: number, request: Request, ms: number, bytes: number, wallMs: number): unknown {
  relay ??= startRelay();
  const { worker, port, flag } = relay;
  Atomics.store(flag, 0, 0);
  port.postMessage({ ...request, key, ms, bytes, wallMs: ms + wallMs });
  // The relay's notice of the call before may come only now: it ends a wait, and answers nothing.
  const until = performance.now() + ms + wallMs + GRACE_MS;
  while (Atomics.load(flag, 0) === 0) {
    const left = until - performance.now();
    if (left <= 0) break;
    Atomics.wait(flag, 0, 0, left);
  }
  const reply = receiveMessageOnPort(port)?.message as Reply | undefined;
  if (reply === undefined) {
    relay = null; // what it may still answer belongs to this call; its process ends with it
    void worker.terminate();
    throw new LibraryFault('ended', 'its thread does not answer');
  }
  if ('value' in reply) return reply.value;
  throw new LibraryFault(reply.failed, reply.message ?? '');
}

/** Gives the library the text of a tokenizer.json. Throws LibraryFault where it does not take it. */
export function openTokenizer(json: string, limits: Limits = LIMITS): RemoteTokenizer {
  lastKey += 1;
  const key = lastKey;
  const within = (request: Request, ms: number, length: number): unknown => {
    const bytes = limits.bytes + limits.bytesPerByte * json.length + limits.bytesPerCharacter * length;
    return call(key, request, limits.ms + ms, bytes, limits.wallMs);
  };
  const load = () => within({ op: 'load', json }, (limits.msPerMegabyte * json.length) / 1e6, 0);
  const ask = (request: Request, length: number): unknown => {
    const once = () => within(request, limits.msPerCharacter * length, length);
    try {
      return once();
    } catch (error) {
      if (!(error instanceof LibraryFault) || error.kind !== 'absent') throw error;
      load();
      return once();
    }
  };
  load();
  return {
    ids: (names) => ask({ op: 'ids', names }, names.length) as (number | null)[],
    encode(texts, special) {
      const length = texts.reduce((sum, text) => sum + text.length, 0);
      return ask({ op: 'encode', texts, special }, length) as Uint32Array[];
    },
    decode: (ids) => ask({ op: 'decode', ids: Uint32Array.from(ids) }, ids.length) as string,
  };
}

/** The error that a user sees of a LibraryFault; any other error is thrown as it is. `what`: what cannot be done. */
export function libraryError(error: unknown, code: string, what: string, where: string, hint: string): BenchError {
  if (!(error instanceof LibraryFault)) throw error;
  if (error.kind === 'missing') return noLibrary(error);
  const message = error.kind === 'ended' ? `it brings the library down: ${error.message}` : error.message;
  return new BenchError(code, `${what}: ${message}`, { where, hint, cause: error });
}

function noLibrary(error: unknown): BenchError {
  return new BenchError(
    'no-tokenizer-library',
    `the package tokenizers cannot be loaded: ${(error as Error).message}`,
    {
      hint: 'install again with `npm ci`; it has builds for Linux, macOS, Windows and Android',
      cause: error,
    },
  );
}

let version: string | null = null;

/** Name and version of the library: ids depend on it. Throws `no-tokenizer-library` where it is not installed. */
export function tokenizerLibrary(): string {
  try {
    version ??= createRequire(import.meta.url)('tokenizers/package.json').version as string;
    return `tokenizers ${version}`;
  } catch (error) {
    throw noLibrary(error);
  }
}
