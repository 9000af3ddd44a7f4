// A judge of texts behind an OpenAI-compatible endpoint: how sure it is that a text is of the high pole. Off unless a suite
// names one; the key comes from the environment and goes nowhere else.

import { BenchError } from '../../../base/error.ts';
import type { JudgeSettings } from '../../config/resolved.ts';
import type { Item } from '../../datasets/types.ts';

const TIMEOUT_MS = 60_000;
const MAX_REPLY_BYTES = 1 << 20;
const TRIES = 4;
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;

export type Judge = (item: Item, text: string, signal?: AbortSignal) => Promise<number>;

/** Resolves to how sure the judge is of the high pole, 0 to 1. Throws `judge-failed`, which no retry mended. */
export function judgeOf(settings: JudgeSettings, environment: NodeJS.ProcessEnv): Judge {
  const url = `${settings.endpoint.replace(/\/+$/, '')}/chat/completions`;
  const key = environment[settings.keyEnv]?.trim();
  return async ({ question, options }, text, signal) => {
    const [high = '', low = ''] = options.map((option) => option.text);
    const said: Readonly<Record<string, string>> = { question, text, high, low };
    // One pass, so that braces in a text stay as they are.
    const content = settings.prompt.replace(/\{(question|text|high|low)\}/g, (_, name: string) => said[name] ?? '');
    const body = JSON.stringify({
      model: settings.model,
      messages: [{ role: 'user', content }],
      temperature: 0,
      max_tokens: 8,
    });
    // What fetch says of such a header quotes it.
    if (key !== undefined && !/^[\x21-\x7e]*$/.test(key)) {
      const held = `the key in ${settings.keyEnv} has characters that a header cannot have`;
      throw failed(url, held, `set ${settings.keyEnv} to the key alone`);
    }
    return markOf(await ask(url, body, key, signal), url);
  };
}

async function ask(url: string, body: string, key: string | undefined, signal?: AbortSignal): Promise<string> {
  const headers = { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) };
  let last = '';
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await wait(Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 4 ** (attempt - 1)), signal);
    signal?.throwIfAborted();
    const limit = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body, signal: limit, redirect: 'manual' });
      const text = await bounded(response);
      if (response.ok) return text;
      last = `it answered ${response.status}`;
      if (response.status !== 429 && response.status < 500) {
        throw failed(url, last, response.status === 401 ? 'set the key that the suite names by key-env' : undefined);
      }
    } catch (error) {
      if (signal?.aborted || error instanceof BenchError) throw error;
      last = `it could not be reached: ${(error as Error).message}`;
    }
  }
  throw failed(url, `${last}, ${TRIES} times`);
}

/** Hostile until parsed: an endpoint may send without end. */
async function bounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.length;
    if (size > MAX_REPLY_BYTES) throw failed(response.url, `its answer exceeds ${MAX_REPLY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** A whole number from 0 to 100 and nothing else, but for white space and a full stop. */
function markOf(reply: string, url: string): number {
  let said: unknown;
  try {
    said = JSON.parse(reply)?.choices?.[0]?.message?.content;
  } catch {
    throw failed(url, 'its answer is not JSON');
  }
  const found = typeof said === 'string' ? /^\s*(\d{1,3})\s*\.?\s*$/.exec(said) : null;
  const mark = Number(found?.[1] ?? Number.NaN);
  if (!(mark <= 100)) {
    throw failed(url, `it answered ${JSON.stringify(said)?.slice(0, 80)}, not a number from 0 to 100`);
  }
  return mark / 100;
}

function failed(
  url: string,
  message: string,
  hint = 'check endpoint and model of the judge, or leave it out of the suite',
) {
  return new BenchError('judge-failed', `the judge gave no score: ${message}`, { where: url, hint });
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
