// What a gate comes to, as the first lines of a report: CI keeps the page, and not what the terminal said.

import { counted } from '../base/words.ts';
import type { GateReport } from '../harness/record/verdicts.ts';
import { type Changed, changedText } from './changed.ts';

/** Verdicts that did not pass which are quoted. */
const QUOTED = 6;

/** The verdict of a gate, and what it was judged against. */
export interface Gated {
  readonly report: GateReport;
  readonly reference: string; // name of its file
  readonly changed?: Changed; // answers, where the reference keeps them
}

/** What a gate comes to, in a line or two; every verdict follows the report. */
export function gateLines(gate: Gated | undefined): readonly string[] {
  return gate === undefined ? [] : gateSummary(gate).slice(0, gate.changed === undefined ? 1 : 2);
}

/** "Gate: fail, against ci.json: 1 of 7 rules does not pass.", and one line for each that does not. */
export function gateSummary({ report, reference, changed }: Gated): readonly string[] {
  const { verdicts, outcome, notes = [] } = report;
  const lost = verdicts.filter((one) => one.outcome !== 'pass');
  const of = counted(verdicts.length, 'rule');
  const comes =
    lost.length === 0 ? `all ${of} pass` : `${lost.length} of ${of} ${lost.length === 1 ? 'does' : 'do'} not pass`;
  const more = lost.length - QUOTED;
  return [
    `Gate: ${outcome}, against ${reference}: ${comes}.`,
    ...(changed === undefined ? [] : [changedText(changed)]),
    ...notes.map((note) => `Note: ${note}`),
    ...lost.slice(0, QUOTED).map((one) => `${one.outcome}: ${one.rule} ${one.row}: ${one.message}`),
    ...(more > 0 ? [`and ${more} more: bench gate RUN lists them`] : []),
  ];
}
