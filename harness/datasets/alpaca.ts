// Two row-aligned files in Alpaca format (instruction, input, output), one per pole: contrast pairs for calibration.

import { badRow, type Row, readData, textOf } from './lines.ts';
import type { CalibrationText } from './types.ts';

export interface ContrastPair {
  readonly seek: CalibrationText;
  readonly reject: CalibrationText;
}

/** Rows of both files that answer the same instruction. Throws `bad-data` where the files are not aligned. */
export async function readAlpacaPairs(seekFile: string, rejectFile: string): Promise<readonly ContrastPair[]> {
  const seek = await readAlpaca(seekFile);
  const reject = await readAlpaca(rejectFile);
  if (seek.length !== reject.length) {
    throw badRow(
      rejectFile,
      `it has ${reject.length} rows, and ${seekFile} has ${seek.length}`,
      'the files must be row-aligned',
    );
  }
  return seek.map((text, index) => {
    const other = reject[index]!;
    if (text.question !== other.question) {
      throw badRow(
        `${rejectFile}: row ${index + 1}`,
        `it answers another instruction than ${seekFile}`,
        'the files must be row-aligned',
      );
    }
    return { seek: text, reject: other };
  });
}

async function readAlpaca(file: string): Promise<readonly CalibrationText[]> {
  let list: unknown;
  try {
    list = JSON.parse(await readData(file));
  } catch (error) {
    if ((error as { code?: string }).code === 'bad-data') throw error;
    throw badRow(file, `the file is no JSON: ${(error as Error).message}`);
  }
  if (!Array.isArray(list) || list.length === 0) throw badRow(file, 'the file holds no list of rows');
  return list.map((value: unknown, index) => {
    const where = `${file}: row ${index + 1}`;
    if (typeof value !== 'object' || value === null) throw badRow(where, 'the row is no object');
    const row: Row = { where, value: value as Record<string, unknown> };
    const input = row.value.input;
    const instruction = textOf(row, 'instruction');
    const question = typeof input === 'string' && input !== '' ? `${instruction}\n${input}` : instruction;
    return { question, answer: textOf(row, 'output') };
  });
}
