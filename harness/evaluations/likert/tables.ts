// Answers on scales -> rows: the mean answer on each trait with minus keys reversed (the profile), the mean answer as given
// (acquiescence), and the probability that lay on the answers offered. A unit is an item: repeats are averaged first. And
// the tables that show them.

import { grouped, mean } from '../../../base/grouped.ts';
import type { AnsweredCell, AnsweredPoint, ShownRows } from '../../method/evaluation-kind.ts';
import type { EvaluationRow, EvaluationSection } from '../../record/evaluation-rows.ts';
import { entryName } from '../../record/row-name.ts';
import { type Reading, readingOf } from './answers.ts';

/** An item's answer in one cell. `high`: its key reversed where it is minus, so that more is the trait's high pole. */
interface Answer extends Reading {
  readonly item: string;
  readonly trait: string;
  readonly persona: string | null;
  readonly high: number;
}

/** For each method and sparsity: all answers together, then by the persona that was stated and the trait asked. */
export function scaleRows(points: readonly AnsweredPoint[]): readonly EvaluationRow[] {
  return points.flatMap(({ of, cells }) => {
    const answers = averaged(cells.flatMap(answersOf));
    return [
      ...rowsOf(answers, ({ answers: length }) => [length]).map(([, { scale, ...row }]) => ({
        ...{ ...of, persona: null, trait: null, ...row },
        scale: { ...scale, mean: null, spread: null },
      })),
      ...rowsOf(answers, ({ persona, trait, answers: length }) => [persona, trait, length]).map(([first, row]) => ({
        ...{ ...of, persona: first.persona, trait: first.trait, ...row },
      })),
    ];
  });
}

function answersOf({ persona, items, outcomes }: AnsweredCell): readonly Answer[] {
  const byItem = new Map(outcomes.map((outcome) => [outcome.item, outcome]));
  return items.flatMap((item): readonly Answer[] => {
    const outcome = byItem.get(item.id);
    if (outcome === undefined) return [];
    const reading = readingOf(item, outcome);
    const { expected, answers } = reading;
    const high = item.keying === '+' ? expected : answers + 1 - expected;
    return [{ item: item.id, trait: item.trait, persona, high, ...reading }];
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

interface AnswerFigures {
  readonly n: number;
  readonly scale: NonNullable<EvaluationRow['scale']>;
  readonly figures: { readonly given: number; readonly mass: number };
}

/** Answers on scales of different lengths never share a row: their means would mean nothing. */
function rowsOf(
  answers: readonly Answer[],
  key: (answer: Answer) => readonly unknown[],
): readonly (readonly [Answer, AnswerFigures])[] {
  return [...grouped(answers, (answer) => JSON.stringify(key(answer))).values()].map((own) => {
    const profile = mean(own.map(({ high }) => high));
    const squares = own.reduce((sum, { high }) => sum + (high - profile) ** 2, 0);
    const spread = own.length < 2 ? null : Math.sqrt(squares / (own.length - 1));
    return [
      own[0],
      {
        n: own.length,
        scale: { from: 1, to: own[0].answers, mean: profile, spread },
        figures: { given: mean(own.map(({ expected }) => expected)), mass: mean(own.map(({ mass }) => mass)) },
      },
    ];
  });
}

const NOTHING = '–';
/** Below this share of the probability the answers are no longer what the model would say. */
const LEAST_MASS = 0.5;

const fixed = (value: number | null | undefined, digits = 2): string => value?.toFixed(digits) ?? NOTHING;

/** A line per method with a column per trait; and in detail a line per method, persona and trait. Scales of different lengths never share a table. */
export function scaleSections({ model, evaluation, rows, added }: ShownRows): readonly EvaluationSection[] {
  const lengths = [...grouped(rows, ({ scale }) => scale?.to ?? 0)];
  return lengths.flatMap(([answers, own]) => {
    const length = lengths.length === 1 ? '' : ` of ${answers}`;
    const title = `Answers on a scale${length}: ${model}, evaluation ${evaluation}`;
    // A control that the harness added says little by trait.
    const shown = own.filter(({ method }) => !added.has(method));
    return [
      { title, detail: false, ...profiles(shown, answers) },
      { title, detail: true, ...details(own, answers) },
    ];
  });
}

type Table = Pick<EvaluationSection, 'head' | 'rows' | 'below'>;

function profiles(shown: readonly EvaluationRow[], answers: number): Table {
  const traits = [...new Set(shown.flatMap(({ trait }) => trait ?? []))];
  const whole = shown.filter(({ trait }) => trait === null);
  return {
    head: ['method', 'as given', 'mass', ...traits],
    rows: whole.map((all) => {
      const of = shown.filter((row) => entryName(row) === entryName(all));
      return [
        entryName(all),
        fixed(all.figures.given),
        fixed(all.figures.mass),
        ...traits.map((trait) => profileText(of.filter((row) => row.trait === trait))),
      ];
    }),
    below: [
      `Mean answers from 1 to ${answers}. By trait, minus keys reversed, more is its high pole: under each persona in the ` +
        `order of the suite. As given: nothing reversed; with equally many items of both keys,  ${(answers + 1) / 2} agrees with ` +
        'everything no more than expected. Mass: probability that the model gives to the answers offered.',
      ...doubt(whole),
    ],
  };
}

/** "4.12/2.03": one figure for each persona that was stated. */
function profileText(rows: readonly EvaluationRow[]): string {
  if (rows.length === 0) return NOTHING;
  return rows.map(({ scale }) => fixed(scale?.mean)).join('/');
}

function doubt(rows: readonly EvaluationRow[]): readonly string[] {
  const low = rows.filter(({ figures }) => (figures.mass ?? 1) < LEAST_MASS).map(entryName);
  if (low.length === 0) return [];
  return [
    `NOT what the model would say by itself: the answers offered have less than half of the probability for ${low.join(', ')}; ` +
      'their means only rank answers that it rarely gives.',
  ];
}

function details(rows: readonly EvaluationRow[], answers: number): Table {
  return {
    head: ['method', 'persona', 'trait', 'statements', `profile, 1 to ${answers}`, 'spread', 'as given', 'mass'],
    rows: rows.map((row) => [
      entryName(row),
      row.persona ?? NOTHING,
      row.trait ?? 'all',
      String(row.n),
      fixed(row.scale?.mean),
      fixed(row.scale?.spread),
      fixed(row.figures.given),
      fixed(row.figures.mass, 3),
    ]),
    below: [
      'Profile: mean answer with minus keys reversed; spread: its standard deviation over statements; as given: nothing ' +
        'reversed; mass: probability of the answers offered.',
    ],
  };
}
