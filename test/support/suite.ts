// uvu's suite with a time limit for every test, and skips that say why.

import { suite as uvuSuite } from 'uvu';

/** Longest that one test may take unless it says otherwise, in ms: a hang must name its test; a busy machine is none. */
const TEST_TIMEOUT_MS = 900_000;

type Handler = () => unknown;
type Register = (handler: () => Promise<void>) => void;
type Hook = (handler: Handler) => void;

export interface Suite {
  (name: string, handler: Handler, options?: { readonly timeoutMs?: number }): void;
  readonly before: Hook & { readonly each: Hook };
  readonly after: Hook & { readonly each: Hook };
  skip(name: string, reason: string): void;
  run(): void;
}

function limited(name: string, handler: Handler, timeoutMs: number): () => Promise<void> {
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`"${name}" took longer than ${timeoutMs / 1000} s`)), timeoutMs);
    });
    try {
      await Promise.race([(async () => handler())(), late]);
    } finally {
      clearTimeout(timer);
    }
  };
}

/** A suite of tests; `timeoutMs` is the default limit of its tests and hooks. End the file with `.run()`. */
export function suite(name = '', options: { readonly timeoutMs?: number } = {}): Suite {
  const inner = uvuSuite(name);
  const limit = options.timeoutMs ?? TEST_TIMEOUT_MS;
  // uvu leaves a suite whose hook throws without saying why.
  const hook = (kind: string, register: Register): Hook => {
    const title = `${name} (${kind})`;
    return (handler) =>
      register(async () => {
        try {
          await limited(title, handler, limit)();
        } catch (error) {
          console.error(`${title}:`, error);
          throw error;
        }
      });
  };
  const test = (title: string, handler: Handler, own: { readonly timeoutMs?: number } = {}) =>
    inner(title, limited(title, handler, own.timeoutMs ?? limit));
  return Object.assign(test, {
    before: Object.assign(hook('before', inner.before), { each: hook('before each', inner.before.each) }),
    after: Object.assign(hook('after', inner.after), { each: hook('after each', inner.after.each) }),
    skip: (title: string, reason: string) => {
      console.log(`skipped: ${name === '' ? '' : `${name}: `}${title} (${reason})`);
      inner.skip(title, () => {});
    },
    run: () => inner.run(),
  });
}

/** For a file with a single, unnamed suite. */
export const test = suite();
