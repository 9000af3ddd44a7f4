// report.html as text: escaping, a policy that lets only its own script run, and nothing that would be fetched. What a
// browser makes of it is tested in test/browser.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { shown } from '../../base/printable.ts';
import { reportVerb } from '../../cli/report.ts';
import { packPrompts } from '../../harness/record/prompts.ts';
import type { ItemRow } from '../../harness/record/run-record.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { embedded, html, textOf } from '../../reports/html/markup.ts';
import { htmlReport } from '../../reports/html/page.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('html report');

const HOSTILE = `"><img src=x onerror=alert(1)><script>alert(2)</script><!--'\u2028`;
const run = await runFake(temporaryFolder());
const page = await htmlReport(run.result, { items: run.rows, prompts: run.prompts() });

test('templates escape all but what a template has made', () => {
  assert.is(textOf(html`<p title="${HOSTILE}">${[HOSTILE, html`<b>${1}</b>`, null, false]}</p>`).split('<').length, 5);
  // What JSON can hold is never markup, whatever its shape.
  const forged = JSON.parse('{"markup":"<script>","text":"<script>"}');
  assert.throws(() => html`${forged}`);
});

test('embedded JSON can end neither its element nor a line', () => {
  const text = textOf(embedded([HOSTILE, '</script', ']]>', '&amp;']));
  assert.not.match(text, /[<>&\u2028\u2029]/);
  assert.equal(JSON.parse(text), [shown(HOSTILE), '</script', ']]>', '&amp;']);
});

test('a name turns no line of the page and hides nothing: its controls are shown as codes, in the data of the script too', async () => {
  const turning = 'safe\u202egnp\u2066\x1b[2J\x07end';
  const named = { ...run.result, suite: turning, notes: [turning] };
  const rows = [...run.rows()].map((row) => ({ ...row, question: `${row.question} ${turning}` }));
  const html = await htmlReport(named, { items: () => rows, prompts: new Map() });
  assert.not.match(html, /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/u);
  assert.match(html, 'safe\\u202egnp\\u2066\\u001b[2J\\u0007end');
  const data = /<script type="application\/json" id="outcomes">(.*)<\/script>/.exec(html)?.[1] ?? '';
  assert.not.match(JSON.stringify(JSON.parse(data)), /[\u202a-\u202e\u2066-\u2069]|[^\\]\\u00(1b|07)/);
});

test('the policy names the hash of the one style and the one script, and allows nothing else', () => {
  const hashes = ['style', 'script'].map((name) => {
    const own = [...page.matchAll(new RegExp(`<${name}>([\\s\\S]*?)</${name}>`, 'g'))];
    assert.is(own.length, 1, name);
    return createHash('sha256')
      .update(own[0]?.[1] ?? '')
      .digest('base64');
  });
  const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
  assert.match(policy, /^default-src &#39;none&#39;;/);
  for (const hash of hashes) assert.ok(policy.includes(hash));
});

test('nothing in it is fetched: no address but names of namespaces', () => {
  const addresses = [...page.matchAll(/(?:src|href|action)="([^"]*)"/g)].map((match) => match[1] ?? '');
  assert.equal(
    addresses.filter((address) => !address.startsWith('#') && address !== 'data:,'),
    [],
  );
  assert.not.match(page, /url\(|@import/);
});

test('every id is there once, and every link within the page leads somewhere', () => {
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map((match) => match[1] ?? '');
  assert.is(new Set(ids).size, ids.length);
  for (const [, target = ''] of page.matchAll(/href="#([^"]*)"/g)) assert.ok(ids.includes(target), target);
});

test('bench report writes the page of a folder again, the same', async () => {
  const folder = writeRunFolder(temporaryFolder(), run.result, run.rows(), {
    'prompts.json': JSON.stringify(packPrompts(run.prompts())),
  });
  const out = path.join(temporaryFolder(), 'page.html');
  let said = '';
  const code = await reportVerb(folder, { out }, (text) => {
    said += text;
  });
  assert.is(code, 0);
  assert.match(said, out);
  assert.is(readFileSync(out, 'utf8'), page);
});

test('a run whose answers are malformed is refused at their line', async () => {
  const [first, ...rest] = [...run.rows()];
  const bad = [{ orders: [{ sums: [1, 2], scores: ['1', 2] }] }, { prompt: 3 }, { addedTokens: 'x' }, { texts: [{}] }];
  for (const change of bad) {
    const rows = [{ ...first, ...change } as unknown as ItemRow, ...rest];
    const folder = writeRunFolder(temporaryFolder(), run.result, rows, {});
    try {
      await reportVerb(folder, {}, () => {});
      assert.unreachable(JSON.stringify(change));
    } catch (error) {
      assert.is((error as { code?: string }).code, 'bad-run', String(error));
      assert.match(String((error as { where?: string }).where), /items\.jsonl:1$/);
    }
  }
});

test.run();
