// The one error a user sees: a place, a reason and a next step, never a stack.

/** One mistake of several in a file; line and column count from 1. */
export interface Mistake {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint?: string;
}

/** Options of a `BenchError`; `where` is a place such as `suites/x.yaml:4:17`, `hint` the next step to take. */
export interface BenchErrorOptions {
  readonly where?: string;
  readonly hint?: string;
  readonly cause?: unknown;
  readonly mistakes?: readonly Mistake[]; // where the message shows several, each as data
}

/** A failure that the user can act on. `code` is stable and kebab-case, such as `bad-weights` or `no-device`. */
export class BenchError extends Error {
  readonly code: string;
  readonly where: string | undefined;
  readonly hint: string | undefined;
  readonly mistakes: readonly Mistake[];

  constructor(code: string, message: string, options: BenchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BenchError';
    this.code = code;
    this.where = options.where;
    this.hint = options.hint;
    this.mistakes = options.mistakes ?? [];
  }
}
