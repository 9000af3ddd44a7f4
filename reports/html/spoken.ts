// What each method says in free text, a sample a persona: folded by method, open where a method’s network is broken.

import { grouped } from '../../base/grouped.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { entryName, percent } from '../format.ts';
import { brokenMethod, clipped, samplesOf } from '../spoken.ts';
import { html } from './markup.ts';
import { type Part, table } from './parts.ts';

/** Letters of a sample. */
const LONGEST = 400;

export function spokenPart(result: RunResult): Part | null {
  const samples = samplesOf(result);
  if (samples.length === 0) return null;
  const questions = [...new Set(samples.map(({ question }) => question))];
  const several = questions.length > 1;
  const controls = new Set(result.metrics.filter(({ control }) => control).map(({ method }) => method));
  const models = new Set(samples.map(({ model }) => model)).size > 1;
  const body = [...grouped(samples, (row) => `${entryName(row)}${models ? ` on ${row.model}` : ''}`)].map(
    ([name, rows]) => {
      const why = brokenMethod(result, rows[0]);
      const faults = rows.some(({ broken }) => broken.length > 0);
      const head = [
        'persona',
        ...(several ? ['question'] : []),
        'answer',
        'repeated, %',
        ...(faults ? ['no language'] : []),
      ];
      const drawn = table({
        caption: why.length === 0 ? `${name} in free text` : `${name} in free text: ${why.join('; ')}`,
        head,
        rows: rows.map(({ persona, question, text, repetition, broken }) => [
          { text: persona ?? 'none', kind: 'name' as const },
          ...(several ? [{ text: question, kind: 'long' as const }] : []),
          { text: text.trim() === '' ? html`<em>nothing</em>` : clipped(text, LONGEST), kind: 'long' as const },
          { text: percent(repetition), kind: 'number' as const },
          ...(faults ? [{ text: broken.length === 0 ? '–' : broken.join('; '), kind: 'text' as const }] : []),
        ]),
      });
      const mark = why.length === 0 ? null : html` <span class="verdict no">✗ broken</span>`;
      return html`<details${why.length > 0 && !controls.has(rows[0].method) && html` open`}><summary>${name}${mark}</summary>${drawn}</details>`;
    },
  );
  return {
    id: 'spoken',
    title: 'What they say',
    lead: `Alignment says which of two given answers is likelier, and not that a network still speaks. ${
      several
        ? 'One free answer per method and persona'
        : `Asked “${questions.join()}”, one answer per method and persona`
    }: the likeliest continuation.`,
    body,
  };
}
