// The one table: every method with what it reaches, its difference to the model that is told nothing, and its costs.

import * as assert from 'uvu/assert';
import type { ComparisonRow, RunResult } from '../../harness/plan/result.ts';
import { bytesText } from '../../reports/format.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { aboveNone, figureSections, summarySections } from '../../reports/summary.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('summary');

const latency = { items: 2, warmup: 0, repeats: 2, decodeTokens: 3 };
const { result, rows } = await runFake(temporaryFolder(), { suite: { latency } });
const point = { model: result.metrics[0]!.model, evaluation: result.metrics[0]!.evaluation };
const cells = (record: RunResult, method: string): readonly string[] =>
  summarySections(record)[0]!.rows.find(([name]) => name === method)!;

/** The pooled difference of a method replaced. */
function withDifference(record: RunResult, method: string, figures: Partial<ComparisonRow>): RunResult {
  const known = record.differences.find((row) => row.method === 'prompting' && row.scope === 'pooled')!;
  const others = record.differences.filter((row) => row.method !== method || row.scope !== 'pooled');
  return { ...record, differences: [...others, { ...known, ...point, method, ...figures }] };
}

test('differences to the entry that states no persona, by pairs of item with poles averaged', () => {
  const pooled = result.differences.filter(({ scope }) => scope === 'pooled');
  assert.equal(
    pooled.map(({ method, control, kind }) => [method, control, kind]),
    [['prompting', 'none', 'dense']],
  );
  // By hand: the persona's option aligned or not, averaged over wordings, then over the poles of each item.
  const aligned = new Map<string, number[]>();
  const all = [...rows()];
  for (const row of all.filter(({ method }) => method === 'prompting'))
    aligned.set(row.item, [...(aligned.get(row.item) ?? []), row.aligned]);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  // Without a persona what one pole gains the other loses: 0.5 on every item that both poles are asked.
  const expected = mean([...aligned.values()].map((values) => mean(values) - 0.5));
  assert.is(pooled[0]!.n, aligned.size);
  assert.ok(Math.abs(pooled[0]!.difference - expected) < 1e-12, `${pooled[0]!.difference}, not ${expected}`);
});

test('costs are means over the cells of a row', () => {
  const found = result.costs.find(({ method }) => method === 'prompting')!;
  const own = result.cells.filter(({ method }) => method === 'prompting');
  assert.is(found.cells, own.length);
  assert.ok(Math.abs(found.setupMs - own.reduce((sum, { cost }) => sum + cost!.setupMs, 0) / own.length) < 1e-9);
  const asked = [...rows()].filter(({ method }) => method === 'prompting');
  const added = asked.reduce((sum, { addedTokens }) => sum + addedTokens, 0) / asked.length;
  assert.ok(Math.abs(found.addedTokens - added) < 1e-9);
});

test('a row says alignment, difference with its sign, perplexity, set-up, tokens, latency and bytes', () => {
  const below = withDifference(result, 'prompting', { difference: -0.125, low: -0.2, high: -0.05 });
  const record: RunResult = {
    ...below,
    costs: [
      {
        ...point,
        method: 'prompting',
        sparsity: null,
        cells: 2,
        setupMs: 4321,
        addedTokens: 17.25,
        artefactBytes: 294_100,
        figures: {},
        trainedParameters: 0,
      },
    ],
    perplexities: [
      { ...point, method: 'prompting', sparsity: null, tokens: 5, networks: 1, perplexity: 30, relative: 1.5 },
    ],
  };
  const [, , difference, perplexity, setup, tokens, timing, bytes] = cells(record, 'prompting');
  assert.equal(
    [difference, perplexity, setup, tokens, bytes],
    ['-12.5 [-20.0, -5.0]', '1.50', '4.32', '17.3', '294 kB'],
  );
  assert.match(timing!, /^[\d.]+\/[\d.]+$/);
  assert.is(cells(record, 'none')[2], '–');
  assert.is(cells({ ...record, latency: [], costs: [] }, 'prompting').filter((cell) => cell === '–').length, 4);
  assert.equal([0, 999, 86_016, 1_250_000].map(bytesText), ['0', '999', '86.0 kB', '1.25 MB']);
});

test('what methods say of themselves stands in Markdown, averaged over their cells', () => {
  const [first, ...others] = result.costs;
  const record = { ...result, costs: [{ ...first!, figures: { 'recall at k': 0.625, coefficient: -2 } }, ...others] };
  assert.equal(figureSections(record)[0]!.rows, [
    [first!.method, 'recall at k', '0.625'],
    ['', 'coefficient', '-2.00'],
  ]);
  assert.equal(figureSections(result), []);
  assert.match(markdownReport(record), /## What methods say: /);
});

test('one sentence says what lies above, what does not, and what lies below', () => {
  const figures = { above: [0.1, 0.01, 0.2], level: [0.1, -0.01, 0.2], under: [-0.1, -0.2, -0.01] } as const;
  let record: RunResult = { ...result, differences: result.differences.slice(0, 0).concat(result.differences) };
  for (const [method, [difference, low, high]] of Object.entries(figures))
    record = withDifference(record, method, { difference, low, high });
  record = { ...record, differences: record.differences.filter(({ method }) => method !== 'prompting') };
  assert.equal(aboveNone(record), [
    'Paired by item, 95 %, above none: above; NOT above none: level; BELOW none: under.',
  ]);
  assert.equal(aboveNone({ ...record, differences: [] }), []);
});

test('the table comes first, fits 100 columns, and Markdown has it too', () => {
  const long = withDifference(result, 'prompting', { difference: -1, low: -1, high: -0.999 });
  const text = terminalReport(long, { color: false, written: [], next: null });
  assert.ok(text.indexOf('Methods: ') > 0 && text.indexOf('Methods: ') < text.indexOf('Alignment: '));
  assert.ok(text.split('\n').every((line) => line.length <= 100));
  assert.match(markdownReport(long), /## Methods: .*\n\n\| method \| alignment \| against none \| ppl \|/);
  assert.not.match(text, /NaN|undefined/);
});

test.run();
