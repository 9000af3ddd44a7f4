// What a person reads when a verb throws.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { errorDocument, report, wantsJson } from '../../cli/error-messages.ts';
import { typed, VERBS } from '../../cli/typed.ts';
import { suite } from '../support/suite.ts';

const test = suite('messages');

function told(error: unknown): string {
  let text = '';
  assert.is(report(error, { write: (piece) => (text += piece) }), 2);
  return text;
}

test('place, reason and next step, the place once', () => {
  const error = new BenchError('bad-suite', 'no', { where: 'a.yaml:1:2', hint: 'do' });
  assert.is(told(error), 'error: a.yaml:1:2: no\n  do\n');
  assert.is(told(new BenchError('bad-suite', 'a.yaml:1:2 no', { where: 'a.yaml:1:2' })), 'error: a.yaml:1:2 no\n');
});

test('what it quotes may be as long as a file, and is cut', () => {
  const text = told(
    new BenchError('bad-data', `"key" is "${'x'.repeat(1e6)}"\nand so on`, { where: 'a.csv:1', hint: 'mend' }),
  );
  assert.ok(text.length < 2000);
  assert.match(text, /^error: a\.csv:1: "key" is "x+ …\nand so on\n {2}mend\n$/);
});

test('what the system refused is not called a fault of bench', () => {
  try {
    readFileSync('/nowhere/at/all');
    assert.unreachable();
  } catch (error) {
    assert.match(told(error), /ENOENT.*\n {2}the system refused this: check disk space and permissions/);
  }
  assert.match(told(new TypeError('x is undefined')), /x is undefined\n {2}this is a fault of bench itself/);
  assert.match(told('odd'), /error: odd\n/);
});

test('an error is a document too, of faults that are no BenchError as well', () => {
  const mistakes = [{ file: 'a.yaml', line: 1, column: 2, message: 'no' }];
  assert.equal(errorDocument(new BenchError('bad-suite', 'no', { where: 'a.yaml:1:2', hint: 'do', mistakes })), {
    ok: false,
    exitCode: 2,
    error: { code: 'bad-suite', message: 'no', where: 'a.yaml:1:2', hint: 'do', mistakes },
  });
  const { error } = errorDocument(new TypeError('x is undefined'));
  assert.equal([error.code, error.message, error.where], ['internal', 'x is undefined', null]);
  assert.is(errorDocument(Object.assign(new Error('full'), { code: 'ENOSPC', syscall: 'write' })).error.code, 'system');
  assert.ok(errorDocument(new Error('x'.repeat(1e6))).error.message.length < 30_000);
  assert.ok(wantsJson(['run', 'a.yaml', '--json']));
  assert.not.ok(wantsJson(['try', '--', '--json']));
});

test('commands are named as the user types them', () => {
  const npx = { npm_command: 'exec' };
  assert.is(typed('run `bench doctor`', npx, ''), 'run `npx bench doctor`');
  assert.is(typed('bench run x, then bench gate latest', npx, ''), 'npx bench run x, then npx bench gate latest');
  assert.is(typed('bench list', {}, '/a/node_modules/.bin/bench'), 'npx bench list');
  for (const same of ['npx bench run x', 'a bench for two', '/bin/bench run', 'persona-bench run']) {
    assert.is(typed(same, npx, ''), same);
  }
  assert.is(typed('bench run x', {}, '/usr/local/bin/bench'), 'bench run x');
});

test('every verb of the command line is known to hints', () => {
  const main = readFileSync(new URL('../../cli/main.ts', import.meta.url), 'utf8');
  const verbs = [...main.matchAll(/program\s*\.command\('([a-z]+)/g)].map(([, verb]) => verb ?? '');
  assert.equal([...VERBS].sort(), verbs.sort());
});

test.run();
