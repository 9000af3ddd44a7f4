// The one table: every method with what it reaches, its difference to the model without a persona, and its costs.

import * as assert from 'uvu/assert';
import type { ComparisonRow, RunResult } from '../../harness/record/run-record.ts';
import { bytesText, medianText } from '../../reports/format.ts';
import { markdownReport } from '../../reports/markdown.ts';
import { figureSections, summarySections } from '../../reports/summary.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { byTraitSections } from '../../reports/traits.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runFake } from '../support/session.ts';
import { share } from '../support/share.ts';
import { suite } from '../support/suite.ts';

const test = suite('summary');

const latency = { items: 2, warmup: 0, repeats: 2, decodeTokens: 3 };
const { result, rows } = await runFake(temporaryFolder(), { suite: { latency } });
const point = { model: result.metrics[0]!.model, evaluation: result.metrics[0]!.evaluation };
const cells = (record: RunResult, method: string): readonly string[] =>
  summarySections(record, { inFull: true })[0]!.rows.find(([name]) => name === method)!;

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

test('a row says alignment, difference with its sign, tax, set-up, tokens, latency and bytes', () => {
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
    taxes: [
      {
        ...{ ...point, method: 'prompting', sparsity: null, networks: 1, texts: 2, tokens: 5, bytes: 20 },
        divergence: { prompts: null, answers: { value: 0.15, low: 0.1, high: 0.2 } },
        ...{ natsPerByte: { value: 1, low: 1, high: 1 }, excess: { value: 0, low: 0, high: 0 } },
        ...{ denseNatsPerByte: 1, measurable: true, why: null },
      },
    ],
  };
  const [, , , difference, tax, setup, tokens, timing, bytes] = cells(record, 'prompting');
  assert.equal([difference, tax, setup, tokens, bytes], ['-12.5 [-20.0, -5.0]', '0.150', '4.32', '17.3', '294 kB']);
  assert.match(timing!, /^[\d.]+\/[\d.]+$/);
  assert.is(cells(record, 'none')[3], '–');
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
  assert.match(markdownReport(record), /## Figures of the methods: /);
});

const text = (record: RunResult) => terminalReport(record, { color: false, written: [], next: null });

test('the table comes first, fits 100 columns, and Markdown has it too', () => {
  const long = withDifference(result, 'prompting', { difference: -1, low: -1, high: -0.999 });
  const titles = text(long).match(/^(Methods|By trait|Against controls|Capability|Cost): /gm);
  assert.equal(titles, ['Methods: ', 'Cost: '], 'one trait, and nothing else to compare');
  assert.ok(
    text(long)
      .split('\n')
      .every((line) => line.length <= 100),
  );
  const markdown = markdownReport(long);
  assert.match(markdown, /## Methods: .*\n\n\| method \| standing \| alignment \| against none \| tax \|/);
  assert.match(markdown, /## Alignment: .*\n\n\| method \| items \| n \|/);
  assert.match(markdown, /\| prompting \| .*\| -100\.0 \\\[-100\.0, -99\.9\\\] \|/);
  for (const report of [text(long), markdown]) assert.not.match(report, /NaN|undefined/);
});

test('names keep their words, and each row its line, while there is room', () => {
  const named = (method: string): string => {
    const rename = <T extends { readonly method: string }>(rows: readonly T[]) =>
      rows.map((row) => (row.method === 'prompting' ? { ...row, method } : row));
    const record = withDifference(result, 'prompting', { difference: -0.3, low: -0.393, high: -0.207 });
    return text({
      ...record,
      metrics: rename(record.metrics),
      differences: rename(record.differences),
      latency: rename(record.latency).map((row) => ({
        ...row,
        prefillMs: { ...row.prefillMs, median: 15.2 },
        decodeMs: { ...row.decodeMs, median: 2.04 },
      })),
      costs: rename(record.costs).map((row) => ({ ...row, setupMs: 12_345, artefactBytes: 294_100 })),
    });
  };
  // As long as those of the big suite.
  const row = /^contrastive\.opposite {2}.* -30\.0 \[-39, -21\] .* 12\.3 .* 15\.2\/2\.04$/m;
  assert.match(named('contrastive.opposite'), row);
  const longer = 'a-name.that-is-all-of-one-word';
  assert.match(named(longer), new RegExp(`^${longer} {2}.* -30\\.0`, 'm'));
});

test('what the first table says is not said again on a terminal, and stands in full in Markdown', () => {
  const terminal = text(result);
  assert.not.match(terminal, /set-up ms/);
  assert.match(terminal, /^method +prefill ms +1st token ms +decode ms +scoring tok\/s +peak MB$/m);
  const { prefillMs } = result.latency[0]!;
  assert.ok(terminal.includes(medianText(prefillMs)), 'a median stands with what it varies by');
  assert.match(
    markdownReport(result),
    /\| method \| set-up ms \| \+ tokens \| prefill ms \| 1st token ms \| decode ms \|/,
  );
  assert.is(terminal.match(/Without a model/g)?.length, 1);
  assert.is(markdownReport(result).match(/Without a model/g)?.length, 1);
});

/** A second trait, and on it another alignment. */
function twoTraits(value: number): RunResult {
  const more = <T extends { readonly scope: string; readonly trait: string | null }>(
    rows: readonly T[],
    figures: object,
  ) => rows.flatMap((row) => (row.scope === 'trait' ? [row, { ...row, trait: 'openness', ...figures }] : [row]));
  return {
    ...result,
    metrics: more(result.metrics, { alignment: share(value, 200) }),
    answerers: more(result.answerers, {}),
  };
}

test('traits stand in columns; with one trait the first table has said it', () => {
  const [section] = byTraitSections(twoTraits(0.5));
  assert.equal(section!.head, ['method', 'extraversion', 'openness']);
  assert.equal(
    section!.rows.map(([method, , openness]) => [method, openness]),
    [
      ['none', '50 [43, 57]'],
      ['prompting', '50 [43, 57]'],
    ],
  );
  assert.equal(byTraitSections(result), []);
});

test('more traits than fit go on in a further table', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const [first] = result.metrics.filter(({ scope }) => scope === 'trait');
  const record = { ...result, metrics: names.map((trait) => ({ ...first!, trait })) };
  assert.equal(
    byTraitSections(record).map(({ head }) => head),
    [
      ['method', 'a', 'b', 'c', 'd', 'e'],
      ['method', 'f'],
    ],
  );
});

test.run();
