// One answer in free text per method and persona: figures say which of two answers is likelier, not that a network speaks.

import type { MethodPoint, RunResult, SpokenRow } from '../harness/record/run-record.ts';
import { entryName, percent } from './format.ts';
import type { Section } from './sections.ts';

/** Letters of a sample in a table, and in a sentence. */
const [LONG, SHORT] = [240, 40];

/** Why a method is broken, all of what it says taken together; nothing where it speaks. A single sample may fail by itself. */
export function brokenMethod(result: RunResult, row: Place): readonly string[] {
  return result.broken.find((one) => one.persona === null && isSame(one, row))?.why ?? [];
}

type Place = Pick<MethodPoint, 'model' | 'method' | 'sparsity'>;
const isSame = (a: Place, b: Place): boolean =>
  a.model === b.model && a.method === b.method && a.sparsity === b.sparsity;

/** The first sample of each method and persona, in the order of the run. */
export function samplesOf(result: RunResult): readonly SpokenRow[] {
  const seen = new Set<string>();
  return result.spoken.filter(({ model, method, sparsity, persona }) => {
    const key = JSON.stringify([model, method, sparsity, persona]);
    return !seen.has(key) && seen.add(key);
  });
}

export function spokenSections(result: RunResult): readonly Section[] {
  const samples = samplesOf(result);
  return [...new Set(samples.map(({ model }) => model))].map((model) => {
    const rows = samples.filter((row) => row.model === model);
    const questions = [...new Set(rows.map(({ question }) => question))];
    const several = questions.length > 1;
    return {
      title: `In free text: ${model}`,
      head: ['method', 'persona', ...(several ? ['question'] : []), 'answer', 'repeated, %', 'no language'],
      rows: rows.map((row) => [
        entryName(row),
        row.persona ?? 'none',
        ...(several ? [row.question] : []),
        clipped(row.text, LONG),
        percent(row.repetition),
        row.broken.length === 0 ? '–' : row.broken.join('; '),
      ]),
      below: [
        ...(several ? [] : [`Asked: ${questions.join()}`]),
        'The likeliest continuation, one per method and persona. Repeated: share of it that was said before in it. ' +
          'No language: why this sample fails; a method is broken when more of its samples do.',
      ],
    };
  });
}

/** What a broken method says, in a sentence; nothing without a sample. The sample that shows it comes first. */
export function brokenSample(result: RunResult, row: Place): string {
  const own = result.spoken.filter((one) => isSame(one, row));
  const shown = own.find(({ broken }) => broken.length > 0) ?? own[0];
  if (shown === undefined) return '';
  const as = shown.persona === null ? '' : ` as ${shown.persona}`;
  return `Asked “${shown.question}”${as}, it says “${clipped(shown.text, SHORT)}”.`;
}

/** On one line, and no longer than `most`. */
export function clipped(text: string, most: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length <= most ? line : `${line.slice(0, most - 1)}…`;
}
