// How an error reaches a person: a place, a reason and a next step; a stack only for BENCH_DEBUG=1.

import { painter, wantsColor } from '../base/columns.ts';
import { jsonText, printableLines } from '../base/printable.ts';
import { EXIT } from './exit-codes.ts';
import { typed } from './typed.ts';

interface Told {
  readonly code?: unknown;
  readonly where?: unknown;
  readonly hint?: unknown;
  readonly mistakes?: unknown;
}

/** An error as --json gives it. Codes of `BenchError` are in docs/errors.md; `system` and `internal` are of no BenchError. */
export interface ErrorDocument {
  readonly ok: false;
  readonly exitCode: number;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly where: string | null;
    readonly hint: string | null;
    readonly mistakes: readonly unknown[]; // {file, line, column, message, hint}, where a file has several
  };
}

const SYSTEM_HINT = 'the system refused this: check disk space and permissions, and run again';
const FAULT_HINT = 'this is a fault of bench itself: run again with BENCH_DEBUG=1 for the place, and report it';

/** Whether a command line requests a document: what follows `--` is no flag. */
export function wantsJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end < 0 ? words : words.slice(0, end)).includes('--json');
}

/** The document of an error. */
export function errorDocument(error: unknown, exitCode: number = EXIT.usage): ErrorDocument {
  const text = (value: unknown): string | null => (typeof value === 'string' ? cut(value, MOST_TEXT) : null);
  const message = text(error instanceof Error ? error.message : String(error)) ?? '';
  const { code, where, hint, mistakes } = (error ?? {}) as Told;
  const ok = false as const;
  if (error instanceof Error && error.name === 'BenchError') {
    const known = Array.isArray(mistakes) ? mistakes : [];
    const said = text(hint);
    const told = { where: text(where), hint: said === null ? null : typed(said), mistakes: known };
    return { ok, exitCode, error: { code: String(code), message: typed(message), ...told } };
  }
  const system = isSystem(error);
  const told = { where: null, hint: system ? SYSTEM_HINT : FAULT_HINT, mistakes: [] };
  return { ok, exitCode, error: { code: system ? 'system' : 'internal', message, ...told } };
}

/** The document of a command line that cannot be read. */
export function usageDocument(message: string): ErrorDocument {
  const said = message.replace(/^error: /, '');
  const error = {
    code: 'usage',
    message: said,
    where: null,
    hint: typed('bench VERB --help lists the flags'),
    mistakes: [],
  };
  return { ok: false, exitCode: EXIT.usage, error };
}

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)} …` : text;
}

/** What the operating system refused, such as a write to a full disk. */
function isSystem(error: unknown): boolean {
  const { code, syscall } = error as Partial<NodeJS.ErrnoException>;
  return error instanceof Error && typeof syscall === 'string' && /^E[A-Z]+$/.test(code ?? '');
}

/** Longest line of a message: what it quotes may be as long as a file. */
const LONGEST = 1000;

/** Most characters of a text in a document. */
const MOST_TEXT = 20_000;

/** Most causes that are printed. */
const DEEPEST = 8;

interface Output {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Prints `error` to stderr, and its document to `document` where one is given; returns the exit code. Told by its shape, so
 * that no verb's code has to be loaded.
 */
export function report(error: unknown, stderr: Output = process.stderr, document: Output | null = null): number {
  document?.write(jsonText(errorDocument(error)));
  const paint = painter(wantsColor(stderr.isTTY, process.env));
  const tell = (text: string): void => {
    const lines = typed(text)
      .split('\n')
      .map((line) => cut(line, LONGEST));
    // The word is coloured where people look; what others wrote stays without codes.
    stderr.write(printableLines(`${lines.join('\n')}\n`).replace(/^error:/, paint.bad));
  };
  const debug = process.env.BENCH_DEBUG === '1';
  if (error instanceof Error && error.name === 'BenchError') {
    const { where, hint } = error as Told;
    // A rendered file error starts with its place already.
    const place = typeof where === 'string' && !error.message.startsWith(where) ? `${where}: ` : '';
    tell(`error: ${place}${error.message}`);
    if (typeof hint === 'string') tell(`  ${hint}`);
  } else {
    const told = error instanceof Error ? error.message : String(error);
    tell(`error: ${told}`);
    if (isSystem(error)) {
      tell(`  ${SYSTEM_HINT}`);
    } else if (!debug) tell(`  ${FAULT_HINT}`);
  }
  // What a plugin threw is the cause of what is said of it.
  for (let at = error, depth = 0; debug && at instanceof Error && depth < DEEPEST; at = at.cause, depth++) {
    stderr.write(`${depth === 0 ? '' : 'caused by: '}${at.stack}\n`);
  }
  return EXIT.usage;
}
