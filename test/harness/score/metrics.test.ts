// Alignment from hand-made outcomes: keying, ties, orders, groups; and what must not pass.

import * as assert from 'uvu/assert';
import type { Item } from '../../../harness/datasets/types.ts';
import type { Outcome } from '../../../harness/method/outcome.ts';
import { alignment, keyedOutcomes, summarise } from '../../../harness/score/index.ts';
import { test } from '../../support/suite.ts';
import { item } from './fakes.ts';

const logit = (p: number): number => Math.log(p / (1 - p));

/** An outcome of a two-option item whose first option matches, with p per order. */
function outcome(id: string, ...ps: number[]): Outcome {
  const orders = ps.map((p, k) => ({
    order: k === 0 ? [0, 1] : [1, 0],
    options: [logit(p), 0].map((score) => ({ sum: score, tokens: 1, bytes: 1, greedy: false, score })),
    p,
  }));
  return { item: id, orders, p: ps.reduce((a, b) => a + b, 0) / ps.length, promptTokens: 9, addedTokens: 0 };
}
const items = ['a', 'b', 'c', 'd'].map((id) => item(id, ['yes', 'no']));
const outcomes = [outcome('a', 0.9, 0.8), outcome('b', 0.9, 0.05), outcome('c', 0.3, 0.7), outcome('d', 0.6, 0.6)];
const near = (got: number | undefined, want: number) =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) < 1e-9, `${got} is not ${want}`);
const code = (wanted: string) => (error: { code: string }) => error.code === wanted;

test('alignment of the own persona', () => {
  // Means over orders: .85 aligned, .475 not, .5 a tie, .6 aligned: 2.5 of 4.
  const result = alignment(outcomes, items, 'extraversion');
  assert.is(result.n, 4);
  assert.is(result.aligned, 0.625);
  assert.is(result.ties, 1);
  assert.is(result.chance, 0.5);
  near(result.meanP, (0.85 + 0.475 + 0.5 + 0.6) / 4);
  assert.equal(result.byOrder, [
    { order: 'given', n: 4, aligned: 0.75 },
    { order: 'reversed', n: 4, aligned: 0.75 },
  ]);
});

test('the opposite persona flips the keying', () => {
  const own = alignment(outcomes, items, 'extraversion');
  const opposite = alignment(outcomes, items, 'introversion');
  near(opposite.aligned, 1 - own.aligned);
  near(opposite.meanP, 1 - own.meanP);
  assert.is(opposite.ties, 1);
});

test('an answerer by position is a tie, rounding or not', () => {
  const p = 0.1 + 0.2;
  const result = alignment([outcome('a', p, 1 - p)], items.slice(0, 1), 'extraversion');
  assert.is(result.aligned, 0.5);
  assert.equal(
    result.byOrder.map((o) => o.aligned),
    [0, 1],
  );
});

test('three options: the likeliest counts, and a tie of two counts half', () => {
  const three = item('t', ['a', 'b', 'c']);
  const at = (...scores: number[]): Outcome => ({
    ...outcome('t', 0.4),
    orders: [
      {
        order: [0, 1, 2],
        options: scores.map((score) => ({ sum: score, tokens: 1, bytes: 1, greedy: false, score })),
        p: 0.4,
      },
    ],
  });
  assert.is(alignment([at(0, -1, -2)], [three], 'extraversion').aligned, 1);
  assert.is(alignment([at(0, 0, -2)], [three], 'extraversion').aligned, 0.5);
  assert.is(alignment([at(0, 1, -2)], [three], 'extraversion').aligned, 0);
  near(alignment([at(0, 1, -2)], [three], 'extraversion').chance, 1 / 3);
  assert.throws(() => alignment([at(0, 1, -2)], [three], 'introversion'), /cannot be keyed to the opposite/);
});

test('pooled over personas and traits', () => {
  const calm: Item = item('z', ['yes', 'no'], { persona: 'calm', trait: 'neuroticism', keying: '-' });
  const judged = [
    ...keyedOutcomes(outcomes, items, 'extraversion'),
    ...keyedOutcomes(outcomes, items, 'introversion'),
    ...keyedOutcomes([outcome('z', 0.2)], [calm], 'calm'),
  ];
  const pooled = summarise(judged);
  assert.is(pooled.n, 9);
  near(pooled.aligned, 4 / 9);
  assert.equal(
    pooled.byOrder.map((o) => o.n),
    [9, 8],
  );
});

test('fails closed on missing, doubled and broken outcomes', () => {
  const bad = code('bad-outcomes');
  assert.throws(() => alignment([], [], 'extraversion'), bad);
  assert.throws(() => alignment(outcomes.slice(1), items, 'extraversion'), bad);
  assert.throws(() => alignment(outcomes, items.slice(1), 'extraversion'), bad);
  assert.throws(() => alignment([...outcomes.slice(0, 3), outcome('e', 0.5)], items, 'extraversion'), bad);
  assert.throws(() => alignment([outcome('a', 0.5), outcome('a', 0.5)], items.slice(0, 2), 'extraversion'), bad);
  assert.throws(() => alignment([{ ...outcome('a', 0.5), p: Number.NaN }], items.slice(0, 1), 'extraversion'), bad);
  const other = item('b', ['yes', 'no'], { trait: 'openness' });
  const mixed = [items[0] as Item, other];
  assert.throws(() => alignment(outcomes.slice(0, 2), mixed, 'extraversion'), bad);
  assert.throws(() => summarise([]), bad);
});

test.run();
