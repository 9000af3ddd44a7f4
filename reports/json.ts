// The record itself, as one document: what run.json holds is what `--json` prints.

import type { RunResult } from '../harness/plan/result.ts';

export function jsonReport(result: RunResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
