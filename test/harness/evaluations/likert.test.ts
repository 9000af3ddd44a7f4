// Answers on a scale with a table for an engine: expected answer, mass, both orders, keys and poles, worked out by hand.

import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { DENSE } from '../../../gpu/index.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { choice as choiceKind } from '../../../harness/evaluations/choice.ts';
import { evaluateLikert, readingOf } from '../../../harness/evaluations/likert/answers.ts';
import { asking, likert as kind, type LikertEvaluation } from '../../../harness/evaluations/likert.ts';
import { agreement } from '../../../harness/method/derived.ts';
import type { Question } from '../../../harness/method/method.ts';
import {
  alignment,
  creditFor,
  keyedOutcomes,
  ordersOf,
  summarise,
  targetOf,
  trivialAnswerers,
} from '../../../harness/score/index.ts';
import { suite } from '../../support/suite.ts';
import { evaluation as choice, FakeEngine, fakeText, item, spell } from '../score/fakes.ts';

const test = suite('likert');
const near = (got: number | undefined, want: number) =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) < 1e-12, `${got} is not ${want}`);

const likert = (more: Partial<LikertEvaluation> = {}): LikertEvaluation => ({
  id: 'likert',
  kind: 'likert',
  scorer: 'sum',
  orders: 'both',
  template: 'You? {statement}\n{options}',
  items: [],
  itemsPerTrait: null,
  setUp: choice(),
  ...more,
});

/** A statement of the pole that agrees with it. */
const statement = (id: string, answers: readonly [string, ...string[]], keying: '+' | '-' = '+'): Item => ({
  ...item(id, answers, { keying, persona: keying === '+' ? 'extraversion' : 'introversion', question: 'I sing.' }),
  options: answers.map((text, k) => ({ text, matching: k === answers.length - 1 })),
  scale: true,
});

const ask = (
  items: readonly Item[],
  more: Partial<LikertEvaluation> = {},
  engine: FakeEngine = new FakeEngine(),
  text: typeof fakeText = fakeText,
) =>
  evaluateLikert({
    engine,
    text,
    evaluation: asking(likert(more)),
    items,
    variant: DENSE,
    wrap: async (question: Question) => ({ messages: [{ role: 'user', content: question.text }] }),
  });

// "no": n -1, o -2. "so": s -1/8, o -2. "yes": -1/2 - 1/4 - 1/8.
const SUMS = [-3, -2.125, -0.875];
const WEIGHTS = SUMS.map(Math.exp);
const TOTAL = WEIGHTS.reduce((a, b) => a + b, 0);
const SHARE = (WEIGHTS[1]! + 2 * WEIGHTS[2]!) / TOTAL / 2;

test('agreement is (E - 1) / (L - 1)', () => {
  assert.equal([agreement([1, 0, 0]), agreement([0, 1, 0]), agreement([0, 0, 1])], [0, 0.5, 1]);
  near(agreement([0.2, 0.2, 0.2, 0.2, 0.2]), 0.5);
  near(agreement([0.1, 0, 0, 0.3, 0.6]), (0.3 * 3 + 0.6 * 4) / 4);
});

test('the expected answer is over the probabilities of all answers, whatever their length', async () => {
  const one = statement('a', ['no', 'so', 'yes']);
  const [outcome] = await ask([one]);
  assert.equal(
    outcome!.orders.map(({ order }) => order),
    [
      [0, 1, 2],
      [2, 1, 0],
    ],
  );
  assert.equal(
    outcome!.orders[0]!.options.map(({ score }) => score),
    SUMS,
  );
  near(outcome!.p, SHARE);
  const { answers, expected, mass } = readingOf(one, outcome!);
  assert.is(answers, 3);
  near(expected, 1 + 2 * SHARE);
  near(mass, TOTAL);
});

test('a letter is liked by its place: over both orders that is no agreement', async () => {
  const one = statement('a', ['no', 'so', 'yes']);
  const [both] = await ask([one], { scorer: 'letter' });
  near(both!.p, 0.5);
  // "(A)" -1/4 and "(B)" -3/4, "(C)" -1/16 by its letter.
  const [a, b, c] = [-0.25, -0.75, -0.0625].map(Math.exp) as [number, number, number];
  near(both!.orders[0]!.p, (b + 2 * c) / (a + b + c) / 2);
  near(both!.orders[1]!.p, (b + 2 * a) / (a + b + c) / 2);
  const [given] = await ask([one], { scorer: 'letter', orders: 'given' });
  assert.is(given!.orders.length, 1);
  near(given!.p, both!.orders[0]!.p);
});

test('the prompt lists the answers as they are presented', () => {
  const one = { ...statement('a', ['no', 'so', 'yes']), question: 'I like {options} and {question}.' };
  assert.is(kind.question(likert(), one, [2, 1, 0]), 'You? I like {options} and {question}.\n(A) yes\n(B) so\n(C) no');
  assert.equal(ordersOf(asking(likert({ orders: 'given' })), 5), [[0, 1, 2, 3, 4]]);
  assert.throws(
    () => kind.question(likert({ template: '{question}\n{options}' }), one, [0, 1, 2]),
    (error: BenchError) => error.code === 'bad-evaluation' && /no \{statement\}/.test(error.message),
  );
  assert.throws(
    () => kind.question(likert({ template: '{statement}' }), one, [0, 1, 2]),
    (error: BenchError) => error.code === 'bad-evaluation' && /no \{options\}/.test(error.message),
  );
});

test('what is asked is the prompt and each answer after it', async () => {
  const engine = new FakeEngine();
  await ask([statement('a', ['no', 'yes'])], { orders: 'given' }, engine);
  assert.equal(
    engine.calls[0]!.map(({ tokens, from }) => [spell(tokens.slice(0, from)), spell(tokens.slice(from))]),
    ['no', 'yes'].map((answer) => ['<user>You? I sing.\n(A) no\n(B) yes\n<me>', answer]),
  );
});

test('minus keys are reversed for the high pole, and the low pole is one minus that', async () => {
  const items = [statement('plus', ['no', 'so', 'yes']), statement('minus', ['no', 'so', 'yes'], '-')];
  const outcomes = await ask(items);
  const high = keyedOutcomes(outcomes, items, 'extraversion');
  near(high[0]!.aligned, SHARE);
  near(high[1]!.aligned, 1 - SHARE);
  const low = keyedOutcomes(outcomes, items, 'introversion');
  near(low[0]!.aligned, 1 - SHARE);
  near(low[1]!.aligned, SHARE);
  assert.equal(
    high.map(({ p, chance }, k) => [p === high[k]!.aligned, chance]),
    [
      [true, 0.5],
      [true, 0.5],
    ],
  );
  assert.equal(
    high.map(({ orders }) => orders.length),
    [2, 2],
  );
  // Who agrees with everything is in the middle of both poles.
  near(alignment(outcomes, items, 'extraversion').aligned, 0.5);
  assert.is(summarise(high).n, 2);
});

test('the ends of a scale are the targets; an answerer is credited by how far it goes', () => {
  const plus = statement('plus', ['a', 'b', 'c', 'd', 'e']);
  assert.equal([targetOf(plus, null), targetOf(plus, 'extraversion'), targetOf(plus, 'introversion')], [4, 4, 0]);
  assert.equal(
    [creditFor(plus, null, [3]), creditFor(plus, 'introversion', [3]), creditFor(plus, null, [0, 4])],
    [0.75, 0.25, 0.5],
  );
  const minus = statement('minus', ['a', 'b', 'c', 'd', 'e'], '-');
  for (const { accuracy, chance } of trivialAnswerers([plus, minus], 'extraversion')) {
    assert.equal([accuracy, chance], [0.5, 0.5]);
  }
});

test('an evaluation is asked as its kind says', async () => {
  const one = statement('a', ['no', 'so', 'yes']);
  const request = { engine: new FakeEngine(), text: fakeText, items: [one], variant: DENSE };
  const wrap = async ({ text }: Question) => ({ text });
  const [scaled] = await kind.ask({ ...request, wrap, evaluation: likert() });
  near(scaled!.p, SHARE);
  const [chosen] = await choiceKind.ask({ ...request, wrap, evaluation: choice() });
  near(chosen!.p, WEIGHTS[2]! / TOTAL);
});

test('a log-probability that is no number is told with its item, and a choice has no reading', async () => {
  const nan = new FakeEngine(() => Number.NaN);
  const error = await ask([statement('a', ['no', 'yes'])], {}, nan).catch((caught: BenchError) => caught);
  assert.equal([(error as BenchError).code, (error as BenchError).where], ['not-finite', 'item a, option 1']);
  const [outcome] = await ask([statement('a', ['no', 'yes'])]);
  assert.throws(
    () => readingOf(item('a', ['no', 'yes']), outcome!),
    (thrown: BenchError) => thrown.code === 'bad-outcomes',
  );
});

test.run();
