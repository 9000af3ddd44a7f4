// Blessing a run, the gate's verdicts on a run against its reference, and comparing two runs.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { BenchError } from '../base/error.ts';
import { writeAtomic } from '../base/files.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { compareRuns as compareSides } from '../harness/gate/compare.ts';
import { methodOf } from '../harness/gate/levels.ts';
import { referenceText } from '../harness/gate/reference.ts';
import { isComplete, referenceOf, titlesOf } from '../harness/gate/rows.ts';
import { namedRows, referenceFile, rulesOf, runVerdicts } from '../harness/gate/run-verdicts.ts';
import { entryName } from '../harness/record/row-name.ts';
import type { Comparison, GateReport } from '../harness/record/verdicts.ts';
import type { ReadRun } from '../harness/store/read-run.ts';
import { readReference, readRun } from './read-run.ts';
import type { Blessed } from './run-options.ts';

/** The folder of a run, its run.json or `latest`; or a run that was read. */
export type RunName = string | ReadRun;

const runOf = (run: RunName): ReadRun => (typeof run === 'string' ? readRun(run) : run);

/** What a run of this suite will be judged by. Throws `no-gate`, `no-reference`, `bad-reference`. */
export function blessedOf({ gate, name, file: suite }: Suite, reference?: string): Blessed {
  rulesOf(gate, name, suite);
  const file = reference ?? referenceFile(name);
  return { name: path.basename(file), reference: readReference(file) };
}

/**
 * Keeps a run as the reference that `gateRun` compares with: writes `reference`, by default reports/references/SUITE.json.
 * Returns the file, the titles of the rows that it keeps, and the flags that left a part of the suite out of the run.
 * Throws `no-run`, `bad-run`, `no-gate`, `incomplete-run`, `no-row`.
 */
export function blessRun(
  run: RunName,
  { reference }: { readonly reference?: string } = {},
): { readonly file: string; readonly rows: readonly string[]; readonly narrowed: readonly string[] } {
  const read = runOf(run);
  const rules = rulesOf(read.result.gate, read.result.suite, read.folder);
  if (!isComplete(read.result)) {
    const { partial } = read.result;
    const why =
      partial === undefined
        ? 'a run with failed or missing cells cannot be a reference'
        : `the run was stopped after ${partial.reached} of ${partial.cells} cells: part of a run cannot be a reference`;
    throw new BenchError('incomplete-run', why, {
      where: read.folder,
      hint: 'run the same command again until every cell is complete: it continues from what is stored',
    });
  }
  const early = read.result.looks.find(({ items, planned }) => items < planned);
  if (early !== undefined) {
    const row = `${entryName(early)} was asked ${early.items} of its ${early.planned} items`;
    throw new BenchError('incomplete-run', `the gate ended the run early (${row}): a reference has all items`, {
      where: read.folder,
      hint: 'run the suite without --gate, which asks the rest and computes nothing again, then bless that run',
    });
  }
  const rows = namedRows(read, rules);
  const missing = rules.rows.find((name) => !rows.some((row) => methodOf(row.name) === name));
  if (missing !== undefined) {
    throw new BenchError('no-row', `the run has no row "${missing}" that its gate names`, {
      where: read.folder,
      hint: 'run the whole suite, without --filter, and bless that run',
    });
  }
  const gated = rows.filter((row) => rules.rows.includes(methodOf(row.name)));
  const file = reference ?? referenceFile(read.result.suite);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  const kept = referenceOf(read.result, gated, rules);
  writeAtomic(file, referenceText(kept));
  const titleOf = titlesOf(gated);
  return { file, rows: gated.map((row) => titleOf(row.name, row)), narrowed: kept.narrowed };
}

/**
 * Judges a run by the gate section of its suite. `reference`: a file in place of reports/references/SUITE.json; `strict`:
 * every verdict other than pass is a failure. The report's `exitCode` is 0 (pass), 1 (fail), 3 (cells are missing) or 4
 * (inconclusive). Throws `no-run`, `bad-run`, `no-gate`, `no-reference`, `bad-reference`.
 */
export function gateRun(
  run: RunName,
  { reference, strict = false }: { readonly reference?: string; readonly strict?: boolean } = {},
): GateReport {
  const read = runOf(run);
  rulesOf(read.result.gate, read.result.suite, read.folder); // said before a reference is missed that nothing would need
  return runVerdicts(read, readReference(reference ?? referenceFile(read.result.suite)), strict);
}

/** How far each row moved from the first run to the second, and which answers changed. Throws `no-run`, `bad-run`. */
export function compareRuns(first: RunName, second: RunName): Comparison {
  return compareSides(runOf(first), runOf(second));
}
