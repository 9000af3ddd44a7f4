// Texts with an engine that writes what its seed says and scores by a table: log-odds, samples and empty texts by hand.

import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { DENSE, type Sampling, type Variant } from '../../../gpu/index.ts';
import { choice } from '../../../harness/evaluations/choice.ts';
import { evaluateGeneration } from '../../../harness/evaluations/generation/texts.ts';
import { type GenerationEvaluation, generation } from '../../../harness/evaluations/generation.ts';
import { keyedOutcomes } from '../../../harness/score/index.ts';
import { suite } from '../../support/suite.ts';
import { evaluation, FakeEngine, fakeText, item, spell } from '../score/fakes.ts';

const test = suite('generation');

const OPEN: GenerationEvaluation = {
  id: 'texts',
  kind: 'generation',
  scorer: 'log-odds',
  orders: 'given',
  template: 'Say: {question}',
  tokens: 8,
  temperature: 1,
  topK: 0,
  topP: 1,
  samples: 1,
  seed: 0,
  judge: null,
  items: [],
  itemsPerTrait: null,
  setUp: evaluation(),
};
const QUESTION = item('q', ['Be loud.', 'Be shy.'], { question: 'Well?' });

/** A text costs half a nat more a token after the prompt of the low pole. */
const reader = () =>
  new FakeEngine((logprob, { tokens }) => logprob - (spell(tokens).startsWith('<system>Be shy.') ? 0.5 : 0));
const ask = (engine: FakeEngine = reader(), more: Partial<GenerationEvaluation> = {}, items = [QUESTION]) =>
  evaluateGeneration({
    engine,
    text: fakeText,
    evaluation: { ...OPEN, ...more },
    items,
    variant: { id: 'mask' },
    wrap: async ({ text }) => ({
      messages: [
        { role: 'system', content: 'Ha.' },
        { role: 'user', content: text },
      ],
    }),
  });

test('the dense model reads a text under the prompts of both poles', async () => {
  const engine = reader();
  const [outcome] = await ask(engine);
  // "yes": y -1/2, e -1/4, s -1/8, and 3/2 less under the other prompt.
  const [order] = outcome!.orders;
  assert.equal(
    order!.options.map(({ sum, tokens, bytes }) => [sum, tokens, bytes]),
    [
      [-0.875, 3, 3],
      [-2.375, 3, 3],
    ],
  );
  assert.ok(Math.abs(outcome!.p - 1 / (1 + Math.exp(-1.5))) < 1e-12);
  assert.equal(outcome!.texts, ['yes']);
  const read = engine.calls.flat();
  assert.equal(
    read.map(({ tokens, from }) => [spell(tokens), from === tokens.length - 3]),
    [
      ['<system>Be loud.\n<user>Say: Well?\n<me>yes', true],
      ['<system>Be shy.\n<user>Say: Well?\n<me>yes', true],
    ],
  );
  assert.ok(read.every(({ variant }) => variant === DENSE));
});

test('a method writes by its own prompt and variant, and is charged what it adds', async () => {
  const asked: { readonly tokens: Uint32Array; readonly variant: Variant }[] = [];
  const engine = reader();
  const generate = engine.generate.bind(engine);
  engine.generate = (prompts, sampling) => {
    asked.push(...prompts);
    return generate(prompts, sampling);
  };
  const [outcome] = await ask(engine);
  assert.equal(
    asked.map(({ tokens, variant }) => [spell(tokens), variant.id]),
    [['<system>Ha.\n<user>Say: Well?\n<me>', 'mask']],
  );
  assert.is(outcome!.addedTokens, '<system>Ha.\n'.length);
});

test('samples are drawn by seeds of their own, and stand in the place of orders', async () => {
  const [outcome] = await ask(reader(), { samples: 2 });
  assert.equal(outcome!.texts, ['yes', 'no']);
  assert.equal(
    outcome!.orders.map(({ options }) => options[0]!.tokens),
    [3, 2],
  );
  const [low] = keyedOutcomes([outcome!], [{ ...QUESTION, persona: 'extraversion' }], 'introversion');
  assert.is(low!.aligned, 0);
  assert.ok(Math.abs(low!.p - (1 - outcome!.p)) < 1e-12);
});

test('the seed decides, not what is written beside it', async () => {
  const seeds: number[] = [];
  const engine = reader();
  const generate = engine.generate.bind(engine);
  engine.generate = (prompts, sampling: Sampling) => {
    seeds.push(sampling.seed);
    return generate(prompts, sampling);
  };
  const many = Array.from({ length: 40 }, (_, k) => ({ ...QUESTION, id: `q${k}` }));
  const outcomes = await ask(engine, { seed: 7, samples: 2 }, many);
  assert.is(outcomes.length, 40);
  assert.equal(outcomes[39], { ...(await ask(reader(), { seed: 7, samples: 2 }))[0], item: 'q39' });
  assert.equal(seeds, [7, 1_000_010, 7, 1_000_010]);
});

test('an empty text says nothing of either pole', async () => {
  const engine = reader();
  engine.generate = async function* () {};
  const [outcome] = await ask(engine);
  assert.is(outcome!.p, 0.5);
  assert.equal(outcome!.texts, ['']);
  assert.equal(engine.calls, []);
});

test('what is no number is refused, and so are no questions', async () => {
  const refused = async (work: Promise<unknown>, code: string) => {
    const error = (await work.catch((caught: unknown) => caught)) as BenchError;
    assert.is(error.code, code);
  };
  await refused(ask(new FakeEngine(() => Number.NaN)), 'not-finite');
  await refused(ask(reader(), {}, []), 'no-items');
});

test('an evaluation is asked as its kind says', async () => {
  const request = {
    engine: reader(),
    text: fakeText,
    items: [QUESTION],
    variant: DENSE,
    wrap: async ({ text }: { readonly text: string }) => ({ text }),
  };
  assert.equal((await generation.ask({ ...request, evaluation: OPEN }))[0]!.texts, ['yes']);
  assert.is((await choice.ask({ ...request, evaluation: evaluation() }))[0]!.texts, undefined);
});

test.run();
