// Names, questions and answers of others in everything that is printed or written for CI: they steer no terminal, give no
// command to a job that reads the log, and are no markup.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../base/error.ts';
import { jsonText } from '../../base/printable.ts';
import { report } from '../../cli/error-messages.ts';
import { blessVerb, compareVerb, gateVerb } from '../../cli/gate.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { startProgress } from '../../harness/run/progress.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { gateAnnotations, gateMarkdown } from '../../reports/gate.ts';
import { htmlReport } from '../../reports/html/page.ts';
import { gateJunit } from '../../reports/junit.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { fakePersona, fakeSuite, METHODS } from '../support/fake.ts';
import { temporaryFolder } from '../support/folders.ts';
import { editedRun, otherAnswer } from '../support/run-files.ts';
import { runFake } from '../support/session.ts';
import { OUTCOMES, recordOf } from '../support/standings.ts';
import { suite } from '../support/suite.ts';

const test = suite('hostile names');

const HOSTILE =
  `\x1b]0;owned\x07\x1b[2J\x9b31m\r\n::error file=a::b\n::stop-commands::t\n##[error]c\u202e\u2028|<img src=x onerror=1>` +
  `[d](http://e)![f](http://g)\`*_]]>&amp;--> ${'::'.repeat(120)} ::warning::h ${'w'.repeat(99)}::i \ud800\0`;
const text = (what: string): string => `${HOSTILE}${what}`;

/** Nothing but lines of characters that are seen, and none of them a command. */
function harmless(shown: string, name: string): void {
  assert.ok(shown.length > 100, name);
  const found = /[^\P{Cc}\n]|[\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u.exec(shown);
  assert.is(found, null, `${name}: ${JSON.stringify(shown.slice((found?.index ?? 0) - 60, (found?.index ?? 0) + 20))}`);
  assert.not.match(shown, /^\s*::/m, name);
  assert.not.match(shown, '##[', name);
}
/** What is left of Markdown without what is escaped: our own marks alone. */
const unescaped = (markdown: string): string => markdown.replace(/\\./gs, '');

async function ran() {
  const rules = { alignment: { margin: 0.05, alpha: 0.05 }, tax: {}, timings: { against: 'none' } };
  const made = fakeSuite({
    name: text('suite'),
    notes: [text('note')],
    personas: [
      fakePersona(text('a'), text('b'), text('t'), 'high'),
      fakePersona(text('b'), text('a'), text('t'), 'low'),
    ],
    methods: [
      { id: text('none'), method: 'none', control: true, options: {} },
      { id: text('prompting'), method: 'prompting', control: false, options: { place: 'system' } },
    ],
    latency: { items: 2, warmup: 0, repeats: 2, decodeTokens: 3 },
    gate: {
      ...rules,
      rows: [text('prompting')],
      floors: { [text('prompting')]: 1 },
      order: [],
      counters: { model: true, commands: true },
      inconclusive: 'fail',
    },
  });
  const { models: _, ...changes } = made;
  const base = temporaryFolder();
  const { result, rows } = await runFake(base, { suite: changes, options: { registry: METHODS, kinds: EVALUATIONS } });
  return { result, folder: writeRunFolder(base, result, rows(), {}), items: [...rows()] };
}

const { result, folder, items } = await ran();
/** The same run with every answer of prompting turned. */
const turned = editedRun(folder, (row) => (String(row.method).includes('prompting') ? otherAnswer(row) : row));

async function told(verb: (write: (text: string) => void) => Promise<number>): Promise<string> {
  let all = '';
  await verb((more) => {
    all += more;
  });
  return all;
}

test('the terminal, with the paths and the next command', () => {
  harmless(terminalReport(result, { color: false, written: [text('path')], next: text('next') }), 'terminal');
});

test('documents: the same when parsed', () => {
  const json = jsonText(result);
  harmless(json, 'json');
  assert.equal(JSON.parse(json), JSON.parse(JSON.stringify(result)));
});

test('bless, gate and compare', async () => {
  const out = path.join(temporaryFolder(), 'ref.json');
  harmless(await told((write) => blessVerb(folder, { out }, write)), 'bless');
  harmless(await told((write) => gateVerb(turned, { reference: out, explain: true }, write)), 'gate');
  harmless(await told((write) => compareVerb(folder, turned, {}, write)), 'compare');
  harmless(await told((write) => compareVerb(folder, turned, { json: true }, write)), 'compare --json');

  const verdicts = JSON.parse(await told((write) => gateVerb(turned, { reference: out, json: true }, write)));
  assert.is(verdicts.outcome, 'fail');
  const markdown = gateMarkdown(verdicts);
  harmless(markdown, 'summary');
  assert.equal(
    unescaped(markdown)
      .match(/<\/?\w+/g)
      ?.filter((tag) => !/^<\/?(details|summary)$/.test(tag)) ?? [],
    [],
  );
  assert.not.match(unescaped(markdown.replace(/^<details>.*$/gm, '')), /[`*[\]]/);
  for (const line of unescaped(markdown)
    .split('\n')
    .filter((row) => row.startsWith('| ')))
    assert.is(line.match(/\|/g)?.length, 5, line);

  const annotations = gateAnnotations(verdicts, { file: text('file'), line: 3 })
    .trimEnd()
    .split('\n');
  assert.is(annotations.length, verdicts.verdicts.filter((one: { outcome: string }) => one.outcome !== 'pass').length);
  for (const line of annotations)
    assert.match(line, /^::(error|warning) file=[^,:]*,line=3,title=[^,:]*::[^\p{Cc}]*$/u);

  const xml = gateJunit(verdicts, text('suite'));
  assert.not.match(xml, /[^\P{Cc}\n]|\p{Cs}/u, 'characters that XML forbids');
  assert.is(xml.match(/<testcase /g)?.length, verdicts.verdicts.length);
  assert.not.match(xml.replace(/<!\[CDATA\[[\s\S]*?\]\]>/g, ''), '<img');
});

test('report.md', () => {
  const markdown = markdownReport(result);
  harmless(markdown, 'report.md');
  assert.not.match(unescaped(markdown), /<|`|\]\(|!\[/);
});

test('what a network writes, why it is broken, and what is missing', async () => {
  const [none, prompting] = OUTCOMES.broken.entries;
  const record = recordOf(result, {
    ...OUTCOMES.broken,
    entries: [
      none,
      { ...prompting, missing: [text('missing')], standing: 'not-measured' },
      { method: text('steering'), value: 0.99, standing: 'held', says: text('says'), broken: [text('why')], tax: 3 },
    ],
  });
  harmless(terminalReport(record, { color: false, written: [], next: null }), 'terminal');
  const markdown = markdownReport(record);
  harmless(markdown, 'report.md');
  assert.not.match(unescaped(markdown), /<|`|\]\(|!\[/);
  assert.match(markdown, /## In free text/);
  const page = await htmlReport(record, { items: () => items, prompts: new Map() });
  assert.not.match(page, /[^\P{Cc}\n\t\r]|[\u202a-\u202e\u2066-\u2069]/u);
  assert.not.match(page, /<img|onerror=1>/);
  assert.match(page, '<section id="spoken">');
});

test('progress and errors', () => {
  let shown = '';
  const stream = { write: (more: string) => (shown += more) } as unknown as NodeJS.WriteStream;
  const { listen } = startProgress('plain', stream);
  const cell = { model: text('m'), evaluation: { id: 'c' }, method: 'n', persona: null, wording: null, sparsity: null };
  listen({ kind: 'cell-error', cell: { ...cell, seed: null }, code: 'x', message: text('e') } as unknown as Parameters<
    typeof listen
  >[0]);
  listen({ kind: 'model-load', model: text('m') });
  harmless(shown, 'progress');
  let said = '';
  report(new BenchError('bad-data', text('message'), { where: text('file'), hint: text('hint') }), {
    write: (more) => (said += more),
  });
  harmless(said, 'error');
});

test('the file of a blessed run and a run record are named without what steers a path', async () => {
  assert.match(path.basename(folder), /^[\w.-]+$/);
  const base = temporaryFolder();
  const named = writeRunFolder(base, { ...result, suite: '../../../escaped' }, items, {});
  assert.is(path.dirname(named), path.join(base, 'runs'));
  assert.is(JSON.parse(readFileSync(path.join(named, 'run.json'), 'utf8')).suite, '../../../escaped');
});

test.run();
