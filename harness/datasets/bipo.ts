// BiPO's choice sets (Cao et al. 2024) as CSV with quoted newlines: the training form names the texts, the test form
// names the letter of the text that fits the trait.

import { parse } from 'csv-parse/sync';
import { badRow, type Row, readData, textOf } from './lines.ts';
import type { Item, Option } from './types.ts';

/** Both forms as items keyed to `persona`; the test form is the evaluation part, the training form the calibration part. */
export async function readBipo(file: string, trait: string, persona: string): Promise<readonly Item[]> {
  let rows: readonly { record: Record<string, unknown>; info: { lines: number } }[];
  try {
    rows = parse(await readData(file), {
      columns: true,
      info: true,
      skip_empty_lines: true,
      max_record_size: 64 * 2 ** 10,
    });
  } catch (error) {
    const { message, lines } = error as { message: string; lines?: number };
    if ((error as { code?: string }).code === 'bad-data') throw error;
    throw badRow(lines === undefined ? file : `${file}:${lines}`, `the CSV cannot be read: ${message}`);
  }
  if (rows.length === 0) throw badRow(file, 'the file has no rows');
  return rows.map(({ record, info }, index) => {
    // The parser counts the line that a record ends on.
    const row: Row = { where: `${file}:${info.lines}`, value: record };
    const letters = 'A' in record;
    return {
      id: `${trait}-${String(index + 1).padStart(4, '0')}`,
      trait,
      persona,
      keying: '+',
      split: letters ? 'evaluation' : 'calibration',
      question: questionOf(row),
      options: letters ? lettered(row) : named(row),
    };
  });
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

function named(row: Row): readonly Option[] {
  return [
    { text: textOf(row, 'matching'), matching: true },
    { text: textOf(row, 'not_matching'), matching: false },
  ];
}
