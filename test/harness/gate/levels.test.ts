// Floors and order as tests: what each outcome needs, on which items, and how often it is wrong.

import * as assert from 'uvu/assert';
import { floors, orders } from '../../../harness/gate/levels.ts';
import type { GateRow, Rules } from '../../../harness/gate/types.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { RULES, row } from '../../support/gate.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gate levels');
const titleOf = ({ name }: GateRow): string => name;
const floorOf = (one: GateRow, least: number, more: Partial<Rules> = {}) =>
  floors([one], { ...RULES, floors: { [one.name]: least }, ...more }, titleOf)[0]!;
const orderOf = (rows: readonly GateRow[], rule: string, more: Partial<Rules> = {}) =>
  orders(rows, { ...RULES, order: [rule], ...more }, titleOf)[0]!;

test('a floor is reached by the estimate and missed by the bound, with Wilson’s interval in the message', () => {
  // 84 of 120 items.
  const one = row('prompting', 60, (_, i) => i % 10 >= 7);
  const { outcome, message } = floorOf(one, 0.7);
  assert.is(outcome, 'pass');
  assert.is(message, '70.0 % [62.7, 76.4] on 120 items, and at least 70.0 % is required');
  assert.equal(
    [0.71, 0.76, 0.77].map((least) => floorOf(one, least).outcome),
    ['inconclusive', 'inconclusive', 'fail'],
  );
});

test('an order is shown by the paired bound; what is equal is not above, and not below', () => {
  const [good, same] = [row('a', 30, (_, i) => i < 6), row('b', 30, (_, i) => i < 6)];
  const [less, much] = [row('c', 30, (_, i) => i < 7), row('d', 30, (_, i) => i < 12)];
  assert.equal(
    [
      orderOf([good, same], 'a > b'),
      orderOf([good, same], 'a >= b'),
      orderOf([good, less], 'a > c'),
      orderOf([good, less], 'a >= c'),
      orderOf([good, less], 'c >= a'),
      orderOf([good, much], 'a > d'),
      orderOf([good, much], 'd >= a'),
    ].map(({ outcome }) => outcome),
    ['fail', 'pass', 'inconclusive', 'pass', 'inconclusive', 'pass', 'fail'],
  );
  assert.match(orderOf([good, much], 'a > d').message, /^\+20\.0 points \[\+1\d\.\d, \+2\d\.\d\] on 60 shared items$/);
});

test('both go by the items of the first look, whatever more was asked, and an order by those that both rows have', () => {
  const looks = [10, 40];
  const late = row('a', 40, (_, i) => i >= 10);
  assert.match(floorOf(late, 0.9, { looks }).message, /^100\.0 % .* on 20 items/);
  assert.match(floorOf(late, 0.9).message, /^25\.0 % .* on 80 items/);
  const none = row('none', 10, (_, i) => i < 8);
  assert.match(orderOf([late, none], 'a > none', { looks }).message, /^\+80\.0 points .* on 20 shared items$/);
  assert.match(orderOf([late, none], 'a > none').message, /^\+80\.0 points .* on 20 shared items$/);
  const apart = { ...none, answers: none.answers.map((answer) => ({ ...answer, item: `${answer.item}-other` })) };
  assert.is(orderOf([late, apart], 'a > none').outcome, 'incomparable');
});

test('a row at its floor, and two rows that are alike, are wrong at most as often as alpha says', () => {
  const rng = rngOf(18);
  const rounds = 400;
  const drawn = (name: string, held: number): GateRow => {
    const source = row(name, 60);
    return { ...source, answers: source.answers.map((answer) => ({ ...answer, aligned: rng.next() < held ? 1 : 0 })) };
  };
  let [low, above, near] = [0, 0, 0];
  for (let round = 0; round < rounds; round++) {
    const [a, b] = [drawn('a', 0.7), drawn('b', 0.7)];
    if (floorOf(a, 0.7).outcome === 'fail') low++;
    if (orderOf([a, b], 'a > b').outcome === 'pass') above++;
    // 72 % of 240 answers: the plain estimate is below the floor one time in four.
    if (floorOf(drawn('a', 0.72), 0.7).outcome === 'fail') near++;
  }
  // Three standard errors of 5 % are 3.3.
  assert.ok(low / rounds <= 0.083 && low > 0, `${low}`);
  assert.ok(above / rounds <= 0.083 && above > 0, `${above}`);
  assert.ok(near / rounds <= 0.02, `${near}`);
});

test.run();
