// Paired differences and standings on outcomes made by hand: the unit, both poles, every control, draws, what fails closed.

import * as assert from 'uvu/assert';
import { type Against, type ComparedRun, compare } from '../../../harness/analysis/comparisons.ts';
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

const run = (answered: readonly Answered[], entries: readonly Against[], more: Partial<ComparedRun> = {}) =>
  compare({
    personas: PERSONAS,
    plan: answered.map(({ cell }) => cell),
    answered,
    against: new Map([['mask', { entries, drawn: false }]]),
    ...more,
  });
const pooled = (rows: readonly ComparisonRow[], control: string) =>
  rows.find((row) => row.control === control && row.scope === 'pooled');
const overall = ({ verdicts }: { readonly verdicts: readonly VerdictRow[] }) =>
  verdicts.find(({ scope }) => scope === 'pooled');
const standing = (found: { readonly verdicts: readonly VerdictRow[] }) => overall(found)?.standing;
const near = (got: number | undefined, want: number) =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) < 1e-9, `${got} is not ${want}`);

const mostly: Says = (_, k) => k % 6 !== 0; // 10 of 12
const half: Says = (_, k) => k % 4 < 2;

test('a method that answers as every persona would is held, whatever the dense network answers', () => {
  // The dense network has one answer for both poles: 0.5 on every item, so that each difference is 0.5.
  const { comparisons, verdicts } = run([...byPersona('mask', () => true), dense(half)], [DENSE]);
  const { low, ...row } = comparisons[0]!;
  assert.equal(row, {
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
    high: 0.5, // nothing is more above a half
    beats: true,
  });
  // 24 differences of 0.5 and one of either extreme: mean 24 / 52, t(0.975, 23) = 2.0686576104.
  const centre = 12 / 26;
  const variance = (25 * (0.5 - centre) ** 2 + (0.5 + centre) ** 2) / 25 / 26;
  near(low, centre - 2.068657610419041 * Math.sqrt(variance));
  assert.equal(
    comparisons.map(({ scope, trait, persona, n, difference }) => [scope, trait, persona, n, difference]),
    [
      ['pooled', null, null, 24, 0.5],
      ['trait', 'bold', null, 12, 0.5],
      ['trait', 'calm', null, 12, 0.5],
      // By persona the poles are not averaged: the dense network is right for the one where it is wrong for the other.
      ...IDS.map((id) => ['persona', id === 'bold' || id === 'shy' ? 'bold' : 'calm', id, 12, 0.5]),
    ],
  );
  assert.equal(
    verdicts.map(({ scope, standing: one, fails, missing, decides, broken }) => [
      scope,
      one,
      fails,
      missing,
      decides,
      broken,
    ]),
    ['pooled', 'trait', 'trait', 'persona', 'persona', 'persona', 'persona'].map((scope) => [
      scope,
      'held',
      [],
      [],
      null,
      [],
    ]),
  );
});

test('what does not depend on the persona beats nothing: its poles cancel on every item', () => {
  // The same answer whichever persona is meant.
  const alike = byPersona('mask', () => true).map(({ cell }) => answer(cell, (one) => cell.persona === one.persona));
  const found = run([...alike, dense()], [DENSE]);
  near(found.comparisons[0]?.difference, 0);
  assert.is(found.comparisons[0]?.beats, false);
  assert.equal(overall(found)?.fails, [{ name: 'dense', kind: 'dense' }]);
});

test('a pair is an item under a persona, and the interval is that of the items', () => {
  const control = byPersona('rag-random', (_, k) => k === 0 || k === 6);
  const { comparisons } = run([...byPersona('mask', mostly), ...control], [{ kind: 'control', id: 'rag-random' }]);
  const row = pooled(comparisons, 'rag-random');
  near(row?.difference, 20 / 24 - 4 / 24);
  // 20 differences of 1 and 4 of -1, and one of either extreme: 21 and 5.
  const half26 = 2.068657610419041 * Math.sqrt((1 - (16 / 26) ** 2) / 25);
  near(row?.low, 16 / 26 - half26);
  near(row?.high, 16 / 26 + half26);
});

test('every control must be beaten: one that is as good makes the standing, not the best of them', () => {
  const cells = [...byPersona('mask', mostly), dense()];
  assert.is(standing(run(cells, [DENSE])), 'held');
  const rival = byPersona('rag-random', (one, k) => (k === 1 ? false : mostly(one, k)));
  const found = run([...cells, ...rival], [DENSE, { kind: 'control', id: 'rag-random' }]);
  assert.is(pooled(found.comparisons, 'dense')?.beats, true);
  assert.is(pooled(found.comparisons, 'rag-random')?.beats, false);
  assert.equal(overall(found)?.fails, [{ name: 'rag-random', kind: 'control' }]);
  assert.is(standing(found), 'undecided', 'two items of 24 are not enough to say that it is no better');
});

test("the control's seeds are an axis, and the method's own are one too", () => {
  const seeds = (method: string, shares: readonly number[]) =>
    shares.flatMap((right, seed) => byPersona(method, (_, k) => k < right, { sparsity: 'mid', seed }));
  const method = byPersona('mask', (_, k) => k !== 3);
  const agree = run([...method, ...seeds('random', [6, 6, 6])], [RANDOM]);
  const disagree = run([...method, ...seeds('random', [0, 6, 12])], [RANDOM]);
  const [one, other] = [pooled(agree.comparisons, 'random'), pooled(disagree.comparisons, 'random')];
  assert.equal([one?.draws, other?.draws, one?.n], [3, 3, 24]);
  near(one?.difference, 11 / 12 - 1 / 2);
  near(other?.difference, 11 / 12 - 1 / 2);
  assert.equal([one?.beats, other?.beats], [true, false]);
  const two = pooled(run([...method, ...seeds('random', [0, 12])], [RANDOM]).comparisons, 'random');
  assert.equal([two?.draws, two?.low, two?.high], [2, -1, 1], 'cut where a difference of shares ends');
  const steady = pooled(run([...seeds('mask', [10, 10, 10]), dense(half)], [DENSE]).comparisons, 'dense');
  const unsteady = pooled(run([...seeds('mask', [12, 12, 6]), dense(half)], [DENSE]).comparisons, 'dense');
  assert.equal([steady?.seeds, unsteady?.seeds], [3, 3]);
  near(steady?.difference, unsteady?.difference ?? 0);
  assert.equal([steady?.beats, unsteady?.beats], [true, false], 'seeds 50 points apart');
});

test("a method's wordings are averaged: repeats are no further items", () => {
  const repeats = [
    ...byPersona('mask', () => true, { sparsity: 'mid', wording: 'plain' }),
    ...byPersona('mask', (_, k) => k < 6, { sparsity: 'mid', wording: 'long' }),
  ];
  const found = run([...repeats, dense()], [DENSE]);
  assert.equal([found.comparisons[0]?.n, found.comparisons[0]?.seeds], [24, 1]);
  near(found.comparisons[0]?.difference, 0.75 - 0.5);
  assert.is(found.verdicts.filter(({ scope }) => scope === 'pooled').length, 1);
  // A control's wordings are averaged within its seed.
  const wordings = ['plain', 'long'].flatMap((wording) => byPersona('random', half, { sparsity: 'mid', wording }));
  const row = pooled(run([...byPersona('mask', () => true), ...wordings], [RANDOM]).comparisons, 'random');
  assert.equal([row?.draws, row?.n], [1, 24]);
  near(row?.difference, 0.5);
});

test('controls are compared with the method at its own sparsity, model and evaluation', () => {
  const cells = ['low', 'high'].flatMap((sparsity) => [
    ...byPersona('mask', () => true, { sparsity }),
    ...byPersona('random', (_, k) => sparsity === 'high' || k < 2, { sparsity }),
  ]);
  const elsewhere = byPersona('random', () => true, { sparsity: 'low', model: 'other' });
  const { comparisons, verdicts } = run([...cells, ...elsewhere, dense()], [RANDOM, DENSE]);
  const rows = comparisons.filter(({ scope }) => scope === 'pooled');
  assert.equal(
    rows.map(({ sparsity, control, difference }) => [sparsity, control, Math.round(100 * difference)]),
    [
      ['low', 'random', 83],
      ['low', 'dense', 50],
      ['high', 'random', 0],
      ['high', 'dense', 50],
    ],
  );
  assert.equal(
    verdicts.filter(({ scope }) => scope === 'pooled').map((one) => [one.sparsity, one.standing]),
    [
      ['low', 'held'],
      ['high', 'not-held'], // nothing is above a control that is always right
    ],
  );
  // A control at another sparsity alone is none.
  const other = [...byPersona('mask', () => true), ...byPersona('random', () => false, { sparsity: 'low' })];
  assert.equal(overall(run(other, [RANDOM]))?.missing, ['random']);
});

test('a control that failed, in whole or in one seed or one persona, or is not in the plan, is named: nothing is said', () => {
  const method = byPersona('mask', () => true);
  const random = [1, 2, 3].flatMap((seed) => byPersona('random', half, { sparsity: 'mid', seed }));
  const plan = [...method, ...random, dense()].map(({ cell }) => cell);
  const verdict = (answered: readonly Answered[], planned = plan) => {
    const one = overall(run(answered, [DENSE, RANDOM], { plan: planned }));
    return [one?.standing, one?.missing];
  };
  const lacks = (...names: string[]) => ['not-measured', names];
  assert.equal(verdict([...method, ...random, dense()]), ['held', []]);
  assert.equal(verdict([...method, ...random]), lacks('dense'));
  assert.equal(verdict(method), lacks('dense', 'random'));
  assert.equal(verdict([...method, ...random.slice(0, 8), dense()]), lacks('random'), 'a seed failed');
  assert.equal(verdict([...method, ...random.slice(1), dense()]), lacks('random'), 'a persona failed');
  const filtered = plan.filter(({ method: id }) => id !== 'dense');
  assert.equal(verdict([...method, ...random], filtered), lacks('dense'), 'left out of the plan');
  const narrowed = plan.filter(({ method: id, persona }) => id !== 'random' || persona !== 'calm');
  assert.equal(
    verdict([...method, ...random.filter(({ cell }) => cell.persona !== 'calm'), dense()], narrowed),
    lacks('random'),
    'does not cover what the method was asked',
  );
  assert.equal(verdict([...method.slice(1), ...random, dense()]), lacks('mask'), 'the method itself failed');
  assert.equal(verdict([...random, dense()]), lacks('mask'));
});

test('what failed for one persona leaves what is said of the others', () => {
  const method = byPersona('mask', () => true);
  const random = byPersona('random', half);
  const plan = [...method, ...random].map(({ cell }) => cell);
  const { verdicts } = run([...method, ...random.filter(({ cell }) => cell.persona !== 'calm')], [RANDOM], { plan });
  const failed = verdicts.filter((one) => one.standing === 'not-measured');
  assert.equal(
    failed.map(({ scope, trait, persona }) => [scope, trait, persona]),
    [
      ['pooled', null, null],
      ['trait', 'calm', null],
      ['persona', 'calm', 'calm'],
    ],
  );
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
  const found = run([...bold, dense(half)], [DENSE]);
  // One pole alone: the dense network's own leaning counts, 6 of 12 items keyed to either pole.
  assert.equal(
    [found.comparisons[0]?.n, found.comparisons.map(({ scope }) => scope)],
    [12, ['pooled', 'trait', 'persona']],
  );
  assert.is(overall(found)?.missing.length, 0);
  near(found.comparisons[0]?.difference, 0.5);
});

test('graded answers are compared by their means, without answers that were not seen', () => {
  const cells = [...byPersona('mask', (_, k) => (k === 0 ? 'tie' : true)), dense(half)];
  const [as, graded] = [{}, { graded: new Set(['choice']) }].map((more) => run(cells, [DENSE], more).comparisons[0]);
  assert.ok((graded?.low ?? 0) > (as?.low ?? 1));
});

test('one item bounds nothing, and a method that is compared with nothing gets no verdict', () => {
  const items = ITEMS.slice(0, 1);
  const found = run(
    [answer(cellOf(items, { method: 'mask', persona: 'bold' }), () => true), dense(() => false, items)],
    [DENSE],
  );
  const [first] = found.comparisons;
  assert.equal([first?.n, first?.low, first?.high, first?.difference], [1, -1, 1, 1]);
  assert.equal([standing(found), overall(found)?.decides], ['undecided', null]);
  const cells = [...byPersona('mask', () => true), dense()];
  assert.equal(run(cells, []), { comparisons: [], verdicts: [], notes: [] });
  assert.equal(run(cells, [DENSE], { against: new Map() }), { comparisons: [], verdicts: [], notes: [] });
});

test('the tuning split is not compared, and does not stand in for the evaluation split', () => {
  const tuning = { sparsity: 'mid', split: 'tuning' as const };
  const cells = [...byPersona('mask', () => true), dense(half)];
  const chosen = byPersona('mask', () => false, tuning);
  assert.equal(run([...cells, ...chosen], [DENSE]), run(cells, [DENSE]));
  const only = run([...cells, ...byPersona('random', () => false, tuning)], [DENSE, RANDOM]);
  assert.equal(overall(only)?.missing, ['random']);
});

test('the level is that of each difference', () => {
  const cells = [...byPersona('mask', (_, k) => k % 6 > 1), ...byPersona('random', (_, k) => k % 6 < 2)];
  assert.is(standing(run(cells, [RANDOM])), 'undecided'); // 8 of 12 against 4 of 12: 1/3 +- 0.41
  assert.is(standing(run(cells, [RANDOM], { alpha: 0.2 })), 'held');
});

test.run();
