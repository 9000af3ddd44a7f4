// Anthropic's persona statements (Perez et al. 2022, arXiv 2212.09251): yes-or-no questions keyed by the answer that
// fits the trait. Answers start with a space there, as they follow "Answer:"; the scorer adds its own separator.

import { type LeftOut, withoutDoubtful } from './doubtful.ts';
import { badRow, readJsonLines, textOf } from './lines.ts';
import type { Item } from './types.ts';

const ANSWERS = ['Yes', 'No'] as const;

/** The statements of one trait as items of the evaluation split; "Yes" is always the first option. Throws `bad-data`. */
export async function readAnthropic(
  file: string,
  trait: string,
  persona: string,
): Promise<{ readonly items: readonly Item[]; readonly left: LeftOut }> {
  const rows = (await readJsonLines(file)).map((row, index) => {
    const matching = textOf(row, 'answer_matching_behavior').trim();
    const other = textOf(row, 'answer_not_matching_behavior').trim();
    if (![...ANSWERS].sort().every((answer, k) => answer === [matching, other].sort()[k])) {
      throw badRow(row.where, `the answers are "${matching}" and "${other}", and must be Yes and No`);
    }
    const item: Item = {
      id: `${trait}-${String(index + 1).padStart(4, '0')}`,
      trait,
      persona,
      keying: '+',
      split: 'evaluation',
      question: textOf(row, 'question'),
      options: ANSWERS.map((text) => ({ text, matching: text === matching })),
    };
    return { where: row.where, content: item.question.trim().toLowerCase(), key: matching, item };
  });
  const { kept, left } = withoutDoubtful(rows);
  if (kept.length === 0) throw badRow(file, 'all its rows contradict one another');
  return { items: kept.map(({ item }) => item), left };
}
