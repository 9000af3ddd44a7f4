// Text within the width of a terminal: tables without lines, and sentences broken between words. Whatever stands in it is
// made printable here.

import { createRequire } from 'node:module';
import { inert, printable } from './printable.ts';

/** Widest line; what is there to be copied, a path or a command, stays whole. */
export const COLUMNS = 100;
/** To the right of each column; what the last one leaves is trimmed. */
const GAP = 2;

export type Paint = (text: string) => string;
const plain: Paint = (text) => text;

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

/** Lines of at most 100 columns, all but the first behind `indent` spaces; a longer word is cut. */
export function wrap(text: string, indent = 0): readonly string[] {
  const lines: string[] = [];
  let line = /^ */.exec(text)?.[0] ?? '';
  let begun = false;
  const next = (): void => {
    lines.push(line);
    line = ' '.repeat(indent);
    begun = false;
  };
  for (const word of printable(text).trimStart().split(' ')) {
    if (begun && line.length + 1 + word.length > COLUMNS) next();
    if (begun) line += ' ';
    let rest = word;
    for (let room = COLUMNS - line.length; rest.length > room; room = COLUMNS - line.length) {
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

/** Widths that add up to at most 100: the widest column gives way first, and words are cut only when all are at theirs. */
function fit(widths: readonly number[], words: readonly number[]): number[] {
  const fitted = [...widths];
  for (let excess = fitted.reduce((a, b) => a + b, 0) - GAP - COLUMNS; excess > 0; excess--) {
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
