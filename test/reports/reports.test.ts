// Reports: what the terminal, Markdown and the schema say of a run.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import { wantsColor } from '../../base/columns.ts';
import type { MetricRow, RunResult, Samples } from '../../harness/record/run-record.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { medianText, percentileText, shareText, short } from '../../reports/format.ts';
import { headlineOf, headlineText } from '../../reports/headline.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { cellsLine, titleLine } from '../../reports/sections.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runFake } from '../support/session.ts';
import { share } from '../support/share.ts';
import { suite } from '../support/suite.ts';

const test = suite('reports');

const latency = { items: 2, warmup: 0, repeats: 2, decodeTokens: 3 };
const { result } = await runFake(temporaryFolder(), { suite: { latency } });
const schema = JSON.parse(readFileSync(new URL('../../reports/schema/run.schema.json', import.meta.url), 'utf8'));
const validate: (record: unknown) => boolean = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);

/** The record with the alignment of one method's rows replaced: `value` of `n`. */
function withAlignment(record: RunResult, method: string, value: number, n = 200): RunResult {
  const alignment = share(value, n);
  return {
    ...record,
    metrics: record.metrics.map((row) => (row.method === method ? { ...row, alignment } : row)),
  };
}
const pooled = (record: RunResult, method: string) =>
  record.metrics.find((row) => row.method === method && row.scope === 'pooled') as MetricRow;
const even = withAlignment(result, 'none', 0.5);
const apart = {
  ...withAlignment(even, 'prompting', 0.9),
  answerers: result.answerers.map((row) => ({ ...row, alignment: share(0.55, 200) })),
};

/** The record as run.json holds it. */
function onDisk(record: RunResult) {
  const folder = writeRunFolder(temporaryFolder(), record, [], {});
  return JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8'));
}

test('the record fits its schema, and the schema is closed', () => {
  const record = onDisk(result);
  assert.ok(validate(record));
  assert.not.ok(validate({ ...record, extra: 1 }));
  assert.not.ok(validate({ ...record, version: 1 }));
  const [cell, ...cells] = record.cells;
  assert.not.ok(validate({ ...record, cells: [{ ...cell, status: 'maybe' }, ...cells] }));
  assert.not.ok(validate({ ...record, cells: [] }));
  const [metric] = record.metrics;
  assert.not.ok(validate({ ...record, metrics: [{ ...metric, alignment: { n: 0, value: 1, low: 1, high: 1 } }] }));
});

test('metrics hold pooled, trait and persona rows, over wordings and for each', () => {
  const names = result.metrics.map(({ method, wording, scope, trait, persona, alignment }) =>
    [method, wording, scope, persona ?? trait, alignment.n].join(' '),
  );
  assert.equal(names.slice(0, 8), [
    'none  pooled  24',
    'none  trait extraversion 24',
    'none  persona extraversion 12',
    'none  persona introversion 12',
    'prompting  pooled  24',
    'prompting  trait extraversion 24',
    'prompting  persona extraversion 12',
    'prompting  persona introversion 12',
  ]);
  assert.is(names.filter((name) => name.startsWith('prompting vivid')).length, 4);
  // The bare network gives both poles one answer: what one gains the other loses.
  assert.is(pooled(result, 'none').alignment.value, 0.5);
  assert.ok(Math.abs(pooled(result, 'none').meanP - 0.5) < 1e-12);
  assert.is(pooled(result, 'none').orders.length, 2);
  assert.equal(
    [...new Set(result.answerers.map(({ answerer }) => answerer))],
    ['shorter', 'longer', 'first', 'overlap', 'yes', 'negation', 'words', 'common', 'rare'],
  );
});

test('over wordings, n stays the number of pairs of item and persona, and the value is the mean', () => {
  const of = (wording: string | null) =>
    result.metrics.find(
      (row) => row.method === 'prompting' && row.scope === 'pooled' && row.wording === wording,
    ) as MetricRow;
  const mean = (of('plain').alignment.value + of('vivid').alignment.value) / 2;
  assert.ok(Math.abs(of(null).alignment.value - mean) < 1e-12);
  assert.is(of(null).alignment.n, of('plain').alignment.n);
});

test('a method and its control are judged on the same personas when a filter leaves one pole out', async () => {
  const one = await runFake(temporaryFolder(), {
    options: { select: (cells) => cells.filter(({ persona }) => persona !== 'introversion') },
  });
  const names = one.result.metrics.map(({ method, persona, alignment: { n } }) => [method, persona, n].join(' '));
  assert.equal(names.slice(0, 3), ['none  12', 'none  12', 'none extraversion 12']);
  assert.ok(one.result.metrics.every(({ alignment, persona }) => alignment.n === 12 && persona !== 'introversion'));
  assert.ok(one.result.answerers.every(({ alignment }) => alignment.n === 12));
  assert.match(terminalReport(result, plain), /none gives both poles of a trait one answer/);
  assert.not.match(terminalReport(one.result, plain), /both poles/);
});

test('when every cell failed, the headline says so', () => {
  const cells = result.cells.map((cell) => ({ ...cell, status: 'errored' as const }));
  assert.is(headlineOf({ ...result, cells, metrics: [] }).title, 'Nothing was measured: every cell failed');
  const controls = result.metrics.filter(({ control }) => control);
  assert.is(headlineOf({ ...result, metrics: controls }).title, 'Only controls were measured: nothing is compared');
});

const ESCAPE = '\u001b';
const plain = { color: false, written: ['/out/run.json'], next: 'bench plan fake.yaml --why' };

test('the terminal report starts with the headline, ends with paths and the next command, within 100 columns', () => {
  const text = terminalReport(apart, plain);
  assert.ok(text.startsWith(headlineOf(apart).title.slice(0, 40)));
  assert.match(text, /Written: \/out\/run\.json\nNext: {4}bench plan fake\.yaml --why\n$/);
  assert.match(text, /fake device \(software device\)/);
  assert.match(text, /Note: A fake fixture/);
  assert.match(text, /Note: Computed on fake device, a software device/);
  assert.match(text, /90\.0 \[85, 94\]/);
  assert.match(text, /p95 – \(n 4, needs 59\)/);
  for (const line of text.split('\n')) assert.ok(line.length <= 100, line);
  assert.not.ok(text.includes(ESCAPE));
});

test('long names are fitted into the width', () => {
  const long = 'a-method-with-a-name-that-nobody-would-choose-but-that-a-suite-may-hold';
  const record = {
    ...apart,
    metrics: apart.metrics.map((row) => (row.control ? row : { ...row, method: long, trait: row.trait && long })),
  };
  const tables = terminalReport(record, plain)
    .split('\n')
    .filter((line) => !line.includes('http'));
  for (const line of tables) assert.ok(line.length <= 100, line);
});

test('colour repeats what the words say, and NO_COLOR is obeyed', () => {
  const coloured = terminalReport(apart, { ...plain, color: true });
  assert.is(
    coloured
      .split(ESCAPE)
      .map((part, i) => (i === 0 ? part : part.replace(/^\[\d+m/, '')))
      .join(''),
    terminalReport(apart, plain),
  );
  assert.ok(wantsColor(true, {}));
  assert.not.ok(wantsColor(true, { NO_COLOR: '1' }));
  assert.not.ok(wantsColor(true, { TERM: 'dumb' }));
  assert.not.ok(wantsColor(undefined, {}));
});

test('time on the device stands beside the wall clock where the device tells it, and fits the schema', () => {
  const samples: Samples = { n: 2, median: 1.25, mad: 0.25, p95: null, p99: null };
  const rows = result.latency.map((row) => ({ ...row, gpu: { prefillMs: samples, decodeMs: samples } }));
  const timed = { ...result, latency: rows };
  assert.ok(validate(onDisk(timed)), 'with times');
  assert.not.match(markdownReport(result), 'On the device alone');
  assert.match(markdownReport(timed), /On the device alone[\s\S]*\| none \| 1\.25 ± 0\.25 \| 1\.25 ± 0\.25 \|/);
});

test('failed cells are listed with code, message and hint', () => {
  const [first, ...cells] = result.cells;
  const error = { code: 'device-lost', message: 'the device was lost', hint: 'try again' };
  const record = { ...apart, cells: [{ ...first, status: 'errored', error } as (typeof cells)[0], ...cells] };
  for (const text of [terminalReport(record, plain), markdownReport(record)]) {
    assert.match(text, /Failed: 1 of 5 cells/);
    assert.match(text, /the device was lost/);
    assert.match(text, /try again/);
  }
});

test('Markdown mirrors the tables, adds personas, wordings and provenance, and escapes names', () => {
  const text = markdownReport({ ...apart, suite: 'a|b <script>' });
  assert.ok(text.startsWith('# a\\|b \\<script\\> on fake device (software device)\n'));
  assert.match(text, /## By persona/);
  assert.match(text, /\| prompting \| introversion \| .* \| "shorter" 55\.0 % \| .* \|\n/);
  assert.match(text, /## By wording/);
  assert.match(text, /\| prompting \| vivid \| 200 \|/);
  assert.match(text, /\| tiny: tokenizer \| beef \|/);
  assert.match(text, /\| tiny: thinking \| off \|\n\| tiny: system \| empty \|\n\| tiny: date \| 2024-07-26 \|/);
  assert.match(text, /- A fake fixture/);
});

test('figures', () => {
  const samples: Samples = { n: 24, median: 12.345, mad: 0.4, p95: null, p99: null };
  assert.equal([0, 0.01234, 1.234, 12.34, 123.4, 12345.6].map(short), ['0', '0.0123', '1.23', '12.3', '123', '12346']);
  assert.is(medianText(samples), '12.3 ± 0.4');
  assert.is(medianText({ ...samples, n: 0 }), '–');
  assert.is(percentileText('p99', samples), 'p99 – (n 24, needs 299)');
  assert.is(percentileText('p95', { ...samples, p95: 20 }), 'p95 20.0');
  assert.is(shareText(share(0.5, 10)), '50.0 % [22.0, 78.0]');
});

test('Markdown says what the terminal does: verdicts, cells, notes and every table that it shortens', () => {
  const escaped = (text: string) => text.replace(/\\/g, '');
  const markdown = escaped(markdownReport(apart)).replace(/\s+/g, ' ');
  const shown = terminalReport(apart, plain).replace(/\s+/g, ' ');
  for (const said of [...headlineText(headlineOf(apart)), cellsLine(apart), titleLine(apart), ...apart.notes]) {
    assert.ok(shown.includes(said), said);
    assert.ok(markdown.includes(said), said);
  }
  assert.match(markdown, /## Alignment: tiny, evaluation choice/);
  assert.match(markdown, /## Cost: tiny on fake device \(software\)/);
});

test.run();
