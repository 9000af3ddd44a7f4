// What the page says and draws, piece by piece: the Pareto front, packed outcomes and prompts.

import * as assert from 'uvu/assert';
import { packPrompts, unpackPrompts } from '../../harness/record/prompts.ts';
import type { RunResult } from '../../harness/record/run-record.ts';
import { shares } from '../../reports/changed.ts';
import { draw } from '../../reports/html/chart.ts';
import { textOf } from '../../reports/html/markup.ts';
import { pack } from '../../reports/html/outcomes.ts';
import { frontOf, scatter } from '../../reports/html/scatter.ts';
import { seriesOf } from '../../reports/html/series.ts';
import { sparsityPart } from '../../reports/html/sparsity.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('parts of the page');
const run = await runFake(temporaryFolder());

test('on the Pareto front nothing is cheaper and as good', () => {
  const point = (name: string, x: number, y: number) => ({
    name,
    method: name,
    x,
    xLow: x,
    xHigh: x,
    y,
    yLow: y,
    yHigh: y,
  });
  const points = [
    point('dear', 9, 80),
    point('worse', 5, 60),
    point('best', 5, 80),
    point('cheap', 1, 50),
    point('as cheap', 1, 40),
  ];
  assert.equal(
    frontOf(points).map(({ name }) => name),
    ['cheap', 'best'],
  );
});

test('labels of a scale are all different, and an axis of square roots says so', async () => {
  const points = [1.31, 1.42, 1.58].map((x, k) => ({
    ...{ name: `m${k}`, method: 'm', x, xLow: x, xHigh: x },
    y: 50 + k,
    yLow: 40,
    yHigh: 60,
  }));
  const series = seriesOf(run.result);
  const drawn = async (root: boolean) =>
    textOf(await draw(scatter({ title: 'Cost', unit: 'ms', place: 'here', root, points, series })));
  const ticks = [...(await drawn(false)).matchAll(/<text[^>]*>([\d.]+)<\/text>/g)].map(([, label]) => label);
  const costs = ticks.filter((label) => Number(label) < 2);
  assert.ok(costs.length >= 3, ticks.join());
  assert.is(new Set(costs).size, costs.length, costs.join());
  assert.match(await drawn(true), 'Cost, ms (square-root scale)');
  assert.not.match(await drawn(false), 'square-root');
});

test('what was measured at one sparsity is not drawn against it', async () => {
  const at = (levels: readonly string[]): RunResult => ({
    ...run.result,
    sparsity: [
      { label: 'low', value: 0.3 },
      { label: 'high', value: 0.7 },
    ],
    metrics: levels.flatMap((sparsity) => run.result.metrics.map((row) => ({ ...row, sparsity }))),
  });
  const part = (levels: readonly string[]) => sparsityPart(at(levels), seriesOf(at(levels)));
  assert.is(await part(['low']), null);
  assert.is((await part(['low', 'high']))?.id, 'sparsity');
});

test('outcomes are packed with every text once, and probabilities that add up', () => {
  const packed = pack(run.result, run.rows(), run.prompts());
  assert.is(new Set(packed.strings).size, packed.strings.length);
  assert.is(packed.left, 0);
  assert.equal(
    packed.cells.map(({ number }) => number),
    [1, 2, 3, 4, 5],
  );
  for (const [row, cell, k] of [...run.rows()].map(
    (row, i) => [row, packed.cells[Math.floor(i / 12)]!, i % 12] as const,
  )) {
    const item = packed.items[cell.items[k]!]!;
    assert.is(packed.strings[item.question], row.question);
    assert.is(packed.strings[cell.entry], row.method);
    assert.is(row.options[cell.wanted[k]!]!.aligned, true);
    const [a, b] = cell.p[k]!;
    assert.ok(Math.abs(a! + b! - 10_000) <= 1);
    assert.ok(Math.abs(cell.p[k]![cell.wanted[k]!]! / 10_000 - row.orders[0]!.p) < 1e-4);
    const text = packed.prompts[cell.prompts[k]!]!.map((line) => packed.strings[line]).join('\n');
    assert.is(text, run.prompts().get(row.prompt!));
  }
});

test('shares are finite for scores that are far apart', () => {
  assert.equal(shares([-1e6, -1]), [0, 1]);
  assert.equal(shares([-3, -3]), [0.5, 0.5]);
});

test('prompts come back as they were packed, and nothing else passes for a pack', () => {
  const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
  const texts = new Map([
    [a, 'You are one.\nAsk.'],
    [b, 'You are two.\nAsk.\n'],
  ]);
  const packed = packPrompts(texts);
  assert.equal(packed.lines, ['You are one.', 'Ask.', 'You are two.', '']);
  assert.equal([...unpackPrompts(JSON.parse(JSON.stringify(packed)))!], [...texts]);
  for (const bad of [
    null,
    1,
    [],
    {},
    { lines: ['a'] },
    { lines: [1], prompts: {} },
    { lines: ['a'], prompts: { x: [0] } },
  ]) {
    assert.is(unpackPrompts(bad), null);
  }
  for (const k of [-1, 1, 0.5, '0']) assert.is(unpackPrompts({ lines: ['a'], prompts: { [a]: [k] } }), null);
});

test.run();
