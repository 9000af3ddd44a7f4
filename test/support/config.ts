// Configs of the fixtures, changed for a test, and the refusal of those that cannot be read as a Spec.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { readSpec } from '../../formats/checkpoint/read-spec.ts';
import { fixture } from './folders.ts';

export type Config = Readonly<Record<string, unknown>>;

export const readConfig = (path: string): Config => JSON.parse(readFileSync(path, 'utf8'));

/** config.json of a fixture, as transformers 4 writes it. */
export const familyConfig = (name: string): Config => readConfig(fixture(`families/${name}/config.json`));

export function without(config: Config, key: string): Config {
  return Object.fromEntries(Object.entries(config).filter(([name]) => name !== key));
}

/** Reading `config` fails with this code, message and hint, and names the file. */
export function refusedSpec(config: unknown, code: string, message: RegExp, hint: RegExp): void {
  assert.throws(
    () => readSpec(config, 'm/config.json'),
    (error: unknown) => {
      if (!(error instanceof BenchError)) return false;
      assert.is(error.code, code);
      assert.match(error.message, message);
      assert.match(error.hint ?? '', hint);
      assert.is(error.where, 'm/config.json');
      return true;
    },
    `${message} was not refused`,
  );
}
