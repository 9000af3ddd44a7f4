// Where caches go: the usual folder, the one that is named, and one of this user alone where a home cannot be written.

import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { temporaryFolder } from '../support/folders.ts';
import { runScript } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('cache folder');

async function folderWith(env: Readonly<Record<string, string>>): Promise<string> {
  const set = JSON.stringify({ XDG_CACHE_HOME: '', ...env });
  const { stdout, stderr, code } = await runScript(`
    Object.assign(process.env, ${set});
    const { cacheFolder } = await import('./base/cache-folder.ts');
    process.stdout.write(cacheFolder());`);
  assert.is(code, 0, stderr);
  return stdout;
}

test('the home’s own, or the one that is named', async () => {
  const [home, named] = [temporaryFolder(), temporaryFolder()];
  assert.is(await folderWith({ HOME: home }), path.join(home, '.cache/persona-bench'));
  assert.is(await folderWith({ HOME: home, XDG_CACHE_HOME: named }), path.join(named, 'persona-bench'));
});

if (process.getuid !== undefined) {
  const user = process.getuid();
  // A file in place of the home: not even root makes a folder in it.
  const home = path.join(temporaryFolder(), 'home');
  writeFileSync(home, '');
  const usual = path.join(home, '.cache/persona-bench');

  test('a home that cannot be written gives way to a folder of this user alone', async () => {
    const TMPDIR = temporaryFolder();
    const own = path.join(TMPDIR, `persona-bench-${user}`);
    assert.is(await folderWith({ HOME: home, TMPDIR }), own);
    assert.is(statSync(own).mode & 0o777, 0o700);
  });

  test('a temporary folder that others may write, or a link, is not used', async () => {
    const [open, linked, elsewhere] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    mkdirSync(path.join(open, `persona-bench-${user}`));
    chmodSync(path.join(open, `persona-bench-${user}`), 0o777);
    assert.is(await folderWith({ HOME: home, TMPDIR: open }), usual);
    symlinkSync(elsewhere, path.join(linked, `persona-bench-${user}`));
    assert.is(await folderWith({ HOME: home, TMPDIR: linked }), usual);
    assert.not.ok(existsSync(usual));
  });
}

test.run();
