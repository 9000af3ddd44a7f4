// Where the figures come from, and the command that makes each of them again.

import { shellWord } from '../../base/words.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { provenanceRows } from '../provenance.ts';
import type { Markup } from './markup.ts';
import { command, folded, type Part, plainTable, table } from './parts.ts';

export function provenancePart(result: RunResult): Part {
  const typed = result.provenance.command.map(shellWord).join(' ');
  const anew = result.provenance.command.includes('--fresh');
  const methods = [...new Set(result.metrics.map(({ method }) => method))];
  const whole: Rows = [
    ['every figure on this page', typed],
    ...(anew ? [] : [['the same, computed again: nothing is taken from the store', `${typed} --fresh`] as const]),
    ['this page, from its folder', 'bench report FOLDER'],
  ];
  const each = methods.map((method) => [method, `${typed} --filter ${shellWord(`method=${method}`)}`] as const);
  return {
    id: 'provenance',
    title: 'Provenance',
    lead: 'On one device class the same command gives bit-identical answers; timings hold for their testbed.',
    body: [
      commands('The command that reproduces each number', whole),
      folded('The figures of one method alone', commands('A method and the command for its rows', each)),
      folded(
        'Digests, versions and testbed',
        plainTable('What the run was made from', ['what', 'value'], provenanceRows(result)),
      ),
    ],
  };
}

type Rows = readonly (readonly [what: string, command: string])[];

function commands(caption: string, rows: Rows): Markup {
  return table({
    caption,
    head: ['what', 'command'],
    rows: rows.map(([what, text]) => [{ text: what, kind: 'name' }, { text: command(text) }]),
  });
}
