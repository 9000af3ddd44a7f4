// Choice scoring end to end with a table for an engine: every expectation is worked out by hand beside it.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { DENSE } from '../../../gpu/index.ts';
import type { Scorer } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import type { ChoiceEvaluation } from '../../../harness/evaluations/choice.ts';
import type { Question } from '../../../harness/method/method.ts';
import { evaluateChoice, ordersOf, questionText, softmax } from '../../../harness/score/index.ts';
import type { Prompt } from '../../../harness/text/index.ts';
import { test } from '../../support/suite.ts';
import { evaluation, FakeEngine, fakeText, item, REST, spell } from './fakes.ts';

const bare = async ({ text }: Question): Promise<Prompt> => ({ messages: [{ role: 'user', content: text }] });
const near = (got: number | undefined, want: number) =>
  assert.ok(Math.abs((got ?? Number.NaN) - want) < 1e-12, `${got} is not ${want}`);
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const ask = (
  options: Partial<ChoiceEvaluation>,
  items: readonly Item[],
  engine: FakeEngine = new FakeEngine(),
  wrap: (question: Question) => Promise<Prompt> = bare,
) =>
  evaluateChoice({ engine, text: fakeText, evaluation: evaluation(options), items, variant: DENSE, wrap, cell: 'c1' });

async function fails(what: Promise<unknown>, code: string, message: RegExp, where?: RegExp): Promise<void> {
  try {
    await what;
  } catch (error) {
    assert.is((error as BenchError).code, code);
    assert.match((error as BenchError).message, message);
    if (where) assert.match((error as BenchError).where ?? '', where);
    return;
  }
  throw new Error('nothing was thrown');
}

// "yés": y -1/2, é -1/16, s -1/8: sum -11/16 over 3 tokens, 4 bytes.  "no": n -1, o -2: sum -3 over 2 tokens, 2 bytes.
const YES = -0.6875;
const NO = -3;
const pair = item('i1', ['yés', 'no']);
const hidden = { show: false, template: '{question}' } as const;

test('sum, per token and per byte', async () => {
  for (const [scorer, yes, no] of [
    ['sum', YES, NO],
    ['per-token', YES / 3, NO / 2],
    ['per-byte', YES / 4, NO / 2],
  ] as const) {
    const [outcome] = await ask({ scorer, ...hidden }, [pair]);
    const [first, second] = outcome?.orders[0]?.options ?? [];
    assert.equal(first, { sum: YES, tokens: 3, bytes: 4, greedy: true, score: yes }, scorer);
    assert.equal(second, { sum: NO, tokens: 2, bytes: 2, greedy: false, score: no }, scorer);
    near(outcome?.p, sigmoid(yes - no));
    assert.is(outcome?.orders.length, 1, 'without listed options there is one order');
  }
});

test('prompt-and-answer: the mean over every token after the first', async () => {
  // "<user>Go?\n<me>": 14 characters. After "<": u s e r > G o ? \n < m e > = s -1/8, e -1/4, o -2, e -1/4, nine others.
  const prompt = -0.125 - 0.25 - 2 - 0.25 + 9 * REST;
  const [outcome] = await ask({ scorer: 'prompt-and-answer', ...hidden }, [pair]);
  const options = outcome?.orders[0]?.options ?? [];
  near(options[0]?.score, (prompt + YES) / 16);
  near(options[1]?.score, (prompt + NO) / 15);
  assert.is(options[0]?.sum, YES, 'the sum stays that of the answer');
  assert.is(options[0]?.greedy, true);
  near(outcome?.p, sigmoid((prompt + YES) / 16 - (prompt + NO) / 15));
});

test('letter: the label of the presented position, both orders averaged', async () => {
  // "(A)" -1/16 - 1/4 - 1/16 = -3/8 for whatever stands first; "(B)" -7/8.
  const engine = new FakeEngine();
  const [outcome] = await ask({ scorer: 'letter' }, [pair], engine);
  assert.equal(
    outcome?.orders.map(({ order, options }) => [order, options.map((o) => o.score)]),
    [
      [
        [0, 1],
        [-0.375, -0.875],
      ],
      [
        [1, 0],
        [-0.875, -0.375],
      ],
    ],
  );
  near(outcome?.orders[0]?.p, sigmoid(0.5));
  near(outcome?.orders[1]?.p, sigmoid(-0.5));
  near(outcome?.p, 0.5);
  const second = engine.calls[0]?.[2];
  assert.is(spell(second?.tokens ?? new Uint32Array()), '<user>Go?\n(A) no\n(B) yés\n<me>(B)');
});

test('both orders are kept apart and averaged; given asks one', async () => {
  // What stands first gets a bonus of 1/2 on its first answer token.
  const engine = new FakeEngine((logprob, sequence, position) => {
    const text = spell(sequence.tokens);
    return position === sequence.from && text.includes(`(A) ${text.split('<me>')[1]}\n`) ? logprob + 0.5 : logprob;
  });
  const [both] = await ask({}, [pair], engine);
  near(both?.orders[0]?.p, sigmoid(YES + 0.5 - NO));
  near(both?.orders[1]?.p, sigmoid(YES - NO - 0.5));
  near(both?.p, (sigmoid(YES + 0.5 - NO) + sigmoid(YES - NO - 0.5)) / 2);
  const [given] = await ask({ orders: 'given' }, [pair], engine);
  assert.is(given?.orders.length, 1);
  near(given?.p, sigmoid(YES + 0.5 - NO));
});

test('k options: every rotation, and the softmax over all', async () => {
  assert.equal(ordersOf({ show: true, orders: 'both' }, 3), [
    [0, 1, 2],
    [1, 2, 0],
    [2, 0, 1],
  ]);
  const three = item('i3', ['yés', 'no', 'a']);
  const [outcome] = await ask({}, [three]);
  assert.is(outcome?.orders.length, 3);
  near(outcome?.p, Math.exp(YES) / (Math.exp(YES) + Math.exp(NO) + Math.exp(REST)));
});

test('equal options are a tie', async () => {
  const [outcome] = await ask(hidden, [item('tie', ['ab', 'cd'])]);
  assert.is(outcome?.p, 0.5);
  assert.equal(softmax([-2000, -2000, -2000, -2000]), [0.25, 0.25, 0.25, 0.25]);
});

test('the method wraps the question, and added tokens are counted', async () => {
  const engine = new FakeEngine();
  const wrap = async ({ text, item: asked }: Question): Promise<Prompt> => ({
    messages: [
      { role: 'system', content: `Be ${asked.persona.slice(0, 2)}` },
      { role: 'user', content: text },
    ],
  });
  const [outcome] = await ask(hidden, [pair], engine, wrap);
  assert.is(spell(engine.calls[0]?.[0]?.tokens ?? new Uint32Array()), '<system>Be ex\n<user>Go?\n<me>yés');
  assert.is(outcome?.promptTokens, 28);
  assert.is(outcome?.addedTokens, '<system>Be ex\n'.length);
  const [given] = await evaluateChoice({
    engine,
    text: fakeText,
    evaluation: evaluation(hidden),
    items: [pair],
    variant: DENSE,
    wrap,
    baseTokens: new Map([['i1', 8]]),
  });
  assert.is(given?.addedTokens, 20);
});

test('items of any number come back in order, in chunks that never split an item', async () => {
  const items = Array.from({ length: 300 }, (_, k) => item(`i${k}`, k % 2 === 0 ? ['yés', 'no'] : ['no', 'yés']));
  const engine = new FakeEngine();
  const outcomes = await ask({}, items, engine);
  assert.equal(
    outcomes.map((o) => o.item),
    items.map((i) => i.id),
  );
  assert.ok(outcomes.every((o, k) => o.p > 0.5 === (k % 2 === 0)));
  assert.equal(
    engine.calls.map((c) => c.length),
    [512, 512, 176],
  );
});

test('a log-probability that is not finite is an error with item, option and cell', async () => {
  for (const bad of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    const engine = new FakeEngine((logprob, sequence) => (spell(sequence.tokens).endsWith('no') ? bad : logprob));
    await fails(
      ask(hidden, [pair], engine),
      'not-finite',
      /token 1 is (NaN|-Infinity)/,
      /item i1 in cell c1, option 2/,
    );
  }
  const neutral = new FakeEngine((x, s) => (spell(s.tokens).includes('Answer:') ? Number.NaN : x));
  await fails(ask({ scorer: 'pmi', ...hidden }, [pair], neutral), 'not-finite', /is NaN/, /prior/);
  const short = { score: async () => [] };
  await fails(
    evaluateChoice({
      engine: short,
      text: fakeText,
      evaluation: evaluation(hidden),
      items: [pair],
      variant: DENSE,
      wrap: bare,
    }),
    'bad-score',
    /scored 0 of 3 tokens/,
  );
});

test('items and evaluations that cannot be asked', async () => {
  await fails(ask({}, []), 'no-items', /no item/, /evaluation choice/);
  await fails(ask({}, [item('one', ['yes'])]), 'bad-item', /1 options/, /item one/);
  const none = item('none', ['a', 'b'], { options: ['a', 'b'].map((text) => ({ text, matching: false })) });
  await fails(ask({}, [none]), 'bad-item', /0 of them matching/, /item none/);
  const letters = { scorer: 'letter' as Scorer, ...hidden };
  await fails(ask(letters, [pair]), 'bad-evaluation', /letters mean nothing/);
  await fails(ask({ template: 'Q' }, [pair]), 'bad-evaluation', /no \{question\}/);
  await fails(ask({ template: '{question}' }, [pair]), 'bad-evaluation', /shows the options/);
  await fails(ask({ show: false }, [pair]), 'bad-evaluation', /show is false/);
});

test('a prompt that does not fit the model names its item', async () => {
  const engine = new FakeEngine();
  engine.score = async () => {
    throw new BenchError('sequence-too-long', '99 tokens and 1 more exceed the positions');
  };
  const long = item('long', ['yes', 'no'], { question: 'And then? '.repeat(9) });
  await fails(ask({}, [pair, long, item('i3', ['a', 'b'])], engine), 'sequence-too-long', /99 tokens/, /^item long$/);
});

test('words in braces of an item are left alone', () => {
  const odd = item('odd', ['{question}', '$&'], { question: 'Is {options} a word?' });
  assert.is(questionText(evaluation(), odd, [1, 0]), 'Is {options} a word?\n(A) $&\n(B) {question}');
});

test('an interrupt stops between chunks', async () => {
  const stop = new AbortController();
  stop.abort();
  const engine = new FakeEngine();
  let thrown = false;
  await evaluateChoice({
    engine,
    text: fakeText,
    evaluation: evaluation(),
    items: [pair],
    variant: DENSE,
    wrap: bare,
    signal: stop.signal,
  }).catch(() => {
    thrown = true;
  });
  assert.ok(thrown);
  assert.is(engine.calls.length, 0);
});

test.run();
