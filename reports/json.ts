// The record itself, as one document: what run.json holds is what `--json` prints.

import { jsonText } from '../base/printable.ts';
import type { RunResult } from '../harness/record/run-record.ts';

export function jsonReport(result: RunResult): string {
  return jsonText(result);
}
