// Agreement with the dense network from outcomes made by hand: ties, personas, and items that it did not answer.

import * as assert from 'uvu/assert';
import { agreementRows } from '../../../harness/analysis/agreement.ts';
import { boundedInterval } from '../../../harness/stats/bounded.ts';
import { test } from '../../support/suite.ts';
import { answer, cellOf, itemsOf } from './answers.ts';

const ITEMS = itemsOf(10);
const dense = answer(cellOf(ITEMS, { method: 'none' }), () => true);

test('the share of items with the same likeliest option, with its interval', () => {
  const random = answer(cellOf(ITEMS, { method: 'random', sparsity: 'mid', seed: 1 }), (_, k) => k >= 5);
  const [low, high] = boundedInterval(
    Array.from({ length: 20 }, (_, k) => (k < 15 ? 1 : 0)),
    { least: 0, most: 1 },
  );
  assert.equal(agreementRows([dense, random], 'none'), [
    { model: 'tiny', evaluation: 'choice', method: 'random', sparsity: 'mid', n: 20, value: 0.75, low, high },
  ]);
});

test('personas, wordings and seeds are averaged on an item', () => {
  // Two poles that take opposite options on every item agree with the dense network on one of them each.
  const poles = ['bold', 'shy'].map((persona) => answer(cellOf(ITEMS, { method: 'mask', persona }), () => true));
  const seeds = [1, 2, 3, 4].map((seed) => answer(cellOf(ITEMS, { method: 'random', seed }), () => seed > 1));
  const rows = agreementRows([...poles, dense, ...seeds], 'none');
  assert.equal(
    rows.map(({ method, n, value }) => [method, n, value]),
    [
      ['mask', 10, 0.5],
      ['random', 20, 0.75],
    ],
  );
});

test('a tie agrees with the same tie, and half with either option', () => {
  const level = answer(cellOf(ITEMS, { method: 'none' }), () => 'tie');
  const same = answer(cellOf(ITEMS, { method: 'mask' }), () => 'tie');
  assert.is(agreementRows([level, same], 'none')[0]?.value, 1);
  assert.is(agreementRows([dense, same], 'none')[0]?.value, 0.5);
  const sure = answer(cellOf(ITEMS, { method: 'mask' }), () => false);
  assert.is(agreementRows([level, sure], 'none')[0]?.value, 0.5);
  assert.is(agreementRows([dense, sure], 'none')[0]?.value, 0);
});

test('sparsities, models and evaluations stand apart', () => {
  const at = (sparsity: string, right: boolean, model = 'tiny') =>
    answer(cellOf(ITEMS, { method: 'mask', sparsity, model }), () => right);
  const rows = agreementRows([dense, at('low', true), at('high', false), at('low', true, 'other')], 'none');
  assert.equal(
    rows.map(({ model, sparsity, value }) => [model, sparsity, value]),
    [
      ['tiny', 'low', 1],
      ['tiny', 'high', 0],
    ],
    'the other model has no dense network beside it',
  );
});

test('items that the dense network did not answer do not count, and without it there is no row', () => {
  const mask = answer(cellOf(ITEMS, { method: 'mask' }), () => true);
  const part = answer(cellOf(ITEMS.slice(0, 4), { method: 'none' }), () => true);
  assert.is(agreementRows([part, mask], 'none')[0]?.n, 4);
  assert.equal(agreementRows([mask], 'none'), []);
  const tuning = answer(cellOf(ITEMS, { method: 'mask', split: 'tuning' }), () => false);
  assert.equal(agreementRows([dense, mask, tuning], 'none'), agreementRows([dense, mask], 'none'));
  assert.equal(agreementRows([dense], 'none'), []);
});

test.run();
