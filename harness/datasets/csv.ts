// Rows of a CSV with a header line, quoted newlines allowed: bounded, and a fault is named with its line.

import { parse } from 'csv-parse/sync';
import { BenchError } from '../../base/error.ts';
import { badRow, type Row, readData } from './lines.ts';

const MAX_RECORD_BYTES = 64 * 2 ** 10;

/** The records by column name. Throws `bad-data` where the file is missing, malformed or without rows. */
export async function readCsv(file: string): Promise<readonly Row[]> {
  const text = await readData(file);
  let records: readonly { record: Record<string, unknown>; info: { lines: number } }[];
  try {
    records = parse(text, {
      columns: (names: readonly string[]) => once(names, file),
      info: true,
      skip_empty_lines: true,
      max_record_size: MAX_RECORD_BYTES,
    });
  } catch (error) {
    if (error instanceof BenchError) throw error;
    const { message, lines } = error as { message: string; lines?: number };
    throw badRow(lines === undefined ? file : `${file}:${lines}`, `the CSV cannot be read: ${message}`);
  }
  if (records.length === 0)
    throw badRow(file, 'the file has no rows', 'write the names of the columns first, then one row a line');
  // The parser counts the line that a record ends on.
  return records.map(({ record, info }) => ({ where: `${file}:${info.lines}`, value: record }));
}

/** Of two columns of one name the second would be read in silence. */
function once(names: readonly string[], file: string): string[] {
  const again = names.find((name, k) => names.indexOf(name) < k);
  if (again !== undefined) throw badRow(`${file}:1`, `the column "${again}" is a duplicate`, 'rename one of them');
  return [...names];
}
