// Answers on scales -> rows: the mean answer on each trait with minus keys reversed (the profile), the mean answer as given
// (acquiescence), and the probability that lay on the answers offered. A unit is an item: repeats are averaged first.

import { grouped, mean } from '../../base/grouped.ts';
import type { Suite } from '../config/resolved.ts';
import type { ScaleRow } from '../record/run-record.ts';
import { type Reading, readingOf } from '../score/index.ts';
import { pointsOf } from './groups.ts';
import type { Answered } from './metrics.ts';

/** An item's answer in one cell. `high`: its key reversed where it is minus, so that more is the trait's high pole. */
interface Answer extends Reading {
  readonly item: string;
  readonly trait: string;
  readonly persona: string | null;
  readonly high: number;
}

/** For each method and sparsity: all answers together, then by the persona that was stated and the trait asked. */
export function scaleRows(suite: Suite, all: readonly Answered[]): readonly ScaleRow[] {
  return pointsOf(suite, all, 'likert').flatMap(({ of, cells }) => {
    const answers = averaged(cells.flatMap(answersOf));
    return [
      ...rowsOf(answers, ({ answers: length }) => [length]).map(([first, row]) => ({
        ...of,
        persona: null,
        trait: null,
        ...row,
        answers: first.answers,
        profile: null,
        spread: null,
      })),
      ...rowsOf(answers, ({ persona, trait, answers: length }) => [persona, trait, length]).map(([first, row]) => ({
        ...of,
        persona: first.persona,
        trait: first.trait,
        ...row,
        answers: first.answers,
      })),
    ];
  });
}

function answersOf({ cell, outcomes }: Answered): readonly Answer[] {
  const byItem = new Map(outcomes.map((outcome) => [outcome.item, outcome]));
  return cell.items.flatMap((item): readonly Answer[] => {
    const outcome = byItem.get(item.id);
    if (outcome === undefined) return [];
    const reading = readingOf(item, outcome);
    const { expected, answers } = reading;
    const high = item.keying === '+' ? expected : answers + 1 - expected;
    return [{ item: item.id, trait: item.trait, persona: cell.persona, high, ...reading }];
  });
}

/** Wordings and seeds ask the same again: one answer for each item and persona. */
function averaged(answers: readonly Answer[]): readonly Answer[] {
  const repeats = grouped(answers, ({ item, persona }) => JSON.stringify([item, persona]));
  return [...repeats.values()].map((same) => ({
    ...same[0],
    expected: mean(same.map(({ expected }) => expected)),
    high: mean(same.map(({ high }) => high)),
    mass: mean(same.map(({ mass }) => mass)),
  }));
}

type Figures = Pick<ScaleRow, 'n' | 'profile' | 'spread' | 'given' | 'mass'>;

/** Answers on scales of different lengths never share a row: their means would mean nothing. */
function rowsOf(
  answers: readonly Answer[],
  key: (answer: Answer) => readonly unknown[],
): readonly (readonly [Answer, Figures])[] {
  return [...grouped(answers, (answer) => JSON.stringify(key(answer))).values()].map((own) => {
    const profile = mean(own.map(({ high }) => high));
    const squares = own.reduce((sum, { high }) => sum + (high - profile) ** 2, 0);
    return [
      own[0],
      {
        n: own.length,
        profile,
        spread: own.length < 2 ? null : Math.sqrt(squares / (own.length - 1)),
        given: mean(own.map(({ expected }) => expected)),
        mass: mean(own.map(({ mass }) => mass)),
      },
    ];
  });
}
