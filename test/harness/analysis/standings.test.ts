// How methods stand on outcomes made by hand: draws, answerers without a model, what is equal by construction, held and lost.

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
const OPPOSITE: Against = { kind: 'opposite', id: 'opposite' };
const SHUFFLED: Against = { kind: 'shuffled', id: 'shuffled' };

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

/** Draws of a shuffled control: each is right on its own share of every persona's items; asked `asked` of every 3 items. */
const draws = (shares: readonly number[], items: readonly Item[], asked = 1) => {
  const lean = items.filter((_, k) => k % 3 < asked);
  return shares.flatMap((share, seed) =>
    byPersona('shuffled', (_, k) => ((k * 7 + seed) % 10) / 10 < share, { sparsity: 'mid', seed }, lean),
  );
};
const TWENTY = Array.from({ length: 20 }, (_, k) => 0.4 + 0.01 * k);
const MANY = itemsOf(60);

test('draws that lie apart widen the interval, and those on a third of the items are compared as well', () => {
  const method = byPersona('mask', (_, k) => k % 10 < 7, { sparsity: 'mid' }, MANY);
  const cells = [...method, dense(half, MANY)];
  const near50 = run([...cells, ...draws(Array(20).fill(0.5), MANY)], [DENSE, SHUFFLED]);
  const apart = run(
    [
      ...cells,
      ...draws(
        Array.from({ length: 20 }, (_, k) => k / 19),
        MANY,
      ),
    ],
    [DENSE, SHUFFLED],
  );
  const [one, other] = [near50, apart].map(({ comparisons }) => pooled(comparisons, 'shuffled'));
  assert.equal([one?.n, one?.draws, one?.beats], [120, 20, true]);
  assert.is(standing(near50), 'held');
  assert.is(other?.beats, false);
  assert.ok((other?.high ?? 0) - (other?.low ?? 0) > 2 * ((one?.high ?? 0) - (one?.low ?? 0)));
  assert.equal(overall(apart)?.fails, [{ name: 'shuffled', kind: 'shuffled' }]);
  assert.is(overall(apart)?.decides, null, 'no number of items makes up for draws that lie so far apart');
});

test('a subnetwork without two draws at its sparsity is not measured', () => {
  const cells = [...byPersona('mask', () => true), dense(half)];
  const drawn = (entries: readonly Against[], more: readonly Answered[] = []) =>
    overall(run([...cells, ...more], entries, { against: new Map([['mask', { entries, drawn: true }]]) }));
  const none = drawn([DENSE]);
  assert.equal([none?.standing, none?.missing], ['not-measured', ['no draws at this sparsity']]);
  assert.is(drawn([DENSE, SHUFFLED], draws([0.5], ITEMS))?.standing, 'not-measured', 'one draw shows no spread');
  const high = { levels: ['high'] };
  assert.is(drawn([DENSE, { ...SHUFFLED, ...high }], draws(TWENTY, ITEMS))?.standing, 'not-measured');
  const enough = drawn([DENSE, SHUFFLED], draws(TWENTY, ITEMS));
  assert.equal([enough?.standing, enough?.missing], ['held', []]);
});

/** An answerer that is right where `right` says so. */
const answerer = (name: string, right: (persona: string, index: number) => number) => {
  const pairs = new Map(
    PERSONAS.flatMap(({ id, trait }) =>
      ITEMS.filter((one) => one.trait === trait).map((one, k) => [
        JSON.stringify([one.id, id]),
        { unit: one.id, persona: id, trait, aligned: right(id, k) },
      ]),
    ),
  );
  const planned = new Map([...pairs].map(([key, { persona }]) => [key, persona]));
  return { name, side: { repeats: [pairs], planned, failed: [] } };
};

test('a method that is no better than an answerer without a model is said to be like it, whatever else it beats', () => {
  const cells = [...byPersona('mask', mostly), dense(half)];
  const found = (name: string, right: (persona: string, k: number) => number) =>
    run(cells, [DENSE], { answerers: new Map([['choice', [answerer(name, right)]]]) });
  assert.is(standing(found('weak', (_, k) => Number(k === 0))), 'held');
  const words = found('words', () => 1);
  assert.is(standing(words), 'like-answerer');
  assert.equal(overall(words)?.fails, [{ name: 'words', kind: 'answerer' }]);
});

test('what is 50 % by construction is one row that names all of it, and by persona who ignores the pole is no test', () => {
  const first = answerer('first', (persona, k) => Number((k % 2 === 0) === (persona === 'bold' || persona === 'calm')));
  const random = IDS.map((persona) =>
    answer(cellOf(ITEMS, { method: 'random', persona, sparsity: 'mid' }), (one) => persona === one.persona),
  );
  const { comparisons } = run([...byPersona('mask', mostly), dense(half), ...random], [DENSE, RANDOM], {
    answerers: new Map([['choice', [first]]]),
  });
  const rows = (scope: string) =>
    comparisons.filter((row) => row.scope === scope).map(({ control, same }) => [control, same]);
  assert.equal(rows('pooled'), [['dense', ['random', 'first']]]);
  assert.equal(rows('trait'), [
    ['dense', ['random', 'first']],
    ['dense', ['random', 'first']],
  ]);
  // The masks of a control are tests of their own there.
  assert.equal(
    rows('persona').map(([control]) => control),
    IDS.flatMap(() => ['dense', 'random']),
  );
});

test('an opposite that is 100 % less the method is left out, and said', () => {
  const cells = [...byPersona('mask', mostly), dense(half)];
  const mirrored = run([...cells, ...byPersona('opposite', (one, k) => !mostly(one, k))], [DENSE, OPPOSITE]);
  assert.is(pooled(mirrored.comparisons, 'opposite'), undefined);
  assert.is(standing(mirrored), 'held');
  assert.is(mirrored.notes.length, 1);
  assert.match(mirrored.notes[0] ?? '', /"opposite" is 100 % less "mask" on every item/);
  const other = run([...cells, ...byPersona('opposite', (_, k) => k < 3)], [DENSE, OPPOSITE]);
  assert.ok(pooled(other.comparisons, 'opposite') !== undefined);
  assert.equal(other.notes, []);
});

test('a persona that is held on 78.6 % of 28 questions, and one that is lost, never stand alike', () => {
  const items = itemsOf(28).filter(({ trait }) => trait === 'bold');
  const cells = ['bold', 'shy'].map((persona) => cellOf(items, { method: 'mask', persona }));
  const found = (answered: readonly Answered[]) =>
    run([...answered, dense(half, items)], [DENSE], { personas: PERSONAS.filter(({ trait }) => trait === 'bold') });
  const right = (count: number) => found(cells.map((cell) => answer(cell, (_, k) => k < count)));
  // A network that was destroyed gives both poles one answer.
  const lost = found(cells.map((cell) => answer(cell, (one) => cell.persona === one.persona)));
  const [held, guessed] = [right(22), right(14)];
  near(pooled(held.comparisons, 'dense')?.difference, 22 / 28 - 0.5);
  near(pooled(lost.comparisons, 'dense')?.difference, 0);
  assert.is(standing(held), 'held');
  assert.is(standing(lost), 'not-held');
  // One that answers at random is as often right; 28 questions cannot say that it is less than 5 points better.
  near(pooled(guessed.comparisons, 'dense')?.difference, 0);
  assert.is(standing(guessed), 'undecided');
  const decides = overall(guessed)?.decides ?? 0;
  assert.ok(decides > 250 && decides < 600, `${decides} items`);
});

test('with enough items a destroyed network is said not to be held, and how many were too few is said as well', () => {
  const destroyed = (items: readonly Item[]) =>
    run(
      [
        ...byPersona('mask', () => true, {}, items).map(({ cell }) =>
          answer(cell, (one) => cell.persona === one.persona),
        ),
        dense(half, items),
      ],
      [DENSE],
    );
  const few = destroyed(itemsOf(10));
  assert.is(standing(few), 'undecided');
  const wanted = overall(few)?.decides ?? 0;
  assert.is(standing(destroyed(itemsOf(Math.ceil(wanted / 2)))), 'not-held', `after ${wanted} items`);
});

test.run();
