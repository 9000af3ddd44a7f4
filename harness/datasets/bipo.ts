// BiPO's choice sets (Cao et al. 2024) as CSV with quoted newlines: the training form names the texts, the test form
// names the letter of the text that fits the trait.

import { join } from 'node:path';
import { readCsv } from './csv.ts';
import { type LeftOut, withoutDoubtful } from './doubtful.ts';
import { badRow, type Row, textOf } from './lines.ts';
import type { CalibrationText, Item, Option } from './types.ts';

export interface Bipo {
  readonly items: readonly Item[];
  /** Rows that are not asked; `same`: both answers are one text, which says nothing about the trait. */
  readonly left: LeftOut & { readonly same: readonly string[] };
}

/**
 * Both forms as items keyed to `persona`; the test form is the evaluation split, the training form the calibration split.
 * Throws `bad-data` with file and line.
 */
export async function readBipo(file: string, trait: string, persona: string): Promise<Bipo> {
  const rows = (await readCsv(file)).map((row, index) => {
    const letters = 'A' in row.value;
    const item: Item = {
      id: `${trait}-${String(index + 1).padStart(4, '0')}`,
      trait,
      persona,
      keying: '+',
      split: letters ? 'evaluation' : 'calibration',
      question: questionOf(row),
      options: letters ? lettered(row) : spelled(row),
    };
    const texts = item.options.map(({ text }) => text.trim());
    const key = texts[item.options.findIndex(({ matching }) => matching)] ?? '';
    return { where: row.where, content: JSON.stringify([item.question.trim(), [...texts].sort()]), key, texts, item };
  });
  const isSame = ({ texts }: (typeof rows)[number]) => texts[0] === texts[1];
  const { kept, left } = withoutDoubtful(rows.filter((row) => !isSame(row)));
  if (kept.length === 0) throw badRow(file, 'no row has two answers that differ and that no other row contradicts');
  return {
    items: kept.map(({ item }) => item),
    left: { ...left, same: rows.filter(isSame).map(({ where }) => where) },
  };
}

/** The published training set has a row whose question is empty: its options still differ. */
function questionOf(row: Row): string {
  return row.value.question === '' ? '' : textOf(row, 'question');
}

function lettered(row: Row): readonly Option[] {
  const matching = textOf(row, 'matching').trim();
  if (matching !== 'A' && matching !== 'B') throw badRow(row.where, `"matching" is "${matching}", and must be A or B`);
  return (['A', 'B'] as const).map((letter) => ({ text: textOf(row, letter), matching: letter === matching }));
}

function spelled(row: Row): readonly Option[] {
  return [
    { text: textOf(row, 'matching'), matching: true },
    { text: textOf(row, 'not_matching'), matching: false },
  ];
}

/** Training rows, from the end, that tune. */
const TUNING_ROWS = 100;

/** Names of the published files of a trait in one folder. */
export const bipoFiles = (trait: string) => ({ test: `${trait}_test.csv`, train: `${trait}_train.csv` });

export interface BipoParts {
  readonly items: readonly Item[]; // evaluation and tuning
  readonly calibration: Readonly<Record<'high' | 'low', readonly CalibrationText[]>>;
  readonly left: { readonly repeated: number; readonly empty: number }; // training rows that are in no part
  /** Rows of either file that say nothing, say it again, or contradict another, by the file's name. */
  readonly doubtful: readonly { readonly file: string; readonly left: Bipo['left'] }[];
}

/**
 * `<trait>_test.csv` as the evaluation split, the last rows of `<trait>_train.csv` as the tuning split, the others as texts:
 * the answer that fits for the high pole, the other for the low. No question is in two parts. Throws `bad-data`.
 */
export async function readBipoParts(folder: string, trait: string, high: string): Promise<BipoParts> {
  const files = bipoFiles(trait);
  const test = await partOf(join(folder, files.test), trait, high, 'evaluation');
  const train = await partOf(join(folder, files.train), trait, high, 'calibration');
  const evaluation = test.items.map(named('test'));
  const training = train.items.map(named('train'));
  const asked = new Set(evaluation.map(contentOf));
  const whole = training.filter(({ question }) => question !== '');
  const fresh = whole.filter((item) => !asked.has(contentOf(item)));
  const tuning = fresh.slice(-TUNING_ROWS).map((item): Item => ({ ...item, split: 'tuning' }));
  const tuned = new Set(tuning.map(contentOf));
  const rest = fresh.slice(0, -TUNING_ROWS).filter((item) => !tuned.has(contentOf(item)));
  const texts = (matching: boolean): readonly CalibrationText[] =>
    rest.map(({ question, options }) => ({
      question,
      answer: options.find((one) => one.matching === matching)?.text ?? '',
    }));
  return {
    items: [...evaluation, ...tuning],
    calibration: { high: texts(true), low: texts(false) },
    doubtful: [
      { file: files.test, left: test.left },
      { file: files.train, left: train.left },
    ],
    left: { repeated: whole.length - tuning.length - rest.length, empty: training.length - whole.length },
  };
}

/** The upstream folder has the test set in both forms under near names: the wrong one would be read as other items. */
async function partOf(file: string, trait: string, high: string, split: Item['split']): Promise<Bipo> {
  const read = await readBipo(file, trait, high);
  if (read.items[0]?.split === split) return read;
  const [has, wants] =
    split === 'evaluation'
      ? ['matching and not_matching', 'A, B and matching']
      : ['A, B and matching', 'matching and not_matching'];
  throw badRow(
    file,
    `its columns are ${has}, and must be ${wants}`,
    'take train.csv and test_infer.csv of github CaoYuanpu/BiPO',
  );
}

/** Both files count their rows from 1. */
function named(file: string): (item: Item) => Item {
  return (item) => ({ ...item, id: item.id.replace(`${item.trait}-`, `${item.trait}-${file}-`) });
}

function contentOf({ question }: Item): string {
  return question
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]+/gu, ' ')
    .trim();
}
