// Files of others: pipes, folders and pointers in their place, files that are too large, and JSON beyond its bounds.

import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { readBounded, readJson } from '../../base/files.ts';
import { MAX_VALUES, parseJson } from '../../base/json.ts';
import { failure, jsonOf, type ReadError, readBytes, readBytesSync, readText, readTextSync } from '../../base/read.ts';
import { temporaryFolder } from '../support/folders.ts';
import { suite } from '../support/suite.ts';

const test = suite('reading', { timeoutMs: 20_000 });

const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 268435456\n`;

/** The reason why neither way of reading takes the file; the same of both. */
async function refused(path: string, limit = 100): Promise<ReadError> {
  const later = await readBytes(path, limit).then(
    () => assert.unreachable(`${path} was read`),
    (error: ReadError) => error,
  );
  try {
    readBytesSync(path, limit);
  } catch (error) {
    const { problem, message } = error as ReadError;
    assert.equal([problem, message], [later!.problem, later!.message]);
    return error as ReadError;
  }
  throw new Error(`${path} was read`);
}

test('a file is read whole, and text is UTF-8 without a byte order mark', async () => {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, '\ufeffgrün');
  assert.is((await readBytes(path, 8)).length, 8);
  assert.is(await readText(path, 8), 'grün');
  assert.is(readTextSync(path, 8), 'grün');
  writeFileSync(path, '');
  assert.is(await readText(path, 0), '');
  writeFileSync(path, Buffer.from('\u00ef\u00bb\u00bfa: \u00c3\u00bc\nb: grün', 'latin1'));
  assert.is(readBounded(path, 100), null);
  await readText(path, 100).then(
    () => assert.unreachable(),
    (error: ReadError) =>
      assert.equal([error.problem, error.message], ['text', 'it is not UTF-8 (line 2, byte 14 of the file)']),
  );
});

test('what is no file, not there, too large or a Git LFS pointer is told apart, and a pipe is not waited for', async () => {
  const folder = temporaryFolder();
  const at = (name: string): string => join(folder, name);
  assert.equal(
    [(await refused(at('absent'))).problem, (await refused(at('absent/x'))).problem],
    ['missing', 'missing'],
  );
  writeFileSync(at('file'), 'x'.repeat(101));
  assert.match((await refused(at('file'))).message, /is 101 bytes long, and 100 are allowed/);
  assert.is((await refused(at('file/x'))).problem, 'missing');
  mkdirSync(at('folder'));
  assert.is((await refused(at('folder'))).problem, 'kind');
  symlinkSync(at('loop'), at('loop'));
  assert.equal(
    [(await refused(at('loop'))).problem, (await refused(at('loop'))).message],
    ['link', 'this is a link that leads back to itself'],
  );
  // A file that may be absent must not be taken for absent where only the target of its link was lost.
  symlinkSync(at('nowhere'), at('dangling'));
  assert.equal(
    [(await refused(at('dangling'))).problem, (await refused(at('dangling'))).message],
    ['link', 'this is a link to a file that is not there'],
  );
  writeFileSync(at('pointer'), POINTER);
  const pointer = await refused(at('pointer'), 1000);
  assert.is(pointer.problem, 'pointer');
  const told = failure(pointer, 'bad-data', at('pointer'), 'a general hint');
  assert.ok(told instanceof BenchError && /git lfs pull/.test(told.hint ?? ''));
  // A text that only speaks of pointers is none.
  writeFileSync(at('about'), `The first line is\n${POINTER}`);
  assert.match(await readText(at('about'), 1000), /git-lfs/);
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [at('pipe')]);
  symlinkSync(at('pipe'), at('link'));
  for (const name of ['pipe', 'link']) {
    assert.is((await refused(at(name))).problem, 'kind');
    assert.is(readJson(at(name), 100), null);
  }
  assert.is((await refused('/dev/zero')).problem, 'kind');
});

test('JSON is bounded in depth and in values before it is parsed, wherever they stand', () => {
  assert.equal(parseJson('{"a": [1, "[,[,{", {"b": null}]}', 7), { a: [1, '[,[,{', { b: null }] });
  assert.throws(() => parseJson('[1, [2, 3], {}]', 5), /it has more than 5 values/);
  const deep = (levels: number): string => `${'['.repeat(levels)}${']'.repeat(levels)}`;
  assert.ok(Array.isArray(parseJson(deep(64))));
  assert.throws(() => parseJson(deep(65)), /nested deeper than 64 levels/);
  assert.throws(() => parseJson(`{"a": "\\"", "b": ${deep(64)}}`), /nested deeper/);
  // 66 MB of empty objects took 3.4 GB once.
  assert.throws(() => parseJson(`[${'{},'.repeat(MAX_VALUES)}{}]`), new RegExp(`more than ${MAX_VALUES} values`));
  assert.throws(
    () => jsonOf('{"a": '),
    (error: ReadError) => error.problem === 'json' && /cannot be read as JSON/.test(error.message),
  );
});

test.run();
