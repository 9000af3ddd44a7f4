// Units: one per item whatever its poles, wordings, orders and seeds, and nothing that only one side has.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { type OutcomeRow, type PairedRow, pairRows, unitsOf } from '../../../harness/stats/units.ts';
import { test } from '../../support/suite.ts';

const row = (item: string, outcome: number, rest: Partial<OutcomeRow> = {}): OutcomeRow => ({
  item,
  trait: 'openness',
  persona: 'open',
  wording: null,
  seed: null,
  outcome,
  ...rest,
});
const pair = (item: string, a: number | null, b: number | null, rest: Partial<PairedRow> = {}): PairedRow => ({
  item,
  trait: 'openness',
  persona: 'open',
  wording: null,
  seed: null,
  a,
  b,
  ...rest,
});
/** Fails with a place that holds `where`. */
const fails = (run: () => unknown, where: string, message = /./) =>
  assert.throws(run, (e: { code: string; where?: string; message: string }) => {
    return e.code === 'bad-statistics' && (e.where ?? '').includes(where) && message.test(e.message);
  });

test('the two poles of an item are one observation', () => {
  const units = unitsOf([pair('i1', 1, 0), pair('i1', 0, 1, { persona: 'closed' }), pair('i2', 1, 0)]);
  assert.equal(units, [
    { item: 'i1', trait: 'openness', difference: 0, weight: 2 },
    { item: 'i2', trait: 'openness', difference: 1, weight: 1 },
  ]);
});

test('role replies of one group are one observation, whoever asks; groups are those of the first side', () => {
  const rows = ['i1', 'i2', 'i3'].map((item, k) => row(item, k === 0 ? 0 : 1, { group: k < 2 ? 'g' : 'h' }));
  const before = rows.map(({ group, ...rest }) => ({ ...rest, outcome: 1 }));
  assert.equal(unitsOf(pairRows(rows, before)), [
    { item: 'g', trait: 'openness', difference: -0.5, weight: 2 },
    { item: 'h', trait: 'openness', difference: 0, weight: 1 },
  ]);
});

test('seeds, wordings and orders multiply rows, not units', () => {
  const rows: PairedRow[] = [];
  for (const item of ['i1', 'i2', 'i3'])
    for (const persona of ['open', 'closed'])
      for (const wording of ['w1', 'w2'])
        for (const order of ['AB', 'BA'])
          for (const seed of [0, 1, 2]) rows.push(pair(item, seed === 0 ? 1 : 0, 0, { persona, wording, order, seed }));
  const units = unitsOf(rows);
  assert.is(units.length, 3);
  for (const unit of units) {
    assert.is(unit.weight, 24);
    assert.ok(Math.abs(unit.difference - 1 / 3) < 1e-15);
  }
});

test('property: the weighted mean of the units is the mean of the rows, in any order of rows to the last bit', () => {
  const cell = fc.record({
    item: fc.integer({ min: 0, max: 5 }),
    seed: fc.integer({ min: 0, max: 9 }),
    a: fc.double({ min: 0, max: 1, noNaN: true }),
    b: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  const cells = fc.uniqueArray(cell, { minLength: 1, maxLength: 40, selector: ({ item, seed }) => `${item} ${seed}` });
  fc.assert(
    fc.property(cells, (drawn) => {
      const rows = drawn.map(({ item, seed, a, b }) => pair(`i${item}`, a, b, { seed, trait: `t${item % 2}` }));
      const units = unitsOf(rows);
      const whole = rows.reduce((sum, { a, b }) => sum + a! - b!, 0) / rows.length;
      const weighted = units.reduce((sum, { difference, weight }) => sum + difference * weight, 0) / rows.length;
      assert.ok(Math.abs(whole - weighted) < 1e-12);
      assert.equal(unitsOf([...rows].reverse()), units);
    }),
    { seed: 4 },
  );
});

test('rows of one side only are refused, by name', () => {
  const [both, one] = [[row('i1', 1), row('i2', 0)], [row('i1', 1)]];
  fails(() => pairRows(both, one), 'i2', /first side/);
  fails(() => pairRows(one, both), 'i2', /second side/);
  fails(() => pairRows([row('i1', 1, { order: 'AB' })], [row('i1', 1, { order: 'BA' })]), 'AB');
  fails(() => unitsOf([pair('i1', 1, null)]), 'i1', /first side/);
  fails(() => unitsOf([pair('i1', null, 1)]), 'i1', /second side/);
});

test('a side without seeds or wordings stands beside each of the other side', () => {
  const seeded = [0, 1, 2].map((seed) => row('i1', seed / 2, { seed }));
  const worded = ['w1', 'w2'].map((wording) => row('i1', 1, { wording }));
  const pairs = pairRows(seeded, worded);
  assert.is(pairs.length, 6);
  assert.equal(new Set(pairs.map(({ seed, wording }) => `${seed} ${wording}`)).size, 6);
  assert.equal(unitsOf(pairs), [{ item: 'i1', trait: 'openness', difference: -0.5, weight: 6 }]);
  // Both have seeds, but not the same.
  fails(() => pairRows(seeded, [row('i1', 1, { seed: 0 })]), 'seed 1');
});

test('rows twice, outcomes that are none and items of two traits are refused', () => {
  fails(() => unitsOf([]), '');
  fails(() => unitsOf([pair('i1', 1, 0), pair('i1', 0, 0)]), 'i1', /twice/);
  fails(() => pairRows([row('i1', 1), row('i1', 1)], [row('i1', 1)]), 'i1', /twice/);
  for (const value of [Number.NaN, -0.1, 1.1]) fails(() => unitsOf([pair('i1', value, 0)]), 'i1', /not an outcome/);
  fails(() => unitsOf([pair('i1', 1, 0), pair('i1', 1, 0, { trait: 'warmth' })]), 'i1', /warmth/);
});

test.run();
