// The report on a terminal: verdict first, tables within 100 columns, then the files and what to do next.
// Colour only repeats what the words say.

import Table from 'cli-table3';
import type { RunResult } from '../harness/plan/result.ts';
import { timingSections } from './costs.ts';
import { comparisonSections, taxSections } from './networks.ts';
import { profileSections } from './profile.ts';
import { scaleSections } from './scales.ts';
import { cellsLine, errorSection, type Section, titleLine } from './sections.ts';
import { specificitySections } from './specificity.ts';
import { aboveNone, summarySections } from './summary.ts';
import { textSections } from './texts.ts';
import { byTraitSections } from './traits.ts';
import { verdicts } from './verdict.ts';

export interface TerminalOptions {
  readonly color: boolean;
  readonly written: readonly string[]; // paths
  readonly next: string | null; // a command
}

/** Widest line of a table. */
const COLUMNS = 100;
/** To the right of each column; what the last one leaves is trimmed. */
const GAP = 2;

/** Whether to colour: a terminal, and NO_COLOR (any value, https://no-color.org) not set. */
export function wantsColor(isTTY: boolean | undefined, environment: NodeJS.ProcessEnv): boolean {
  return isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

export function terminalReport(result: RunResult, options: TerminalOptions): string {
  const paint = painter(options.color);
  const lines: string[] = [];
  for (const verdict of [...verdicts(result), ...aboveNone(result)]) lines.push(...wrap(paint.bold, verdict));
  lines.push('', ...wrap(paint.dim, titleLine(result)), cellsLine(result), '');
  const failed = errorSection(result);
  const sections = [
    ...summarySections(result),
    ...byTraitSections(result),
    ...scaleSections(result),
    ...textSections(result),
    ...specificitySections(result),
    ...comparisonSections(result),
    ...taxSections(result),
    ...timingSections(result),
    ...profileSections(result),
    ...(failed ? [failed] : []),
  ];
  for (const section of sections) {
    lines.push(...wrap(paint.bold, section.title), table(section, paint));
    for (const line of section.below) lines.push(...wrap(paint.dim, line));
    lines.push('');
  }
  for (const note of result.notes) lines.push(...wrap(paint.plain, `Note: ${note}`));
  if (options.written.length > 0) lines.push('', ...options.written.map((file) => `Written: ${file}`));
  if (options.next !== null) lines.push(`Next:    ${options.next}`);
  return `${lines.join('\n')}\n`;
}

type Paint = (text: string) => string;
interface Painter {
  readonly plain: Paint;
  readonly bold: Paint;
  readonly dim: Paint;
  readonly warn: Paint;
}

function painter(color: boolean): Painter {
  const style =
    (open: number, close: number): Paint =>
    (text) =>
      color ? `\x1b[${open}m${text}\x1b[${close}m` : text;
  return { plain: (text) => text, bold: style(1, 22), dim: style(2, 22), warn: style(33, 39) };
}

function table({ head, rows }: Section, paint: Painter): string {
  const widest = (length: (cell: string) => number) =>
    head.map((title, i) => GAP + Math.max(...[title, ...rows.map((row) => row[i] ?? '')].map(length)));
  const words = (cell: string) => Math.max(...cell.split(' ').map((word) => word.length));
  const colWidths = fit(
    widest((cell) => cell.length),
    widest(words),
  );
  const drawn = new Table({
    head: head.map((title) => paint.dim(title)),
    colWidths,
    wordWrap: true,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  });
  for (const row of rows) drawn.push(row.map((cell) => (cell.startsWith('NOT ') ? paint.warn(cell) : cell)));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
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

function wrap(paint: Paint, text: string): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > COLUMNS) {
      lines.push(paint(line));
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, paint(line)];
}
