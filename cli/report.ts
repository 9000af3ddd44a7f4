// `bench report RUN`: writes the HTML page of a run again, from its folder, compared with another run or a reference if one is
// named.

import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { readReference, readRun } from '../api/read-run.ts';
import { BenchError } from '../base/error.ts';
import { writeAtomic } from '../base/files.ts';
import { recalled } from '../harness/gate/reference-answers.ts';
import { runVerdicts } from '../harness/gate/run-verdicts.ts';
import type { ReadRun } from '../harness/store/read-run.ts';
import { changedAnswers } from '../reports/changed.ts';
import type { Extras } from '../reports/html/outcomes.ts';
import { htmlReport } from '../reports/html/page.ts';
import { writtenText } from './closing-message.ts';
import { EXIT } from './exit-codes.ts';

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
  const read = { folder, result, items, prompts };
  const before = options.against === undefined ? {} : earlier(options.against, read);
  const page = await htmlReport(result, { items: () => items, prompts: prompts(), ...before });
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeAtomic(file, page);
  write(writtenText({ said: '', written: [file], next: null }, options.json === true));
  return EXIT.pass;
}

/** The answers of another run, or those that a reference kept of these items. */
function earlier(against: string, run: ReadRun): Pick<Extras, 'before' | 'gate'> {
  const stat = statSync(against, { throwIfNoEntry: false });
  if (stat === undefined && against !== 'latest') {
    throw new BenchError('no-run', `there is no file or folder ${against}`, {
      hint: 'name another run, its run.json, latest, or the file of a reference: reports/references/SUITE.json',
    });
  }
  if (!stat?.isFile() || path.basename(against) === 'run.json') {
    const { folder, items: theirs } = readRun(against);
    return { before: { name: path.basename(folder), items: theirs } };
  }
  const [name, reference] = [path.basename(against), readReference(against)];
  const kept = recalled(reference, run.items);
  const gated = run.result.gate !== null && reference.suite === run.result.suite;
  const changed = kept.length === 0 ? {} : { changed: changedAnswers(name, run.items, kept) };
  const gate = gated ? { gate: { report: runVerdicts(run, reference, false), reference: name, ...changed } } : {};
  if (kept.length > 0) return { before: { name, items: kept }, ...gate };
  throw new BenchError('bad-reference', 'it has no two-option answer in common with this run', {
    where: against,
    hint: 'name the reference of this suite, or another run',
  });
}
