// A gate's verdicts as JUnit XML: a test case per rule and row, so that any CI shows them.

import junit, { type Builder } from 'junit-report-builder';
import type { GateReport } from '../harness/plan/verdicts.ts';
import { sorted } from './gate.ts';

/** Its types describe the bundle for bundlers; Node loads the other, whose default is the builder itself. */
const builder = junit as unknown as Builder;

/** What did not pass is a failure; what could not be told is skipped, or a failure where the suite says so. */
export function gateJunit({ verdicts, exitCode }: GateReport, suite: string): string {
  const report = builder.newBuilder();
  const cases = report.testSuite().name(`persona gate: ${suite}`);
  for (const { rule, row, outcome, message, flips } of sorted(verdicts)) {
    const one = cases.testCase().className(`${suite}.${rule}`).name(`${rule} ${row}`);
    const text = [message, ...flips].join('\n');
    if (outcome === 'inconclusive' && exitCode === 0) one.skipped();
    else if (outcome !== 'pass') one.failure(text, outcome);
    one.standardOutput(text);
  }
  return report.build();
}
