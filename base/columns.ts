// Text within the width of a terminal: tables without lines, and sentences broken between words. Whatever stands in it is
// made printable here.

import { createRequire } from 'node:module';
import { inert, printable } from './printable.ts';

/** Widest line where nobody says how wide it may be; what is there to be copied, a path or a command, stays whole. */
export const COLUMNS = 100;
/** Narrower than this a table is one word a line; wider than this a sentence is hard to read. */
const [NARROWEST, WIDEST] = [40, 160];

/**
 * Columns of a line: what the variable COLUMNS says, else the width of the terminal, else 100 (a file, a pipe, CI).
 * Bounded to 40..160.
 */
export function lineWidth(
  environment: NodeJS.ProcessEnv = process.env,
  output: { readonly isTTY?: boolean; readonly columns?: number } = process.stdout,
): number {
  const said = environment.COLUMNS ?? '';
  const wanted = /^[1-9]\d{0,5}$/.test(said) ? Number(said) : output.isTTY === true ? output.columns : undefined;
  return wanted === undefined || wanted === 0 ? COLUMNS : Math.min(WIDEST, Math.max(NARROWEST, wanted));
}
/** To the right of each column; what the last one leaves is trimmed. */
const GAP = 2;

export type Paint = (text: string) => string;
const plain: Paint = (text) => text;

/** Whether to colour: a terminal, and NO_COLOR (any value, https://no-color.org) not set. */
export function wantsColor(isTTY: boolean | undefined, environment: NodeJS.ProcessEnv): boolean {
  return isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

/** What colour may repeat of what the words say. */
export interface Painter {
  readonly plain: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly good: Paint;
  readonly warn: Paint;
  readonly bad: Paint;
}

export function painter(color: boolean): Painter {
  const style =
    (open: number, close: number): Paint =>
    (text) =>
      color ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  const [bold, dim] = [style(1, 22), style(2, 22)];
  return { plain, bold, dim, good: style(32, 39), warn: style(33, 39), bad: style(31, 39) };
}

/** The head and each row, every one of as many lines as it needs. */
export function tableRows(
  titles: readonly string[],
  cells: readonly (readonly string[])[],
  { paintHead = plain, paintCell = plain }: { readonly paintHead?: Paint; readonly paintCell?: Paint } = {},
): readonly string[] {
  const head = titles.map(printable);
  const rows = cells.map((row) => row.map(printable));
  const widest = (length: (cell: string) => number) =>
    head.map((title, i) => rows.reduce((most, row) => Math.max(most, length(row[i] ?? '')), length(title)) + GAP);
  const words = (cell: string) => Math.max(...cell.split(' ').map((word) => word.length));
  const colWidths = fit(
    widest((cell) => cell.length),
    widest(words),
  );
  return [head.map(paintHead), ...rows.map((row) => row.map(paintCell))].map((row) => drawn(row, colWidths));
}

export function tableText(...table: Parameters<typeof tableRows>): string {
  return tableRows(...table).join('\n');
}

/** Lines of at most `lineWidth` columns, all but the first behind `indent` spaces; a longer word is cut. */
export function wrap(text: string, indent = 0): readonly string[] {
  const columns = lineWidth();
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  let begun = false;
  const next = (): void => {
    lines.push(line);
    line = ' '.repeat(indent);
    begun = false;
  };
  for (const word of printable(text).trimStart().split(' ')) {
    if (begun && line.length + 1 + word.length > columns) next();
    if (begun) line += ' ';
    let rest = word;
    for (let room = columns - line.length; rest.length > room; room = columns - line.length) {
      line += rest.slice(0, room);
      rest = rest.slice(room);
      next();
    }
    line += rest;
    begun = true;
  }
  return [...lines, line].map(inert);
}

/** The last lines of a verb: what it wrote, and what is worth typing next. */
export function endingLines(written: readonly string[], next: string | null): readonly string[] {
  return [...written.map((file) => `Written: ${file}`), ...(next === null ? [] : [`Next:    ${next}`])].map((line) =>
    inert(printable(line)),
  );
}

function drawn(cells: readonly string[], colWidths: readonly number[]): string {
  // Loaded when there is a table: a message of one line needs none.
  const Table = createRequire(import.meta.url)('cli-table3') as typeof import('cli-table3');
  const table = new Table({
    colWidths: [...colWidths],
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': GAP },
    chars: NO_LINES,
  });
  table.push([...cells]);
  const lines = table.toString().split('\n');
  return lines.map((line) => inert(line.trimEnd())).join('\n');
}

/** Widths that add up to at most `lineWidth`: the widest column gives way first, and words are cut only when all are at theirs. */
function fit(widths: readonly number[], words: readonly number[]): number[] {
  const fitted = [...widths];
  for (let excess = fitted.reduce((a, b) => a + b, 0) - GAP - lineWidth(); excess > 0; excess--) {
    const spare = fitted.map((width, i) => (width > (words[i] ?? 0) ? width : 0));
    const from = Math.max(...spare) > 0 ? spare : fitted;
    const widest = from.indexOf(Math.max(...from));
    fitted[widest] = (fitted[widest] ?? 1) - 1;
  }
  return fitted;
}

const NO_LINES = Object.fromEntries(
  [
    ...['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right'],
    ...['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'],
  ].map((name) => [name, '']),
);
