// What a gate says: a line per verdict, the worst first, and in one word what it comes to; and what two runs differ in. Pure
// functions.

import { type Paint, type Painter, painter, wrap } from '../base/columns.ts';
import { printable } from '../base/printable.ts';
import { points } from '../base/words.ts';
import type { Comparison, GateReport, Verdict, VerdictOutcome } from '../harness/record/verdicts.ts';
import { escaped } from './html/markup.ts';
import { plain } from './markdown.ts';

const WORST: readonly VerdictOutcome[] = ['fail', 'incomparable', 'inconclusive', 'pass'];
/** Flips of a verdict in a job's summary, which GitHub refuses above 1 MiB. */
const LISTED = 100;
/** Flips that a line shows without --explain. */
const SHOWN = 3;

/** Worst first, the rest in the order of the rules. */
export function sorted(verdicts: readonly Verdict[]): readonly Verdict[] {
  return WORST.flatMap((outcome) => verdicts.filter((one) => one.outcome === outcome));
}

function line({ outcome, rule, row, message }: Verdict): string {
  return `${outcome.toUpperCase().padEnd(12)} ${rule} ${row}: ${message}`;
}

/** Plain text, what it comes to first; with `explain` every changed item, else the first few of what did not pass. */
export function gateText(
  { verdicts, outcome, notes = [] }: GateReport,
  explain: boolean,
  paint: Painter = painter(false),
): string {
  const colours: Readonly<Record<VerdictOutcome, Paint>> = {
    ...{ pass: paint.good, fail: paint.bad, incomparable: paint.bad, inconclusive: paint.warn },
  };
  const lines = sorted(verdicts).flatMap((verdict) => {
    const shown = explain ? verdict.flips : verdict.outcome === 'pass' ? [] : verdict.flips.slice(0, SHOWN);
    const more = verdict.flips.length - shown.length;
    const rest = more > 0 && verdict.outcome !== 'pass' ? [`    and ${more} more: --explain lists them`] : [];
    // The first word says the outcome.
    const [first = '', ...others] = wrap(line(verdict), 4);
    return [
      first.replace(/^[A-Z]+/, colours[verdict.outcome]),
      ...others,
      ...shown.flatMap((flip) => wrap(`    ${flip}`, 6)),
      ...rest,
    ];
  });
  const told = notes.flatMap((note) => wrap(`NOTE         ${note}`, 4));
  return `${[colours[outcome](`Gate: ${outcome}.`), ...told, ...lines].join('\n')}\n`;
}

function listed(flips: readonly string[]): readonly string[] {
  const more = flips.length - LISTED;
  const rest = more > 0 ? [`- and ${more} more: bench gate --explain lists them`] : [];
  return [...flips.slice(0, LISTED).map((flip) => `- ${plain(flip)}`), ...rest];
}

/** For a job's summary: a table, and the changed items of what did not pass. */
export function gateMarkdown({ verdicts, outcome, notes = [] }: GateReport): string {
  const rows = sorted(verdicts).map(
    (one) => `| ${one.outcome} | ${one.rule} | ${plain(one.row)} | ${plain(one.message)} |`,
  );
  const flips = sorted(verdicts)
    .filter((one) => one.outcome !== 'pass' && one.flips.length > 0)
    .map(
      ({ row, flips: all }) =>
        `<details><summary>${escaped(printable(row))}: ${all.length} changed</summary>\n\n${listed(all).join('\n')}\n\n</details>`,
    );
  const told = notes.length === 0 ? [] : [notes.map((note) => `- **${plain(note)}**`).join('\n')];
  return [
    `## Gate: ${outcome}`,
    ...told,
    ['| outcome | rule | row | |', '|---|---|---|---|', ...rows].join('\n'),
    ...flips,
  ]
    .join('\n\n')
    .concat('\n');
}

/**
 * GitHub's annotations at the suite's line, one for each note and each verdict that did not pass; a warning where the job stays
 * green.
 */
export function gateAnnotations(
  { verdicts, inconclusive, notes = [] }: GateReport,
  { file, line }: { readonly file: string; readonly line: number },
): string {
  const message = (text: string): string =>
    text.split('\n').map(printable).join('\n').replaceAll('%', '%25').replaceAll('\n', '%0A');
  const property = (text: string): string => message(text).replaceAll(',', '%2C').replaceAll(':', '%3A');
  const place = `file=${property(file)},line=${line}`;
  const told = notes.map((note) => `::warning ${place},title=gate::${message(note)}\n`).join('');
  const failed = sorted(verdicts)
    .filter(({ outcome }) => outcome !== 'pass')
    .map(({ outcome, rule, row, message: said }) => {
      const level = outcome === 'inconclusive' && inconclusive === 'warn' ? 'warning' : 'error';
      return `::${level} ${place},title=${property(`${rule} ${row}`)}::${message(said)}\n`;
    })
    .join('');
  return told + failed;
}

/** Two runs: changed answers first, then the difference of each row, then what only one of them has. */
export function compareText({ flips, rows, onlyFirst, onlySecond, different }: Comparison): string {
  const given = ({ text, p, sums }: Comparison['flips'][number]['before']): string =>
    `"${text}" (p ${p.toFixed(3)}; log-probabilities ${sums.map((sum) => sum.toFixed(3)).join(', ')})`;
  const moved = rows.map(({ row, items, difference, low, high }) => {
    const interval = low === null || high === null ? '' : ` [${points(low)}, ${points(high)}]`;
    return `${row}: ${points(difference)}${interval} points on ${items} items`;
  });
  const names = (title: string, all: readonly string[]): string[] =>
    all.length === 0 ? [] : [`${title}: ${all.join(', ')}`];
  const lines = [
    `${flips.length} changed answers`,
    ...flips.flatMap(({ row, item, persona, place, question, before, after }) => [
      ...wrap(`  ${row}, ${item}, ${persona}${place === '' ? '' : `, ${place}`}: ${question}`, 4),
      ...wrap(`    before ${given(before)}`, 11),
      ...wrap(`    after  ${given(after)}`, 11),
    ]),
    ...(moved.length > 0 ? ['Alignment of the second run less that of the first:'] : []),
    ...[
      ...moved,
      ...names('only in the first', onlyFirst),
      ...names('only in the second', onlySecond),
      ...names('other items on both sides, not compared', different),
    ].flatMap((line) => wrap(line, 2)),
  ];
  return `${lines.join('\n')}\n`;
}
