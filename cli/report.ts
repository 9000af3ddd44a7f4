// `bench report RUN`: writes the HTML page of a run again, from its folder, beside another run or a reference if one is named.

import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { readReference, readRun } from '../api/read-run.ts';
import { BenchError } from '../base/error.ts';
import { writeAtomic } from '../base/files.ts';
import { recalled } from '../harness/gate/recalled.ts';
import type { ItemRow } from '../harness/record/run-record.ts';
import type { Extras } from '../reports/html/outcomes.ts';
import { htmlReport } from '../reports/html/page.ts';
import { EXIT } from './exit-codes.ts';
import { writtenText } from './written.ts';

export interface ReportOptions {
  readonly out?: string; // a file
  readonly against?: string; // another run, or the file of a blessed one
  readonly json?: boolean;
}

/** Always 0. Throws `no-run`, `bad-run`, `bad-reference`. */
export async function reportVerb(
  run: string,
  options: ReportOptions,
  write: (text: string) => void = (text) => {
    process.stdout.write(text);
  },
): Promise<number> {
  const { folder, result, items, prompts } = readRun(run);
  const file = options.out ?? path.join(folder, 'report.html');
  const before = options.against === undefined ? {} : { before: earlier(options.against, items) };
  const page = await htmlReport(result, { items: () => items, prompts: prompts(), ...before });
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeAtomic(file, page);
  write(writtenText({ said: '', written: [file], next: null }, options.json === true));
  return EXIT.pass;
}

/** The answers of another run, or those that a reference kept of these items. */
function earlier(against: string, items: readonly ItemRow[]): NonNullable<Extras['before']> {
  const stat = statSync(against, { throwIfNoEntry: false });
  if (!stat?.isFile() || path.basename(against) === 'run.json') {
    const { folder, items: theirs } = readRun(against);
    return { name: path.basename(folder), items: theirs };
  }
  const kept = recalled(readReference(against), items);
  if (kept.length > 0) return { name: path.basename(against), items: kept };
  throw new BenchError('bad-reference', 'it has no two-option answer in common with this run', {
    where: against,
    hint: 'name the reference of this suite, or another run',
  });
}
