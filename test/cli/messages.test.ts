// What a person reads when a verb throws.

import { readFileSync } from 'node:fs';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { report } from '../../cli/messages.ts';
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

test.run();
