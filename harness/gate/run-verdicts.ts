// A run as the gate judges it: the rules of its suite, the rows that they name, and where its reference is kept.

import path from 'node:path';
import { BenchError } from '../../base/error.ts';
import type { GateReport } from '../record/verdicts.ts';
import type { ReadRun } from '../store/read-run.ts';
import { undecided } from './matching.ts';
import { rowsOfOrder } from './names.ts';
import { candidateOf, gateRows } from './rows.ts';
import { gate } from './rules.ts';
import type { GateRow, Reference, Rules } from './types.ts';

/** References of blessed runs, below the working folder. */
const REFERENCES = path.join('reports', 'references');

/** The gate section of a suite. Throws `no-gate` where it has none; `where`: the suite's file or the run's folder. */
export function rulesOf(rules: Rules | null, suite: string, where: string): Rules {
  if (rules !== null) return rules;
  throw new BenchError('no-gate', `suite ${suite} has no gate section`, {
    where,
    hint: 'name the rows to be gated in the suite: gate: { rows: [prompting] }',
  });
}

/** The rows of a run that any rule names. */
export function namedRows({ result, items }: ReadRun, rules: Rules): readonly GateRow[] {
  const named = new Set([...rules.rows, ...Object.keys(rules.floors), ...rules.order.flatMap(rowsOfOrder)]);
  return gateRows(result, items, (method, name) => named.has(method) || named.has(name));
}

/** The file of a suite's reference, relative to the working folder. */
export function referenceFile(suite: string): string {
  return path.join(REFERENCES, `${suite.replace(/[^\w.-]+/g, '-')}.json`);
}

/**
 * The gated rows of a run so far that its looks up to `look` (from 1) leave open, by the rules of its own suite. Throws `no-gate`.
 */
export function openRowsOf(read: ReadRun, reference: Reference, look: number): ReturnType<typeof undecided> {
  const { result, folder } = read;
  const rules = rulesOf(result.gate, result.suite, folder);
  return undecided(candidateOf(result, namedRows(read, rules)), reference, rules, look - 1);
}

/** A run's verdicts against a reference, by the rules of its own suite. `strict`: what does not pass fails. Throws `no-gate`. */
export function runVerdicts(read: ReadRun, reference: Reference, strict: boolean): GateReport {
  const { result, folder } = read;
  const rules = rulesOf(result.gate, result.suite, folder);
  const judged = gate(candidateOf(result, namedRows(read, rules)), reference, rules, strict);
  const { partial } = result;
  if (partial === undefined) return judged;
  const note = `the run was stopped after ${partial.reached} of ${partial.cells} cells: run the suite to its end, then gate`;
  return { ...judged, notes: [note, ...(judged.notes ?? [])] };
}
