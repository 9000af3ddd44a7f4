// npm run schemas: writes the JSON Schemas that editors use for suites and personas. With --check it only compares.

import { readFileSync, writeFileSync } from 'node:fs';
import { PERSONAS_SCHEMA, suiteSchema } from '../harness/config/schemas.ts';
import { EVALUATIONS } from '../harness/evaluations/index.ts';

const FOLDER = new URL('../harness/config/', import.meta.url);
const stale: string[] = [];
for (const [name, schema] of [
  ['suite.schema.json', suiteSchema(EVALUATIONS)],
  ['personas.schema.json', PERSONAS_SCHEMA],
] as const) {
  const file = new URL(name, FOLDER);
  const text = `${JSON.stringify(schema, null, 2)}\n`;
  if (!process.argv.includes('--check')) writeFileSync(file, text);
  else if (readFileSync(file, 'utf8') !== text) stale.push(name);
}
if (stale.length > 0) {
  console.error(
    `${stale.join(', ')}: not what harness/config/schemas.ts and the kinds of evaluation say; npm run schemas`,
  );
  process.exitCode = 1;
}
