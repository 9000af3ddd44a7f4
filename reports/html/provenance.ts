// Where the figures come from, and the command that makes each of them again.

import type { RunResult } from '../../harness/plan/result.ts';
import { shellWord } from '../format.ts';
import { provenanceRows } from '../provenance.ts';
import { html } from './markup.ts';
import { command, folded, type Part, plainTable, table } from './parts.ts';

export function provenancePart(result: RunResult): Part {
  const typed = result.provenance.command.map(shellWord).join(' ');
  const again = (...terms: readonly string[]) =>
    `${typed}${terms.map((term) => ` --filter ${shellWord(term)}`).join('')}`;
  const methods = [...new Set(result.metrics.map(({ method }) => method))];
  const rows = [
    ['every figure on this page', typed],
    ['the same, with nothing taken from the store', `${typed} --fresh`],
    ['this page from a run’s folder', 'bench report latest'],
    ...(result.latency.length === 0 ? [] : [['all timings, measured together again', `${typed} --fresh`]]),
    ...methods.map((method) => [`the rows of ${method}`, again(`method=${method}`)]),
  ];
  return {
    id: 'provenance',
    title: 'Provenance',
    lead: 'On one device class the same command gives the same answers to the bit; timings carry their testbed.',
    body: html`${table({
      caption: 'The command that reproduces each number',
      head: ['what', 'command'],
      rows: rows.map(([what = '', text = '']) => [{ text: what, kind: 'name' }, { text: command(text) }]),
    })}${folded('Digests, versions and testbed', plainTable('What the run was made from', ['what', 'value'], provenanceRows(result)))}`,
  };
}
