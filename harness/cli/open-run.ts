// A run that was named on the command line, checked against its schema.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { type ReadRun, readRun } from '../run/read-run.ts';
import { DEFAULT_OUT } from './suite-options.ts';

/** `out`: where runs lie, for `latest`. Throws `no-run`, `bad-run`. */
export function opened(run: string, out: string = DEFAULT_OUT): ReadRun {
  const schema = JSON.parse(readFileSync(new URL('../../reports/schema/run.schema.json', import.meta.url), 'utf8'));
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const validate = ajv.compile(schema);
  return readRun(run, path.resolve(out), (value) =>
    validate(value) ? null : ajv.errorsText(validate.errors?.slice(0, 1), { dataVar: 'run' }),
  );
}
