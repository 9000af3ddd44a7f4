// Anthropic's persona statements (Perez et al. 2022, arXiv 2212.09251): yes-or-no questions keyed by the answer that
// fits the trait. Answers start with a space there, as they follow "Answer:"; the scorer adds its own separator.

import { badRow, readJsonLines, textOf } from './lines.ts';
import type { Item } from './types.ts';

const ANSWERS = ['Yes', 'No'] as const;

/** The statements of one trait as items of the evaluation split; "Yes" is always the first option. */
export async function readAnthropic(file: string, trait: string, persona: string): Promise<readonly Item[]> {
  return (await readJsonLines(file)).map((row, index) => {
    const matching = textOf(row, 'answer_matching_behavior').trim();
    const other = textOf(row, 'answer_not_matching_behavior').trim();
    if (![...ANSWERS].sort().every((answer, k) => answer === [matching, other].sort()[k])) {
      throw badRow(row.where, `the answers are "${matching}" and "${other}", and must be Yes and No`);
    }
    return {
      id: `${trait}-${String(index + 1).padStart(4, '0')}`,
      trait,
      persona,
      keying: '+',
      split: 'evaluation',
      question: textOf(row, 'question'),
      options: ANSWERS.map((text) => ({ text, matching: text === matching })),
    };
  });
}
