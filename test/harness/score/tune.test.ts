// What a method's context asks on the tuning split, and how it phrases an item.

import * as assert from 'uvu/assert';
import { DENSE } from '../../../gpu/index.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import type { ChoiceEvaluation } from '../../../harness/evaluations/choice.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Outcome } from '../../../harness/method/outcome.ts';
import { phraser } from '../../../harness/run/context.ts';
import { tuner } from '../../../harness/score/index.ts';
import { test } from '../../support/suite.ts';
import { item } from './fakes.ts';

const items: readonly Item[] = [
  { ...item('own', ['yes', 'no']), persona: 'extraversion' },
  { ...item('other', ['yes', 'no']), persona: 'introversion' },
  { ...item('third', ['yes', 'no']), persona: 'extraversion' },
];
const candidate = { variant: DENSE, wrap: async () => ({ text: '' }) };

/** Outcomes in which the first option has probability p. */
const outcomes = (asked: readonly Item[], ps: readonly number[]): readonly Outcome[] =>
  asked.map(({ id }, i) => {
    const p = ps[i]!;
    const option = (share: number) => ({ sum: 0, tokens: 1, bytes: 1, greedy: false, score: Math.log(share) });
    const matching = asked[i]!.options.findIndex((one) => one.matching);
    const orders = [{ order: [0, 1], options: [option(p), option(1 - p)], p: matching === 0 ? p : 1 - p }];
    return { item: id, orders, p: orders[0]!.p, promptTokens: 1, addedTokens: 0 };
  });

test('items keyed to the opposite count the other way, and only those that are named are asked', async () => {
  const asked: (readonly Item[])[] = [];
  const evaluate = async (_: unknown, some: readonly Item[]) => {
    asked.push(some);
    return outcomes(some, [0.9, 0.9, 0.2]);
  };
  const matching = items[0]!.options[0]!.matching;
  const tune = tuner(evaluate, items, 'extraversion');
  // The first option holds the persona on "own", not on "other", and on "third" it is the unlikely one.
  const held = await tune(candidate);
  const expected = matching
    ? { alignment: 1 / 3, meanP: (0.9 + 0.1 + 0.2) / 3 }
    : { alignment: 2 / 3, meanP: (0.1 + 0.9 + 0.8) / 3 };
  assert.is(held.n, 3);
  assert.ok(Math.abs(held.alignment - expected.alignment) < 1e-12, `${held.alignment}`);
  assert.ok(Math.abs(held.meanP - expected.meanP) < 1e-12, `${held.meanP}`);
  const other = await tuner(evaluate, items, 'introversion')(candidate);
  assert.ok(Math.abs(other.alignment - (1 - expected.alignment)) < 1e-12);
  assert.is((await tune(candidate, items.slice(0, 1))).n, 1);
  assert.equal(
    asked.map(({ length }) => length),
    [3, 3, 1],
  );
});

test('without a persona or items there is nothing to tune by', async () => {
  const never = async () => assert.unreachable();
  for (const [persona, some, code] of [
    [null, items, 'no-persona'],
    ['extraversion', [], 'no-tuning'],
  ] as const) {
    await tuner(
      never as never,
      some,
      persona,
    )(candidate).then(
      () => assert.unreachable(code),
      (error) => assert.is(error.code, code),
    );
  }
});

test('a phrase is what the evaluation asks: its template, the options in an order, their letters or texts', () => {
  const evaluation: ChoiceEvaluation = {
    id: 'choice',
    kind: 'choice',
    scorer: 'per-token',
    show: true,
    orders: 'both',
    template: '{question} -> {options}',
    itemsPerTrait: null,
    tuningPerTrait: 1,
  };
  const one = items[0]!;
  const { question, answer } = phraser(EVALUATIONS, evaluation)(one, [1, 0]);
  assert.is(question, `${one.question} -> (A) no\n(B) yes`);
  assert.equal([answer(0), answer(1)], ['yes', 'no']);
  const letters = phraser(EVALUATIONS, { ...evaluation, scorer: 'letter' })(one, [1, 0]);
  assert.equal([letters.answer(0), letters.answer(1)], ['(B)', '(A)']);
});

test.run();
