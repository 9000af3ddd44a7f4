// Data sets that suites name: what is fetched, checked and kept, and what is said where there is no network.

import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { pullVerb } from '../../../cli/pull.ts';
import { dataFolder, dataOrigin, pullData } from '../../../harness/hub/data.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('data sets');
const access = (url: string) => ({ url, offline: false, token: null, idleMs: 5000 });
const quiet = (): void => {};
test.before.each(() => {
  process.env.XDG_CACHE_HOME = temporaryFolder();
});

/** Plays the host of the files: gives `body` of each path. */
async function played(body: (path: string) => Buffer | null) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const found = body(request.url ?? '');
    response.writeHead(found === null ? 404 : 200).end(found ?? undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, close: () => server.close() };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'none',
    (error: BenchError) => error.code,
  );

test('it says what it fetches, from whom, at which commit and under which licence', () => {
  assert.match(dataOrigin('data:bipo'), /^5 files, \d+ kB, of github CaoYuanpu\/BiPO at a577418 \(MIT\)$/);
});

test('an unknown name is refused with those that are known, and by the verb too', async () => {
  for (const name of ['data:nothing', 'data:', 'data:constructor', 'data:../x']) {
    assert.is(await codeOf(pullData(name, quiet)), 'unknown-data', name);
    assert.is(await codeOf(pullVerb(name, {})), 'unknown-data', name);
  }
});

test('without a network it says so, and leaves no folder that passes for the data', async () => {
  const gone = await played(() => null);
  gone.close();
  const error = await pullData('data:bipo', quiet, access(gone.url)).catch((caught: BenchError) => caught);
  assert.is((error as BenchError).code, 'hub-connection');
  assert.ok((error as BenchError).hint);
  assert.not.ok(existsSync(dataFolder('data:bipo')));
  assert.is(await codeOf(pullData('data:bipo', quiet, { ...access(gone.url), offline: true })), 'offline');
});

test('other bytes than those that are known are refused', async () => {
  const host = await played((at) => Buffer.alloc(/LICENSE$/.test(at) ? 1063 : 400_000, 'x'));
  const code = await codeOf(pullData('data:bipo', quiet, access(host.url)));
  host.close();
  assert.ok(['bad-digest', 'hub-connection'].includes(code), code);
  assert.not.ok(existsSync(dataFolder('data:bipo')));
});

const folder = shared('data/bipo');
const whole = 'the published files come under the names that a suite reads, once';
if (folder === null) test.skip(whole, '../shared/data/bipo is not on this machine');
else {
  test(whole, async () => {
    const ours: Readonly<Record<string, string>> = {
      'data/power-seeking/train.csv': 'power_train.csv',
      'data/power-seeking/test_infer.csv': 'power_test.csv',
      'data/hallucination/train.csv': 'hallucination_train.csv',
      'data/hallucination/test_infer.csv': 'hallucination_test.csv',
      LICENSE: 'LICENSE',
    };
    const host = await played((at) => {
      const name = ours[at.split('/').slice(4).join('/')];
      return name === undefined ? null : readFileSync(path.join(folder, name));
    });
    const events: string[] = [];
    const at = await pullData('data:bipo', ({ kind }) => events.push(kind), access(host.url));
    assert.is(at, dataFolder('data:bipo'));
    for (const name of Object.values(ours)) {
      assert.ok(readFileSync(path.join(at, name)).equals(readFileSync(path.join(folder, name))), name);
    }
    assert.is(host.asked.length, 5);
    assert.match(host.asked[0] ?? '', /^\/CaoYuanpu\/BiPO\/a577418426088a51c2bc6d8d7251554f896e4298\//);
    assert.ok(events.includes('plan') && events.includes('bytes'));
    await pullData('data:bipo', quiet, access(host.url));
    assert.is(host.asked.length, 5, 'what is there is not asked for again');
    host.close();
  });
}

test.run();
