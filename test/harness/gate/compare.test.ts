// Two runs side by side: rows with their names, what has no persona judged as in the reports, and what is not the same kept
// apart.

import * as assert from 'uvu/assert';
import { compareRuns } from '../../../harness/gate/compare.ts';
import type { ItemRow } from '../../../harness/record/run-record.ts';
import { compareText } from '../../../reports/gate.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite } from '../../support/suite.ts';

const test = suite('compare');
const { result, rows } = await runFake(temporaryFolder());
const items = [...rows()];
const compared = (second: readonly ItemRow[], first: readonly ItemRow[] = items) =>
  compareRuns({ result, items: first }, { result, items: second });

test('a row in two evaluations has the name of each, also where it turned or only one run holds it', () => {
  const again = items.map((row) => ({ ...row, evaluation: 'second' }));
  const all = [...items, ...again];
  const lost = all.map((row) =>
    row.method === 'prompting' && row.evaluation === 'second' ? { ...row, aligned: 0 } : row,
  );
  const found = compared(lost, all);
  assert.equal(
    found.rows.map(({ row }) => row),
    ['none, choice', 'prompting, choice', 'none, second', 'prompting, second'],
  );
  assert.equal([...new Set(found.flips.map(({ row }) => row))], ['prompting, second']);
  assert.equal(compared(items, all).onlyFirst, ['none, second', 'prompting, second']);
});

test('what one pole gains its opposite loses, where no persona is stated', () => {
  const bare = items.map((row) => (row.method === 'none' ? { ...row, aligned: 1 } : row));
  const [none] = compared(bare).rows;
  assert.equal([none!.row, none!.difference, none!.low, none!.high], ['none', 0, 0, 0]);
  assert.ok(compared(bare).flips.length > 0);
});

test('an answer that is there twice keeps its row from being compared', () => {
  const prompted = items.filter(({ method }) => method === 'prompting');
  const [first, second, ...others] = prompted;
  assert.equal(compared([first!, first!, ...others], [first!, second!, ...others]).different, ['prompting']);
});

test('an answer is the likeliest option of however many, and on a scale it turns where that one does', () => {
  const options = ['never', 'at times', 'always'].map((text, k) => ({ text, aligned: k === 2 }));
  const asked = (scores: readonly number[], aligned: number): ItemRow => ({
    ...{ ...items[0]!, method: 'prompting', persona: 'extraversion', options, aligned, p: aligned },
    orders: [{ order: [0, 1, 2], p: aligned, sums: scores, scores }],
  });
  const [low, between] = [asked([3, 1, 0], 0), asked([2.9, 1, 0], 0)];
  const high = asked([0, 2, 3], 1);
  const [flip, ...others] = compared([low], [high]).flips;
  assert.equal([flip!.before.text, flip!.after.text, others.length], ['always', 'never', 0]);
  const middle = asked([1, 2, 0], 0);
  assert.equal(compared([middle], [high]).flips[0]!.after.text, 'at times');
  const scale = { ...result, evaluations: result.evaluations.map((one) => ({ ...one, graded: true })) };
  const graded = (now: ItemRow) =>
    compareRuns({ result: scale, items: [low] }, { result: scale, items: [{ ...now, aligned: 0.2 }] }).flips.length;
  assert.equal([graded(between), graded(middle)], [0, 1]);
});

test('what rounds to nothing has no sign', () => {
  const row = { row: 'a', evaluation: 'choice', model: 'm', items: 9, difference: -0.0001, low: -0.0004, high: 0.0002 };
  const text = compareText({ flips: [], rows: [row], onlyFirst: [], onlySecond: [], different: [] });
  assert.match(text, /a: 0\.0 \[0\.0, 0\.0\] points on 9 items/);
});

test.run();
