// What every verb prints fits 100 columns, whatever the names; tables keep their cells, sentences their words.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { COLUMNS, endingLines, lineWidth, painter, tableRows, tableText, wrap } from '../../base/columns.ts';
import type { GateReport } from '../../harness/record/verdicts.ts';
import { compareText, gateText } from '../../reports/gate.ts';
import { suite } from '../support/suite.ts';

const test = suite('columns');
const narrow = (text: string): void => {
  for (const line of text.split('\n')) assert.ok(line.length <= COLUMNS, `${line.length}: ${line}`);
};
const LONG = 'a-method-with-a-name-that-goes-on-and-on-until-nobody-remembers-how-it-began-and-then-some-more-of-it';
const word = fc.string({ unit: fc.constantFrom(...'abcdefgh'), minLength: 1, maxLength: 130 });

test('wrapped text keeps its words and its indent, and no line is wider', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 40 }), fc.nat(12), fc.nat(12), (words, first, indent) => {
      const lines = wrap(`${' '.repeat(first)}${words.join(' ')}`, indent);
      narrow(lines.join('\n'));
      assert.is(lines.join('').replaceAll(' ', ''), words.join(''), 'every letter in its order');
      assert.ok(lines[0]?.startsWith(' '.repeat(first)));
      assert.ok(lines.slice(1).every((line) => line.startsWith(' '.repeat(indent))));
    }),
  );
  assert.equal(wrap('as it is'), ['as it is']);
  assert.equal(wrap(''), ['']);
  const long = wrap(`Note: ${'seven '.repeat(40).trim()}`, 2);
  assert.ok(long.length === 3 && long.every((line) => !line.endsWith(' ')), long.join('|'));
});

test('a table of any cells fits, and says all where there is room', () => {
  const cell = fc.array(word, { maxLength: 4 }).map((words) => words.join(' '));
  const columns = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      columns.chain((n) => fc.array(fc.array(cell, { minLength: n, maxLength: n }), { minLength: 2, maxLength: 5 })),
      ([head = [], ...rows]) => narrow(tableText(head, rows)),
    ),
    { numRuns: 60 },
  );
  const rows = tableRows(['method', 'n'], [['none', '24']]);
  assert.equal(rows, ['method  n', 'none    24']);
  const painted = tableText(['method'], [['NOT above']], { paintCell: (text) => `\x1b[33m${text}\x1b[39m` });
  assert.match(painted, 'NOT above', 'the words say what the colour does');
});

test('paths and commands are whole, so that they can be copied', () => {
  const lines = endingLines([`${LONG}/${LONG}`], `bench run ${LONG}/${LONG}`);
  assert.equal(lines, [`Written: ${LONG}/${LONG}`, `Next:    bench run ${LONG}/${LONG}`]);
});

test('a gate says what it comes to first, and fits with long names', () => {
  const verdict = {
    rule: 'alignment',
    row: LONG,
    outcome: 'fail',
    message: `-12.5 points, beyond the margin; ${LONG} turned, and so did ${LONG}`,
    flips: [`${LONG} (${LONG}, choice): p 0.912 -> 0.113`],
  } as const;
  const report: GateReport = { verdicts: [verdict], outcome: 'fail', exitCode: 1, inconclusive: 'fail' } as GateReport;
  const text = gateText(report, true);
  narrow(text);
  assert.match(text, /^Gate: fail\.\nFAIL {9}alignment/);
});

test('two runs beside each other fit, whatever the questions are', () => {
  const given = { text: `${LONG} ${LONG}`, p: 0.25, sums: [-1.5, -2.5] };
  const flip = { row: LONG, item: LONG, persona: 'p', place: '', question: `${LONG}?`, before: given, after: given };
  const row = { row: LONG, items: 3, difference: 0.1, low: -0.1, high: 0.3 };
  const none = { onlyFirst: [LONG, LONG], onlySecond: [], different: [LONG] };
  const text = compareText({ flips: [flip], rows: [row], ...none } as unknown as Parameters<typeof compareText>[0]);
  narrow(text);
  assert.match(text, /^1 changed answers\n/);
});

test('a line is as wide as COLUMNS says, else as the terminal, else 100; within bounds', () => {
  const terminal = { isTTY: true, columns: 72 };
  assert.is(lineWidth({}, terminal), 72);
  assert.is(lineWidth({ COLUMNS: '120' }, terminal), 120);
  assert.is(lineWidth({ COLUMNS: '120' }, {}), 120);
  assert.is(lineWidth({}, { columns: 72 }), 100);
  assert.is(lineWidth({ COLUMNS: 'wide' }, {}), 100);
  assert.is(lineWidth({}, { isTTY: true, columns: 0 }), 100);
  assert.equal([lineWidth({ COLUMNS: '1' }, {}), lineWidth({ COLUMNS: '99999' }, {})], [40, 160]);
});

test('a gate is red and green on a terminal, in the words that it has without colour', () => {
  const verdict = { rule: 'alignment', row: 'prompting', message: 'said', flips: [], p: null } as const;
  const verdicts = (['pass', 'fail', 'inconclusive'] as const).map((outcome) => ({ ...verdict, outcome }));
  const report = { verdicts, outcome: 'fail', exitCode: 1, inconclusive: 'fail' } as unknown as GateReport;
  const coloured = gateText(report, false, painter(true));
  const ESC = String.fromCharCode(27);
  for (const part of [
    `${ESC}[31mGate: fail.${ESC}[39m`,
    `${ESC}[31mFAIL`,
    `${ESC}[32mPASS`,
    `${ESC}[33mINCONCLUSIVE`,
  ]) {
    assert.ok(coloured.includes(part), part);
  }
  const bare = coloured
    .split(ESC)
    .map((part, k) => (k === 0 ? part : part.replace(/^\[\d+m/, '')))
    .join('');
  assert.is(bare, gateText(report, false));
});

test.run();
