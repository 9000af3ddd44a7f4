// A run or a reference that was named on the command line, checked against its schema.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { BenchError } from '../base/error.ts';
import { readBounded } from '../base/files.ts';
import { parseReference } from '../harness/gate/reference.ts';
import type { Reference } from '../harness/gate/types.ts';
import { type ReadRun, readRun } from '../harness/store/read-run.ts';
import { DEFAULT_OUT } from './suite-options.ts';

const MAX_REFERENCE_BYTES = 256 * 2 ** 20;

/** `out`: where runs lie, for `latest`. Throws `no-run`, `bad-run`. */
export function opened(run: string, out: string = DEFAULT_OUT): ReadRun {
  const schema = JSON.parse(readFileSync(new URL('../reports/schema/run.schema.json', import.meta.url), 'utf8'));
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const validate = ajv.compile(schema);
  return readRun(run, path.resolve(out), (value) =>
    validate(value) ? null : ajv.errorsText(validate.errors?.slice(0, 1), { dataVar: 'run' }),
  );
}

/** The file of a blessed run. Throws `no-reference`, `bad-reference`. */
export function openedReference(file: string): Reference {
  const text = readBounded(file, MAX_REFERENCE_BYTES);
  if (text !== null) return parseReference(text, file);
  throw new BenchError('no-reference', 'there is no reference to compare with', {
    where: file,
    hint: 'keep a good run as one: bench run SUITE, then bench bless latest',
  });
}
