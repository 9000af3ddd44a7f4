// Verdicts from outcomes made by hand: which pairs are compared, over what, and that nothing absent counts as beaten.

import * as assert from 'uvu/assert';
import { type Against, type Compared, compare, headline } from '../../../harness/analysis/comparisons.ts';
import type { Answered } from '../../../harness/analysis/metrics.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import type { ComparisonRow, VerdictRow } from '../../../harness/record/run-record.ts';
import { test } from '../../support/suite.ts';
import { answer, cellOf, itemsOf, PERSONAS } from './answers.ts';

const ITEMS = itemsOf(12);
const IDS = PERSONAS.map(({ id }) => id);
type Says = (item: Item, index: number) => boolean | 'tie';

/** One cell per persona. */
const byPersona = (method: string, says: Says, more: object = { sparsity: 'mid' }, items = ITEMS) =>
  IDS.map((persona) => answer(cellOf(items, { method, persona, ...more }), says));
const dense = (says: Says = () => true, items = ITEMS) => answer(cellOf(items, { method: 'dense' }), says);
const DENSE: Against = { kind: 'dense', id: 'dense' };
const RANDOM: Against = { kind: 'random', id: 'random' };
const OPPOSITE: Against = { kind: 'opposite', id: 'opposite' };

const run = (answered: readonly Answered[], against: readonly Against[], more: Partial<Compared> = {}) =>
  compare({
    personas: PERSONAS,
    plan: answered.map(({ cell }) => cell),
    answered,
    against: new Map([['mask', against]]),
    ...more,
  });
const pooled = (rows: readonly ComparisonRow[], control: string) =>
  rows.find((row) => row.control === control && row.scope === 'pooled');
const held = (row: VerdictRow | undefined) => row?.standing === 'held';
const near = (got: number | undefined, want: number) =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) < 1e-9, `${got} is not ${want}`);

const mostly: Says = (_, k) => k % 6 !== 0; // 10 of 12
const half: Says = (_, k) => k % 4 < 2;

test('a method that answers as every persona would beats the dense network, whatever that answers', () => {
  // The dense network has one answer for both poles: 0.5 on every item, so that each difference is 0.5.
  const { comparisons, verdicts } = run([...byPersona('mask', () => true), dense(half)], [DENSE]);
  assert.equal(verdicts, [
    {
      model: 'tiny',
      evaluation: 'choice',
      method: 'mask',
      sparsity: 'mid',
      scope: 'pooled',
      trait: null,
      persona: null,
      standing: 'held',
      fails: [],
      missing: [],
      decides: null,
      broken: [],
    },
  ]);
  assert.equal(comparisons[0], {
    model: 'tiny',
    evaluation: 'choice',
    method: 'mask',
    sparsity: 'mid',
    control: 'dense',
    same: [],
    kind: 'dense',
    scope: 'pooled',
    trait: null,
    persona: null,
    n: 24, // items, and not the 48 pairs of item and persona
    seeds: 1,
    draws: 1,
    difference: 0.5,
    low: 0.5,
    high: 0.5,
    beats: true,
  });
  assert.equal(
    comparisons.map(({ scope, trait, n }) => [scope, trait, n]),
    [
      ['pooled', null, 24],
      ['trait', 'bold', 12],
      ['trait', 'calm', 12],
    ],
  );
});

test('what does not depend on the persona beats nothing: its poles cancel on every item', () => {
  const { comparisons, verdicts } = run(
    // The same answer whichever persona is meant.
    [...byPersona('mask', () => true).map(({ cell }) => answer(cell, (one) => cell.persona === one.persona)), dense()],
    [DENSE],
  );
  near(comparisons[0]?.difference, 0);
  assert.is(held(verdicts[0]), false);
});

test('a pair is an item under a persona, and the interval is that of the items', () => {
  const { comparisons } = run(
    [...byPersona('mask', mostly), ...byPersona('opposite', (one, k) => !mostly(one, k))],
    [OPPOSITE],
  );
  const row = pooled(comparisons, 'opposite');
  near(row?.difference, 20 / 24 - 4 / 24);
  // 20 differences of 1 and 4 of -1: s = sqrt(24 / 23 * (1 - 4 / 9)), t(0.975, 23) = 2.0686576104.
  const half = 2.068657610419041 * Math.sqrt(((24 / 23) * (1 - 4 / 9)) / 24);
  near(row?.low, 2 / 3 - half);
  near(row?.high, 2 / 3 + half);
});

test('every control must be beaten: one that is as good makes the verdict, not the best of them', () => {
  const cells = [...byPersona('mask', mostly), dense(), ...byPersona('opposite', (one, k) => !mostly(one, k))];
  assert.is(held(run(cells, [DENSE, OPPOSITE]).verdicts[0]), true);
  const rival = byPersona('shuffled', (one, k) => (k === 1 ? false : mostly(one, k)));
  const { comparisons, verdicts } = run([...cells, ...rival], [DENSE, { kind: 'shuffled', id: 'shuffled' }, OPPOSITE]);
  assert.is(pooled(comparisons, 'dense')?.beats, true);
  assert.is(pooled(comparisons, 'shuffled')?.beats, false);
  assert.is(pooled(comparisons, 'opposite')?.beats, true);
  assert.equal([held(verdicts[0]), verdicts[0]?.missing], [false, []]);
});

test("the control's seeds are an axis: masks that disagree widen the interval", () => {
  const seeds = (shares: readonly number[]) =>
    shares.flatMap((right, seed) => byPersona('random', (_, k) => k < right, { sparsity: 'mid', seed }));
  const method = byPersona('mask', (_, k) => k !== 3);
  const agree = run([...method, ...seeds([6, 6, 6])], [RANDOM]);
  const disagree = run([...method, ...seeds([0, 6, 12])], [RANDOM]);
  const [one, other] = [pooled(agree.comparisons, 'random'), pooled(disagree.comparisons, 'random')];
  assert.equal([one?.draws, other?.draws, one?.n], [3, 3, 24]);
  near(one?.difference, 11 / 12 - 1 / 2);
  near(other?.difference, 11 / 12 - 1 / 2);
  assert.is(one?.beats, true);
  assert.is(other?.beats, false);
  const two = pooled(run([...method, ...seeds([0, 12])], [RANDOM]).comparisons, 'random');
  assert.equal([two?.draws, two?.low, two?.high], [2, -1, 1], 'cut where a difference of shares ends');
});

test("a method's wordings and seeds are averaged: repeats are no further items", () => {
  const repeats = [
    ...byPersona('mask', () => true, { sparsity: 'mid', wording: 'plain', seed: 1 }),
    ...byPersona('mask', (_, k) => k < 6, { sparsity: 'mid', wording: 'plain', seed: 2 }),
    ...byPersona('mask', () => false, { sparsity: 'mid', wording: 'long', seed: 1 }),
    ...byPersona('mask', () => true, { sparsity: 'mid', wording: 'long', seed: 2 }),
  ];
  const { comparisons, verdicts } = run([...repeats, dense()], [DENSE]);
  assert.is(comparisons[0]?.n, 24);
  near(comparisons[0]?.difference, (0.75 + 0.5) / 2 - 0.5);
  assert.is(verdicts.length, 1);
  // A control's wordings are averaged within its seed.
  const wordings = ['plain', 'long'].flatMap((wording) => byPersona('opposite', half, { sparsity: 'mid', wording }));
  const row = pooled(run([...byPersona('mask', () => true), ...wordings], [OPPOSITE]).comparisons, 'opposite');
  assert.equal([row?.draws, row?.n], [1, 24]);
  near(row?.difference, 0.5);
});

test('controls stand beside the method at its own sparsity, model and evaluation', () => {
  const cells = ['low', 'high'].flatMap((sparsity) => [
    ...byPersona('mask', () => true, { sparsity }),
    ...byPersona('opposite', () => sparsity === 'high', { sparsity }),
  ]);
  const elsewhere = byPersona('opposite', () => true, { sparsity: 'low', model: 'other' });
  const { comparisons, verdicts } = run([...cells, ...elsewhere, dense()], [OPPOSITE, DENSE]);
  const rows = comparisons.filter(({ scope }) => scope === 'pooled');
  assert.equal(
    rows.map(({ sparsity, control, difference }) => [sparsity, control, difference]),
    [
      ['low', 'opposite', 1],
      ['low', 'dense', 0.5],
      ['high', 'opposite', 0],
      ['high', 'dense', 0.5],
    ],
  );
  assert.equal(
    verdicts.map((one) => [one.sparsity, held(one)]),
    [
      ['low', true],
      ['high', false],
    ],
  );
  // A control at another sparsity alone is none.
  const other = [...byPersona('mask', () => true), ...byPersona('opposite', () => false, { sparsity: 'low' })];
  assert.equal(run(other, [OPPOSITE]).verdicts[0]?.missing, ['opposite']);
});

test('a control that failed, in whole or in one seed or one persona, or is not in the plan, is named and not beaten', () => {
  const method = byPersona('mask', () => true);
  const random = [1, 2, 3].flatMap((seed) => byPersona('random', half, { sparsity: 'mid', seed }));
  const plan = [...method, ...random, dense()].map(({ cell }) => cell);
  const verdict = (answered: readonly Answered[], planned = plan) => {
    const [one] = run(answered, [DENSE, RANDOM], { plan: planned }).verdicts;
    return [held(one), one?.missing];
  };
  assert.equal(verdict([...method, ...random, dense()]), [true, []]);
  assert.equal(verdict([...method, ...random]), [false, ['dense']]);
  assert.equal(verdict(method), [false, ['dense', 'random']]);
  assert.equal(verdict([...method, ...random.slice(0, 8), dense()]), [false, ['random']], 'a seed failed');
  assert.equal(verdict([...method, ...random.slice(1), dense()]), [false, ['random']], 'a persona failed');
  const filtered = plan.filter(({ method: id }) => id !== 'dense');
  assert.equal(verdict([...method, ...random], filtered), [false, ['dense']], 'left out of the plan');
  const narrowed = plan.filter(({ method: id, persona }) => id !== 'random' || persona !== 'calm');
  assert.equal(
    verdict([...method, ...random.filter(({ cell }) => cell.persona !== 'calm'), dense()], narrowed),
    [false, ['random']],
    'does not cover what the method was asked',
  );
  assert.equal(verdict([...method.slice(1), ...random, dense()]), [false, ['mask']], 'the method itself failed');
  assert.equal(verdict([...random, dense()]), [false, ['mask']]);
});

test('what is left of a control is still shown, on the pairs that all answered', () => {
  const method = byPersona('mask', (_, k) => k !== 0);
  const random = [1, 2].flatMap((seed) => byPersona('random', (_, k) => k !== 1, { sparsity: 'mid', seed }));
  const plan = [...method, ...random].map(({ cell }) => cell);
  // Without "bold" under seed 1, an item of that trait is compared under "shy" alone, on both sides.
  const { comparisons } = run([...method, ...random.slice(1)], [RANDOM], { plan });
  const row = pooled(comparisons, 'random');
  assert.equal([row?.n, row?.draws], [24, 2]);
  near(row?.difference, 0);
});

test('a selection of personas is compared on those', () => {
  const bold = byPersona('mask', () => true).filter(({ cell }) => cell.persona === 'bold');
  const { comparisons, verdicts } = run([...bold, dense(half)], [DENSE]);
  // One pole alone: the dense network's own leaning counts, 6 of 12 items keyed to either pole.
  assert.equal([comparisons[0]?.n, comparisons[0]?.trait, comparisons.length], [12, null, 2]);
  assert.is(verdicts[0]?.missing.length, 0);
  near(comparisons[0]?.difference, 0.5);
});

test('one item bounds nothing, and a method without controls gets no verdict', () => {
  const items = ITEMS.slice(0, 1);
  const { comparisons, verdicts } = run(
    [answer(cellOf(items, { method: 'mask', persona: 'bold' }), () => true), dense(() => false, items)],
    [DENSE],
  );
  assert.equal([comparisons[0]?.n, comparisons[0]?.low, comparisons[0]?.high], [1, -1, 1]);
  assert.is(comparisons[0]?.difference, 1);
  assert.is(held(verdicts[0]), false);
  const cells = [...byPersona('mask', () => true), dense()];
  assert.equal(run(cells, []), { comparisons: [], verdicts: [] });
  assert.equal(run(cells, [DENSE], { against: new Map() }), { comparisons: [], verdicts: [] });
});

test('the tuning split is not compared, and does not stand in for the evaluation split', () => {
  const tuning = { sparsity: 'mid', split: 'tuning' as const };
  const cells = [...byPersona('mask', () => true), dense(half)];
  const chosen = byPersona('mask', () => false, tuning);
  assert.equal(run([...cells, ...chosen], [DENSE]), run(cells, [DENSE]));
  const only = run([...cells, ...byPersona('opposite', () => false, tuning)], [DENSE, OPPOSITE]);
  assert.equal(only.verdicts[0]?.missing, ['opposite']);
});

test('the level is that of each difference', () => {
  const cells = [...byPersona('mask', (_, k) => k % 6 > 1), ...byPersona('opposite', (_, k) => k % 6 < 2)];
  assert.is(held(run(cells, [OPPOSITE]).verdicts[0]), false); // 8 of 12 against 4 of 12: 1/3 +- 0.41
  assert.is(held(run(cells, [OPPOSITE], { alpha: 0.2 }).verdicts[0]), true);
});

test('the headline is the greatest, of equal ones the first', () => {
  const row = (method: string, sparsity: string | null, alignment: number) => ({ method, sparsity, alignment });
  const rows = [row('wanda', 'low', 0.6), row('wanda', 'mid', 0.7), row('contrastive', 'mid', 0.7)];
  assert.equal(headline(rows), { method: 'wanda', sparsity: 'mid' });
  assert.equal(headline([row('none', null, 0)]), { method: 'none', sparsity: null });
  assert.is(headline([]), null);
  assert.throws(() => headline([...rows, row('broken', 'mid', Number.NaN)]), /not a number/);
});

test.run();
