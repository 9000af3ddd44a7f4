// Names of models of the hub: what is one, and what must never reach a path or a URL.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { parseHubName } from '../../../harness/hub/name.ts';
import { test } from '../../support/suite.ts';

test('owner, name and revision', () => {
  const name = 'hf:HuggingFaceTB/SmolLM2-135M-Instruct';
  assert.equal(parseHubName(name), { name, repo: 'HuggingFaceTB/SmolLM2-135M-Instruct', revision: 'main' });
  assert.is(parseHubName(`${name}@refs/pr/3`).revision, 'refs/pr/3');
  assert.is(parseHubName(`${name}@v1.0`).revision, 'v1.0');
});

test('hostile and odd names', () => {
  for (const name of [
    'hf:',
    'hf:tiny',
    'hf:me/tiny/more',
    'hf:../../etc',
    'hf:me/..',
    'hf:me/a..b',
    'hf:a--b/c',
    'hf:a/b--c',
    'hf:me/tiny@',
    'hf:me/tiny@../x',
    'hf:me/tiny@a//b',
    'hf:me/tiny@/x',
    'hf:me/tiny@x?y',
    'hf:me/ti ny',
    'hf:me/tiny\n',
    'hf:me\\x/tiny',
    `hf:me/${'a'.repeat(200)}`,
  ]) {
    assert.throws(
      () => parseHubName(name),
      (error: unknown) => error instanceof BenchError && error.code === 'bad-model-name' && error.hint !== undefined,
      name,
    );
  }
});

test.run();
