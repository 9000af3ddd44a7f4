// The report as Markdown (report.md): what the terminal says, with personas, wordings and provenance in full.

import { printable } from '../base/printable.ts';
import type { RunResult } from '../harness/record/run-record.ts';
import { atlasSections } from './atlas.ts';
import { costSections } from './costs.ts';
import { type Gated, gateSummary } from './gate-summary.ts';
import { headlineOf, headlineText } from './headline.ts';
import { comparisonSections, personaSections, traitSections } from './networks.ts';
import { profileSections } from './profile.ts';
import { provenanceRows } from './provenance.ts';
import {
  alignmentSections,
  cellsLine,
  detailSections,
  errorSection,
  partialLine,
  type Section,
  titleLine,
} from './sections.ts';
import { matrixSections, specificitySections } from './specificity.ts';
import { spokenSections } from './spoken.ts';
import { figureSections, summarySections } from './summary.ts';
import { taxSections } from './tax.ts';

export function markdownReport(result: RunResult, gate?: Gated): string {
  const failed = errorSection(result);
  const sections = [
    ...summarySections(result, { inFull: true }),
    ...spokenSections(result),
    ...alignmentSections(result),
    ...result.sections.filter(({ detail }) => !detail),
    ...specificitySections(result),
    ...comparisonSections(result),
    ...taxSections(result),
    ...detailSections(result),
    ...traitSections(result),
    ...personaSections(result),
    ...result.sections.filter(({ detail }) => detail),
    ...matrixSections(result),
    ...atlasSections(result),
    ...figureSections(result),
    ...costSections(result),
    ...profileSections(result),
    ...(failed ? [failed] : []),
  ];
  return [
    `# ${plain(titleLine(result))}`,
    ...(gate === undefined
      ? []
      : [
          gateSummary(gate)
            .map((line) => `**${plain(line)}**`)
            .join('\n\n'),
        ]),
    [...partialLine(result), ...headlineText(headlineOf(result))]
      .map((verdict) => `**${plain(verdict)}**`)
      .join('\n\n'),
    `${cellsLine(result)}. Started ${result.startedAt}.`,
    ...sections.map(sectionText),
    ...(result.notes.length > 0 ? [`## Notes\n\n${result.notes.map((note) => `- ${plain(note)}`).join('\n')}`] : []),
    provenance(result),
  ]
    .join('\n\n')
    .concat('\n');
}

function sectionText({ title, head, rows, below }: Section): string {
  const line = (cells: readonly string[]) => `| ${cells.map(plain).join(' | ')} |`;
  const table = [line(head), `|${head.map(() => '---').join('|')}|`, ...rows.map(line)].join('\n');
  return [`## ${plain(title)}`, table, ...below.map(plain)].join('\n\n');
}

function provenance(result: RunResult): string {
  const lines = provenanceRows(result).map(([name, value]) => `| ${plain(name)} | ${plain(value)} |`);
  return ['## Provenance', '', '| what | value |', '|---|---|', ...lines].join('\n');
}

/** Names come from suites of others: nothing in them may become markup. */
export function plain(text: string): string {
  return printable(text)
    .replace(/[\\`*_{}[\]<>#|~&$]/g, '\\$&')
    .replace(/\s+/g, ' ');
}
