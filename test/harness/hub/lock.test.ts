// The lock about a download: one at a time, and that of a dead process does not count.

import { spawnSync } from 'node:child_process';
import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { withLock } from '../../../harness/hub/lock.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('lock');
const never = (): void => assert.unreachable('nobody holds it');
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('of many that find the lock of a dead process, one at a time works', async () => {
  const lock = join(temporaryFolder(), 'lock');
  const { pid } = spawnSync(process.execPath, ['--version']);
  writeFileSync(lock, `${pid} ${hostname()}`);
  let within = 0;
  let most = 0;
  let done = 0;
  await Promise.all(
    Array.from({ length: 4 }, () =>
      withLock(
        lock,
        () => {},
        async () => {
          most = Math.max(most, ++within);
          await pause(5);
          within--;
          done++;
        },
      ),
    ),
  );
  assert.equal([most, done, existsSync(lock), existsSync(`${lock}.break`)], [1, 4, false, false]);
});

test('a lock that nobody touched for long is lost, though its number lives or its machine is another', async () => {
  const lock = join(temporaryFolder(), 'lock');
  for (const owner of [`${process.pid} ${hostname()}`, '1 elsewhere']) {
    writeFileSync(lock, owner);
    utimesSync(lock, 1e9, 1e9);
    assert.is(await withLock(lock, never, async () => 'done'), 'done');
  }
});

test('a lock dated in the future is lost once it does not change, and waited for while it does', async () => {
  const lock = join(temporaryFolder(), 'lock');
  writeFileSync(lock, '1 elsewhere');
  const ahead = Date.now() / 1000 + 1e6;
  utimesSync(lock, ahead, ahead);
  let touches = 0;
  const touching = setInterval(() => {
    if (++touches > 20) clearInterval(touching);
    else utimesSync(lock, ahead + touches, ahead + touches);
  }, 50);
  let told = 0;
  const at = await withLock(
    lock,
    () => told++,
    async () => touches,
    900,
  );
  assert.is(told, 1);
  assert.ok(at > 20, `taken after ${at} touches`);
});

test('a fresh lock of another machine is waited for, and work that fails gives its lock back', async () => {
  const lock = join(temporaryFolder(), 'lock');
  writeFileSync(lock, '1 elsewhere');
  let told = 0;
  const failing = withLock(
    lock,
    () => told++,
    async () => {
      throw new Error('work');
    },
  ).catch((error: Error) => error.message);
  await pause(500);
  assert.equal([told, existsSync(lock)], [1, true]);
  utimesSync(lock, 1e9, 1e9);
  assert.is(await failing, 'work');
  assert.not.ok(existsSync(lock));
});

test.run();
