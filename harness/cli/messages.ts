// How an error reaches a person: a place, a reason and a next step; a stack only for BENCH_DEBUG=1.

import { printableLines } from '../plan/printable.ts';
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

/** Prints `error` to stderr and returns the exit code. Told by its shape, so that no verb's code has to be loaded. */
export function report(error: unknown, stderr: { write(text: string): unknown } = process.stderr): number {
  const debug = process.env.BENCH_DEBUG === '1';
  if (error instanceof Error && error.name === 'BenchError') {
    const { where, hint } = error as Told;
    // A rendered file error starts with its place already.
    const place = typeof where === 'string' && !error.message.startsWith(where) ? `${where}: ` : '';
    stderr.write(printableLines(`error: ${place}${error.message}\n`));
    if (typeof hint === 'string') stderr.write(printableLines(`  ${hint}\n`));
  } else {
    const told = error instanceof Error ? error.message : String(error);
    stderr.write(printableLines(`error: ${told}\n`));
    if (isSystem(error)) {
      stderr.write('  the system refused this: look at the space and the rights of the --out folder, and run again\n');
    } else if (!debug)
      stderr.write('  this is a fault of bench itself: run again with BENCH_DEBUG=1 for the place, and report it\n');
  }
  if (debug && error instanceof Error) stderr.write(`${error.stack}\n`);
  return EXIT.usage;
}
