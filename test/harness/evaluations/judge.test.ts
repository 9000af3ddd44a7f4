// The judge of texts against a local server: what is asked, what is believed, what is tried again, and what fails.

import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { judgeOf } from '../../../harness/evaluations/generation/judge.ts';
import { suite } from '../../support/suite.ts';
import { item } from '../score/fakes.ts';

const test = suite('judge');

interface Answer {
  readonly status?: number;
  readonly body?: string;
  readonly location?: string;
}
const asked: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
let answers: Answer[] = [];
const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    asked.push({ url: request.url, headers: request.headers, body });
    const { status = 200, body: said = '', location } = answers.shift() ?? {};
    const to = location === undefined ? {} : { location };
    response.writeHead(status, { 'content-type': 'application/json', ...to }).end(said);
  });
});
test.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
test.after(() => new Promise<void>((resolve) => server.close(() => resolve())));

const saying = (content: unknown): Answer => ({ body: JSON.stringify({ choices: [{ message: { content } }] }) });
const QUESTION = item('q', ['Be loud.', 'Be shy.'], { question: 'Well?' });
let key = 'secret';
function mark(text: string, ...said: readonly Answer[]): Promise<number> {
  answers = [...said];
  asked.length = 0;
  const { port } = server.address() as AddressInfo;
  const settings = { model: 'm', prompt: '{high}|{low}|{question}|{text}', keyEnv: 'JUDGE_KEY' };
  return judgeOf({ ...settings, endpoint: `http://127.0.0.1:${port}/v1/` }, { JUDGE_KEY: key })(QUESTION, text);
}
async function fails(pattern: RegExp, ...said: readonly Answer[]): Promise<void> {
  const error = (await mark('x', ...said).catch((caught: unknown) => caught)) as BenchError;
  assert.is(error.code, 'judge-failed');
  assert.match(error.message, pattern);
  assert.ok(error.hint);
  assert.not.match(JSON.stringify(error), /secret/);
}

test('prompts, question and text are filled in once; the key goes into the header alone', async () => {
  assert.is(await mark('I {low} sing.', saying(' 85.\n')), 0.85);
  const [{ url, headers, body }] = asked as [(typeof asked)[0]];
  assert.is(url, '/v1/chat/completions');
  assert.is(headers.authorization, 'Bearer secret');
  const sent = JSON.parse(body);
  assert.equal(sent.messages, [{ role: 'user', content: 'Be loud.|Be shy.|Well?|I {low} sing.' }]);
  assert.equal([sent.model, sent.temperature], ['m', 0]);
  assert.not.match(body, /secret/);
});

test('0 and 100 are marks, and nothing else is but whole numbers between', async () => {
  assert.is(await mark('x', saying('0')), 0);
  assert.is(await mark('x', saying('100')), 1);
  for (const said of ['101', '-1', '50 %', 'A', '', null, 50]) await fails(/not a number from 0 to 100/, saying(said));
  await fails(/is not JSON/, { body: '<html>' });
  await fails(/not a number/, { body: '{}' });
});

test('what may pass is tried again, what will not is told at once', async () => {
  assert.is(await mark('x', { status: 429 }, { status: 503 }, saying('7')), 0.07);
  assert.is(asked.length, 3);
  await fails(/it answered 401/, { status: 401 });
  assert.is(asked.length, 1);
});

test('texts are sent nowhere else', async () => {
  for (const status of [301, 302, 307, 308]) {
    await fails(new RegExp(`it answered ${status}`), { status, location: '/elsewhere' }, saying('50'));
    assert.equal(
      asked.map(({ url }) => url),
      ['/v1/chat/completions'],
    );
  }
});

test('a key that no header can hold is told, without it', async () => {
  for (const broken of ['secret\nx', 'secret\0', 'secret\u2026']) {
    key = broken;
    await fails(/the key in JUDGE_KEY has characters that a header cannot have/, saying('50'));
    assert.is(asked.length, 0);
  }
  key = 'secret\n';
  assert.is(await mark('x', saying('50')), 0.5, 'the end of a line is no part of a key');
  key = 'secret';
});

test('what is nested without end is no JSON', async () => {
  await fails(/is not JSON|not a number/, { body: '['.repeat(1 << 19) });
});

test('an answer without end is cut off', async () => {
  await fails(/exceeds 1048576 bytes/, { body: 'x'.repeat(2 << 20) });
});

test.run();
