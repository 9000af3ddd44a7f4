// What the page says and draws, piece by piece: the headline, the Pareto front, packed outcomes and prompts.

import * as assert from 'uvu/assert';
import { share } from '../../harness/analysis/metrics.ts';
import { packPrompts, unpackPrompts } from '../../harness/record/prompts.ts';
import type { MetricRow, RunResult } from '../../harness/record/run-record.ts';
import { headlineOf } from '../../reports/html/headline.ts';
import { pack, shares } from '../../reports/html/outcomes.ts';
import { frontOf } from '../../reports/html/scatter.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runFake } from '../support/session.ts';
import { suite } from '../support/suite.ts';

const test = suite('parts of the page');
const run = await runFake(temporaryFolder());

/** The record with other alignments: method -> value, of 200; answerers at chance. */
function withValues(values: Readonly<Record<string, number>>): RunResult {
  const [none, prompting] = ['none', 'prompting'].map((name) =>
    run.result.metrics.filter((row) => row.method === name),
  );
  const own = (name: string): readonly MetricRow[] =>
    ((name === 'none' ? none : prompting) ?? []).map((row) => ({ ...row, method: name }));
  return {
    ...run.result,
    metrics: Object.entries(values).flatMap(([name, value]) =>
      own(name).map((row) => ({ ...row, alignment: share(value, 200) })),
    ),
    answerers: run.result.answerers.map((row) => ({ ...row, alignment: share(0.5, 200) })),
  };
}

test('the headline says what won, by how much, and what did not beat its controls', () => {
  const clear = headlineOf(withValues({ none: 0.5, first: 0.9, second: 0.7, third: 0.51 }));
  assert.match(clear.title, /^first keeps to its persona best: 90\.0 % of answers/);
  assert.ok(clear.sentences.includes('Not above their controls: third.'), clear.sentences.join('\n'));
  assert.match(headlineOf(withValues({ none: 0.5, first: 0.9, second: 0.88 })).title, /^first leads, second is within/);
  assert.match(headlineOf(withValues({ none: 0.5, first: 0.52 })).title, /^No method kept to its persona better/);
  assert.match(headlineOf(withValues({ none: 0.5 })).title, /^Only controls/);
  const gained = headlineOf({
    ...withValues({ none: 0.5, prompting: 0.9 }),
    differences: run.result.differences.map((row) => ({ ...row, difference: 0.4 })),
  });
  assert.match(gained.title, /, 40\.0 points above none$/);
});

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
