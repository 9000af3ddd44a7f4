// A gate's verdicts as JUnit XML: a test case per rule and row, so that any CI shows them.

import junit, { type Builder } from 'junit-report-builder';
import { printable } from '../base/printable.ts';
import type { GateReport } from '../harness/record/verdicts.ts';
import { sorted } from './gate.ts';

/** Its types describe the bundle for bundlers; Node loads the other, whose default is the builder itself. */
const builder = junit as unknown as Builder;

/** What did not pass is a failure; what could not be decided is skipped, or a failure where the suite says so. */
export function gateJunit({ verdicts, inconclusive }: GateReport, suite: string): string {
  const report = builder.newBuilder();
  const cases = report.testSuite().name(printable(`persona gate: ${suite}`));
  for (const { rule, row, outcome, message, flips } of sorted(verdicts)) {
    const one = cases
      .testCase()
      .className(printable(`${suite}.${rule}`))
      .name(printable(`${rule} ${row}`));
    // The library splits only the first end of a section in a text.
    const text = [message, ...flips].map(printable).join('\n').replaceAll(']]>', ']] >');
    if (outcome === 'inconclusive' && inconclusive === 'warn') one.skipped();
    else if (outcome !== 'pass') one.failure(text, outcome);
    one.standardOutput(text);
  }
  return report.build();
}
