// Names of models of the hub: what is one, and what must never reach a path or a URL.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { didYouMeanHub, hubNameMeant, parseHubName } from '../../../harness/hub/name.ts';
import { ROOT } from '../../support/node.ts';
import { test } from '../../support/suite.ts';

test('owner, name and revision', () => {
  const name = 'hf:HuggingFaceTB/SmolLM2-135M-Instruct';
  assert.equal(parseHubName(name), { name, repo: 'HuggingFaceTB/SmolLM2-135M-Instruct', file: null, revision: 'main' });
  const gguf = 'hf:me/tiny-GGUF/tiny.Q4_K_M.gguf@v2';
  assert.equal(parseHubName(gguf), { name: gguf, repo: 'me/tiny-GGUF', file: 'tiny.Q4_K_M.gguf', revision: 'v2' });
  assert.is(parseHubName(`${name}@refs/pr/3`).revision, 'refs/pr/3');
  assert.is(parseHubName(`${name}@v1.0`).revision, 'v1.0');
});

test('hostile and odd names', () => {
  for (const name of [
    'hf:',
    'hf:tiny',
    'hf:me/tiny/more',
    'hf:me/tiny/sub/a.gguf',
    'hf:me/tiny/..gguf',
    'hf:me/tiny/a..b.gguf',
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

test('a name without its hf:, and an address, are understood; a path is not taken for one', () => {
  for (const [name, meant] of [
    ['HuggingFaceTB/SmolLM2-135M', 'hf:HuggingFaceTB/SmolLM2-135M'],
    ['me/tiny@v1', 'hf:me/tiny@v1'],
    ['https://huggingface.co/me/tiny', 'hf:me/tiny'],
    ['huggingface.co/me/tiny/', 'hf:me/tiny'],
    ['https://huggingface.co/me/tiny/tree/main', 'hf:me/tiny@main'],
    ['https://huggingface.co/me/tiny/blob/v2/config.json', 'hf:me/tiny@v2'],
    ['https://huggingface.co/me/tiny/blob/v2/a.gguf', 'hf:me/tiny/a.gguf@v2'],
    ['hf://me/tiny', 'hf:me/tiny'],
    ['HF:me/tiny', 'hf:me/tiny'],
    ['hf:me/tiny', null],
    ['tiny', null],
    ['a/b/c', null],
    ['../me/tiny', null],
    ['./tiny', null],
    ['me/..', null],
    ['https://example.com/me/tiny', null],
    ['', null],
  ] as const) {
    assert.is(hubNameMeant(name), meant, name);
    assert.is(didYouMeanHub(name, '/nowhere'), meant === null ? undefined : `did you mean ${meant}?`, name);
  }
  // In a folder with `models`, models/tiny is a path.
  assert.is(didYouMeanHub('models/tiny', ROOT), undefined);
  assert.throws(
    () => parseHubName('hf://me/tiny'),
    (error: unknown) => error instanceof BenchError && error.hint === 'did you mean hf:me/tiny?',
  );
});

test.run();
