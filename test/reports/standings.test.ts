// What a reader is told of a persona that is held, lost, held by a broken network only, not decided, and no better held than by
// a word count: the same words on the terminal, on the page and in Markdown, and never the same for two of them.

import * as assert from 'uvu/assert';
import type { RunResult } from '../../harness/record/run-record.ts';
import { headlineOf, headlineText } from '../../reports/headline.ts';
import { htmlReport } from '../../reports/html/page.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { isHeld, standingText } from '../../reports/standing.ts';
import { summarySections } from '../../reports/summary.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { byTraitSections } from '../../reports/traits.ts';
import { OUTCOMES, recordOf, runOf } from '../support/standings.ts';
import { suite } from '../support/suite.ts';

const test = suite('standings');

const run = await runOf(OUTCOMES.held);
const records = Object.fromEntries(
  Object.entries(OUTCOMES).map(([name, outcome]) => [name, recordOf(run.result, outcome)]),
) as Record<keyof typeof OUTCOMES, RunResult>;
const page = (result: RunResult) => htmlReport(result, { items: run.rows, prompts: run.prompts() });
const terminal = (result: RunResult) => terminalReport(result, { color: false, written: [], next: null });
const flat = (text: string) =>
  text
    .replace(/<\/?strong>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&quot;/g, '"')
    .replace(/\\/g, '')
    .replace(/[\s\u00a0]+/g, ' ');

test('each outcome has a headline of its own, with figures', () => {
  const titles = Object.values(records).map((record) => headlineOf(record).title);
  assert.equal(titles, [
    'prompting holds both personas: 78.6 % of answers, 28.6 points above none',
    'Not held: the best, prompting, reaches 50.0 % of answers, 0.0 points against none',
    'Not held: the best, prompting, reaches 50.0 % of answers, 0.0 points against none',
    'Measured too little to say: the best, prompting, reaches 64.3 % of answers, +14.3 points against none; about 88 items would decide',
    'Held, but no better than "words" (96.7 %): prompting with 90.8 % of answers, 40.8 points above none',
  ]);
});

test('a run at 78.6 % and one that is destroyed share no line', () => {
  const [held, lost] = [headlineText(headlineOf(records.held)), headlineText(headlineOf(records.lost))];
  assert.equal(
    held.filter((line) => lost.includes(line)),
    [],
  );
  assert.is(held.length, 3);
});

test('a line a persona: what holds it, at what figure, how far above none, at what cost', () => {
  assert.equal(
    headlineOf(records.held).lines[1],
    'introversion: held by prompting, 78.6 % of 120 items, 28.6 points above none [19.5, 37.7]; costs 15.0 prompt tokens',
  );
  assert.match(
    headlineOf(records.lost).lines[0]!,
    /^extraversion: not held: prompting, 50\.0 % .*, not clearly above none, "overlap"$/,
  );
  assert.match(
    headlineOf(records.undecided).lines[0]!,
    /^extraversion: measured too little to say: .*; about 88 items would decide$/,
  );
  assert.match(
    headlineOf(records.words).lines[0]!,
    /^extraversion: held, but no better than "words" \(96\.7 %\): prompting, 90\.8 %/,
  );
  const alone = { ...OUTCOMES.held, entries: OUTCOMES.held.entries.filter(({ method }) => method !== 'prompting') };
  assert.match(
    headlineOf(recordOf(run.result, alone)).lines[0]!,
    /costs 0\.47 s of set-up, 86\.0 kB, a tax of 0\.310 nats per token$/,
  );
});

test('a broken network is never first: it is named with the reason, and with what it says', () => {
  const { title, lines, notes } = headlineOf(records.broken);
  for (const line of [title, ...lines]) assert.not.match(line, /steering|99\.8/);
  assert.match(
    notes[0]!,
    /^steering is broken, and its 99\.8 % are not counted: 97 % of its words were said before\. Asked “What do you do on a free evening\?” as extraversion, it says “Rec/,
  );
  const only = { ...OUTCOMES.broken, entries: OUTCOMES.broken.entries.filter(({ method }) => method !== 'prompting') };
  assert.is(headlineOf(recordOf(run.result, only)).title, 'Not held: every method that was measured is broken');
  const row = records.broken.metrics.find(({ method }) => method === 'steering')!;
  assert.is(standingText(records.broken, row), 'broken: 97 % of its words were said before');
  assert.not.ok(isHeld(records.broken, row));
});

test('it is off the Pareto front and the drawings, and its sample stands in page and Markdown', async () => {
  const html = await page(records.broken);
  const cost = html.slice(html.indexOf('<section id="cost"'), html.indexOf('<section id="personas"'));
  assert.match(cost, 'Broken, and so left out: steering');
  assert.not.match(cost.replace(/<figcaption>.*?<\/figcaption>/s, ''), />steering/);
  const spoken = html.slice(
    html.indexOf('<section id="spoken"'),
    html.indexOf('</section>', html.indexOf('<section id="spoken"')),
  );
  assert.match(spoken, /<details open><summary>steering/);
  assert.match(spoken, /<details><summary>prompting/);
  for (const text of [spoken, markdownReport(records.broken)]) {
    assert.match(text, 'RecececececececeC'.toLowerCase().replace('r', 'R'));
    assert.match(text, 'I call my friends and we go out.');
  }
  assert.match(markdownReport(records.held), /## In free text: tiny\n\n\| method \| persona \| answer \|/);
});

test('terminal, page and Markdown say the headline in the same words', async () => {
  for (const [name, record] of Object.entries(records)) {
    const shown = [terminal(record), await page(record), markdownReport(record)].map(flat);
    for (const line of headlineText(headlineOf(record))) {
      for (const [k, text] of shown.entries()) assert.ok(text.includes(flat(line)), `${name}, ${k}: ${line}`);
    }
  }
});

test('with many personas, those of which the same is said share a line', () => {
  const personas = Array.from({ length: 10 }, (_, k) => [`p${k}`, `t${k >> 1}`] as const);
  const { lines, title } = headlineOf(recordOf(run.result, { ...OUTCOMES.held, personas }));
  assert.is(title.split(':')[0], 'prompting holds all 10 personas');
  assert.is(lines.length, 1);
  assert.match(lines[0]!, /^Held by prompting \(10 of 10\): p0 78\.6 % \(\+28\.6\), p1 .*; costs 15\.0 prompt tokens$/);
  const record = recordOf(run.result, { ...OUTCOMES.held, personas });
  const verdicts = record.verdicts.map((row) =>
    row.persona === 'p3' ? { ...row, standing: 'undecided' as const, decides: 300 } : row,
  );
  const mixed = headlineOf({ ...record, verdicts });
  assert.is(mixed.title.split(':')[0], 'prompting holds 9 of 10 personas');
  assert.is(mixed.lines[1], 'Measured too little to say, first is prompting (1 of 10): p3 78.6 % (+28.6; 300 items)');
});

test('one column of standings, in the second place, by one rule: masks and controls too', () => {
  const [section] = summarySections(records.held, { inFull: false });
  assert.equal(section!.head.slice(0, 3), ['method', 'standing', 'alignment']);
  assert.equal(
    section!.rows.map((row) => row.slice(0, 3)),
    [
      ['none', 'control', '50.0'],
      ['prompting', 'held', '78.6 [73, 83]'],
      ['contrastive at middle', 'held', '74.6 [69, 80]'],
      ['wanda at middle', 'not held', '50.6 [44, 57]'],
      ['wanda.shuffled at middle', 'control', '49.8 [44, 56]'],
    ],
  );
  assert.match(section!.below.join('\n'), 'Why: wanda at middle not above none, wanda.shuffled.');
  const [full] = summarySections(records.held, { inFull: true });
  assert.is(full!.rows[3]![1], 'not held: not above none, wanda.shuffled');
});

test('what was not measured is not called lost', () => {
  const entries = OUTCOMES.held.entries.map((entry) =>
    entry.method === 'wanda'
      ? { ...entry, standing: 'not-measured' as const, fails: [], missing: ['no draws at this sparsity'] }
      : entry,
  );
  const record = recordOf(run.result, { ...OUTCOMES.held, entries });
  const row = record.metrics.find(({ method }) => method === 'wanda')!;
  assert.is(standingText(record, row), 'not measured: no draws at this sparsity');
  const lone = recordOf(run.result, {
    ...OUTCOMES.held,
    entries: entries.filter(({ method }) => method === 'wanda' || method === 'none'),
  });
  assert.match(
    headlineOf(lone).title,
    /^Nothing can be said: the best, wanda at middle, .*; no draws at this sparsity$/,
  );
  for (const text of [terminal(record), markdownReport(record)]) assert.not.match(text, /does NOT|NOT beat/);
});

test('comparators that are equal on every item are one row, and it says so', () => {
  const markdown = markdownReport(records.held).replace(/\\/g, '');
  assert.match(
    markdown,
    /\| prompting \| dense \| none = shorter = first \| 120 \| 1 \| \+28\.6 \[19\.5, 37\.7\] \| above \|/,
  );
  assert.match(markdown, /50\.0 % by construction: "shorter", "first"/);
  assert.match(markdown, /Without a model \(n 240\): "words" 60\.0 % \[.*\], "overlap" 58\.9 %/);
});

test('of many equal comparators the row has the number, and the names stand below', () => {
  const same = ['random', 'shorter', 'longer', 'first', 'yes'];
  const many = {
    ...records.held,
    comparisons: records.held.comparisons.map((row) => ({ ...row, same: row.kind === 'dense' ? same : [] })),
  };
  const markdown = markdownReport(many).replace(/\\/g, '');
  assert.match(markdown, '| prompting | dense | none = 5 others | 120 |');
  assert.is(
    markdown.split('Equal on every item, and so one row: none = random = shorter = longer = first = yes.').length,
    2,
  );
});

test('a star by trait is a verdict on that trait', () => {
  const two = recordOf(run.result, {
    ...OUTCOMES.held,
    personas: [
      ['a', 'one'],
      ['b', 'two'],
    ],
  });
  const [section] = byTraitSections(two);
  assert.equal(
    section!.rows.map((row) => row.map((cell) => cell.endsWith('*'))),
    [
      [false, false, false],
      [false, true, true],
      [false, true, true],
      [false, false, false],
    ],
  );
  const verdicts = two.verdicts.map((row) => (row.trait === 'two' ? { ...row, standing: 'undecided' as const } : row));
  assert.equal(
    byTraitSections({ ...two, verdicts })[0]!.rows[1]!.map((cell) => cell.endsWith('*')),
    [false, true, false],
  );
});

test('the tax is a column and a table with intervals; what cannot be measured says why; filled masks are warned of', () => {
  const [section] = summarySections(records.held, { inFull: false });
  assert.equal(
    section!.rows.map((row) => row[4]),
    ['0', '0', '0.310', '0.220', '–'],
  );
  const markdown = markdownReport(records.held).replace(/\\/g, '');
  assert.match(
    markdown,
    /\| contrastive at middle \| 0\.310 \[0\.279, 0\.341\] \| 0\.155 \[.*\] \| not measurable \| – \| – \| 4\.0 \|/,
  );
  assert.match(markdown, 'Nats per byte are not measurable: the dense network is within 20 % of its loss by unigrams.');
  for (const text of [terminal(records.held), markdown])
    assert.match(
      flat(text),
      'Warning: more than 20 % of the kept weights are filled in, since the score chose too few: wanda at middle 96.0 %.',
    );
});

test('two items bound nothing: no interval from -100 to 100', () => {
  const wide = <T extends { readonly low: number; readonly high: number }>(row: T) => ({ ...row, low: -1, high: 1 });
  const record = { ...records.held, comparisons: records.held.comparisons.map(wide) };
  for (const text of [terminal(record), markdownReport(record)]) assert.not.match(text, /-100\.0/);
  assert.match(markdownReport(record), /\(no interval\)/);
});

test('the terminal says no more than a title and a line a persona before its first table', () => {
  const lines = terminal(records.held).split('\n');
  const table = lines.findIndex((line) => line.startsWith('Methods: '));
  const text = lines.slice(0, table).join(' ').replace(/\s+/g, ' ');
  assert.is(text.split('introversion:').length, 2);
  assert.ok(lines.slice(0, table).length <= 12, lines.slice(0, table).join('\n'));
});

test.run();
