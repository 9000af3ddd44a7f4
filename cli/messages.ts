// How an error reaches a person: a place, a reason and a next step; a stack only for BENCH_DEBUG=1.

import { printableLines } from '../base/printable.ts';
import { EXIT } from './exit-codes.ts';

interface Told {
  readonly code?: unknown;
  readonly where?: unknown;
  readonly hint?: unknown;
}

/** What the operating system refused, such as a write to a full disk. */
function isSystem(error: unknown): boolean {
  const { code, syscall } = error as Partial<NodeJS.ErrnoException>;
  return error instanceof Error && typeof syscall === 'string' && /^E[A-Z]+$/.test(code ?? '');
}

/** Longest line of a message: what it quotes may be as long as a file. */
const LONGEST = 1000;

/** Most causes that are printed. */
const DEEPEST = 8;

/** Prints `error` to stderr and returns the exit code. Told by its shape, so that no verb's code has to be loaded. */
export function report(error: unknown, stderr: { write(text: string): unknown } = process.stderr): number {
  const tell = (text: string): void => {
    const lines = text.split('\n').map((line) => (line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line));
    stderr.write(printableLines(`${lines.join('\n')}\n`));
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
      tell('  the system refused this: check disk space and permissions, and run again');
    } else if (!debug)
      tell('  this is a fault of bench itself: run again with BENCH_DEBUG=1 for the place, and report it');
  }
  // What a plugin threw is the cause of what is said of it.
  for (let at = error, depth = 0; debug && at instanceof Error && depth < DEEPEST; at = at.cause, depth++) {
    stderr.write(`${depth === 0 ? '' : 'caused by: '}${at.stack}\n`);
  }
  return EXIT.usage;
}
