// The report on a terminal: verdict first, tables within 100 columns, then the files and what to do next.
// Colour only repeats what the words say.

import { endingLines, type Paint, tableText, wrap } from '../base/columns.ts';
import type { RunResult } from '../harness/record/run-record.ts';
import { timingSections } from './costs.ts';
import { comparisonSections, taxSections } from './networks.ts';
import { profileSections } from './profile.ts';
import { cellsLine, errorSection, titleLine } from './sections.ts';
import { specificitySections } from './specificity.ts';
import { aboveNone, summarySections } from './summary.ts';
import { byTraitSections } from './traits.ts';
import { verdicts } from './verdict.ts';

export interface TerminalOptions {
  readonly color: boolean;
  readonly written: readonly string[]; // paths
  readonly next: string | null; // a command
}

/** Whether to colour: a terminal, and NO_COLOR (any value, https://no-color.org) not set. */
export function wantsColor(isTTY: boolean | undefined, environment: NodeJS.ProcessEnv): boolean {
  return isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

export function terminalReport(result: RunResult, options: TerminalOptions): string {
  const paint = painter(options.color);
  const lines: string[] = [];
  const say = (how: Paint, text: string) => lines.push(...wrap(text).map(how));
  for (const verdict of [...verdicts(result), ...aboveNone(result)]) say(paint.bold, verdict);
  lines.push('');
  say(paint.dim, titleLine(result));
  say(paint.plain, cellsLine(result));
  lines.push('');
  const failed = errorSection(result);
  const sections = [
    ...summarySections(result),
    ...byTraitSections(result),
    ...result.sections.filter(({ detail }) => !detail),
    ...specificitySections(result),
    ...comparisonSections(result),
    ...taxSections(result),
    ...timingSections(result),
    ...profileSections(result),
    ...(failed ? [failed] : []),
  ];
  const warn = (cell: string) => (cell.startsWith('NOT ') ? paint.warn(cell) : cell);
  for (const { title, head, rows, below } of sections) {
    say(paint.bold, title);
    lines.push(tableText(head, rows, { paintHead: paint.dim, paintCell: warn }));
    for (const line of below) say(paint.dim, line);
    lines.push('');
  }
  for (const note of result.notes) say(paint.plain, `Note: ${note}`);
  lines.push('', ...endingLines(options.written, options.next));
  return `${lines.join('\n').trimEnd()}\n`;
}

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
