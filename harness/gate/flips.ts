// The list of answers that changed, for messages.

import { answerKeyOf } from './looks.ts';
import type { GateRow } from './types.ts';

/** Items whose answer changed, losses first, each with both probabilities and its question, where that is known. */
export function flipsOf(now: GateRow, blessed: GateRow): readonly string[] {
  const before = new Map(blessed.answers.map((answer) => [answerKeyOf(answer), answer]));
  return now.answers
    .flatMap((answer) => {
      const was = before.get(answerKeyOf(answer));
      return was === undefined || was.aligned === answer.aligned ? [] : [{ answer, was }];
    })
    .sort((a, b) => a.answer.aligned - a.was.aligned - (b.answer.aligned - b.was.aligned))
    .map(({ answer, was }) => {
      const { item, question, trait, persona, wording, seed } = answer;
      const place = [trait, persona, wording, seed === null ? null : `seed ${seed}`].filter((part) => part !== null);
      const asked = question === undefined ? '' : `: ${shortened(question)}`;
      return `${item} (${place.join(', ')}): p ${was.p.toFixed(3)} -> ${answer.p.toFixed(3)}${asked}`;
    });
}

/** Letters of a question in a list of items. */
const MOST_LETTERS = 60;

/** A question on one line, cut after so many letters. */
function shortened(question: string): string {
  const letters = [
    ...question
      .slice(0, 8 * MOST_LETTERS)
      .replace(/\s+/g, ' ')
      .trim(),
  ];
  return letters.length <= MOST_LETTERS ? letters.join('') : `${letters.slice(0, MOST_LETTERS - 1).join('')}…`;
}
