// The report on a terminal: verdict first, tables as wide as it is, then the files and what to do next.
// Colour only repeats what the words say.

import { endingLines, type Paint, painter, tableText, wrap } from '../base/columns.ts';
import type { RunResult } from '../harness/record/run-record.ts';
import { timingSections } from './costs.ts';
import { type Gated, gateLines } from './gate-summary.ts';
import { headlineOf, headlineText } from './headline.ts';
import { profileSections } from './profile.ts';
import { cellsLine, errorSection, partialLine, titleLine } from './sections.ts';
import { specificitySections } from './specificity.ts';
import { summarySections } from './summary.ts';
import { byTraitSections } from './traits.ts';

export interface TerminalOptions {
  readonly color: boolean;
  readonly written: readonly string[]; // paths
  readonly next: string | null; // a command
  readonly gate?: Gated; // where the run was judged
}

export function terminalReport(result: RunResult, options: TerminalOptions): string {
  const paint = painter(options.color);
  const lines: string[] = [];
  const say = (how: Paint, text: string) => lines.push(...wrap(text).map(how));
  for (const line of gateLines(options.gate))
    say(options.gate?.report.outcome === 'pass' ? paint.good : paint.bad, line);
  for (const line of partialLine(result)) say(paint.warn, line);
  for (const [k, line] of headlineText(headlineOf(result)).entries()) say(k === 0 ? paint.bold : paint.plain, line);
  lines.push('');
  say(paint.dim, titleLine(result));
  say(paint.plain, cellsLine(result));
  lines.push('');
  const failed = errorSection(result);
  const sections = [
    ...summarySections(result, { inFull: false }),
    ...byTraitSections(result),
    ...result.sections.filter(({ detail }) => !detail),
    ...specificitySections(result),
    ...timingSections(result),
    ...profileSections(result),
    ...(failed ? [failed] : []),
  ];
  const told: Paint = (cell) =>
    /^(NOT |not held|no better than|broken)/.test(cell) ? paint.bad(cell) : cell === 'held' ? paint.good(cell) : cell;
  for (const { title, head, rows, below } of sections) {
    say(paint.bold, title);
    lines.push(tableText(head, rows, { paintHead: paint.dim, paintCell: told }));
    for (const line of below) say(paint.dim, line);
    lines.push('');
  }
  for (const note of result.notes) say(paint.plain, `Note: ${note}`);
  lines.push('', ...endingLines(options.written, options.next));
  return `${lines.join('\n').trimEnd()}\n`;
}
