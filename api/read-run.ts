// A run or a reference read from disk, checked against its schema.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { BenchError } from '../base/error.ts';
import { readBounded } from '../base/files.ts';
import { RESOLVED_GATE } from '../harness/config/gate-schema.ts';
import { parseReference } from '../harness/gate/reference.ts';
import type { Reference } from '../harness/gate/types.ts';
import { type ReadRun, readRun as readFolder } from '../harness/store/read-run.ts';
import { DEFAULT_OUT } from './run-options.ts';

const MAX_REFERENCE_BYTES = 256 * 2 ** 20;

/**
 * A run's record and answers: by its folder, its run.json, or `latest` for the newest one in `out` (`.bench` when absent).
 * Throws `no-run` where there is none, and `bad-run` where it is of another version or does not fit the schema.
 */
export function readRun(run: string, out: string = DEFAULT_OUT): ReadRun {
  const schema = JSON.parse(readFileSync(new URL('../reports/schema/run.schema.json', import.meta.url), 'utf8'));
  // Loaded when there is something to check: it takes long.
  const { Ajv2020 } = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
  const validate = ajv.compile({ ...schema, properties: { ...schema.properties, gate: RESOLVED_GATE } });
  return readFolder(run, path.resolve(out), (value) =>
    validate(value) ? null : ajv.errorsText(validate.errors?.slice(0, 1), { dataVar: 'run' }),
  );
}

/** The file of a blessed run. Throws `no-reference`, `bad-reference`. */
export function readReference(file: string): Reference {
  const text = readBounded(file, MAX_REFERENCE_BYTES);
  if (text !== null) return parseReference(text, file);
  throw new BenchError('no-reference', 'there is no reference to compare with', {
    where: file,
    hint: 'keep a good run as one: bench run SUITE, then bench bless latest',
  });
}
