// Few-shot examples: where they come from, how they are balanced, what stands before the question, and what is refused.

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { itemExamples } from '../../baselines/few-shot/examples.ts';
import { fewShot } from '../../baselines/few-shot/method.ts';
import type { Spec } from '../../formats/checkpoint/spec.ts';
import { DENSE } from '../../gpu/index.ts';
import type { Item, Split } from '../../harness/datasets/types.ts';
import { axesOf, type Context, reads } from '../../harness/method/method.ts';
import { rngOf } from '../../harness/stats/rng.ts';
import { fakeEngine, fakeItems, fakePersona, fakeText } from '../support/fake.ts';
import { test } from '../support/suite.ts';

/** Of each split and keying as many; the question tells them. */
const items = (['calibration', 'tuning', 'evaluation'] as const).flatMap((split: Split) =>
  (['extraversion', 'introversion'] as const).flatMap((id) =>
    fakeItems(id, 'extraversion', id === 'extraversion' ? '+' : '-', 5).map(
      (item, i): Item => ({ ...item, id: `${split}-${id}-${i}`, split, question: `${split} ${id} ${i}?` }),
    ),
  ),
);
const persona = {
  ...fakePersona('introversion', 'extraversion', 'extraversion', 'low'),
  items,
  calibration: Array.from({ length: 6 }, (_, i) => ({ question: `Text ${i}?`, answer: `Answer ${i}.` })),
};
const phrase: Context['phrase'] = (item, order) => ({
  question: `${item.question} ${order.map((option) => item.options[option]!.text).join(' / ')}`,
  answer: (option) => item.options[option]!.text,
});
const context = (options: object, more: Partial<Context> = {}): Context => ({
  engine: { ...fakeEngine(), spec: { maxPositions: 4000 } as Spec },
  persona,
  opposite: null,
  wording: null,
  sparsity: null,
  options: { ...options },
  calibration: persona.calibration,
  neutral: [],
  library: [],
  tuning: items.filter(({ split }) => split === 'tuning'),
  text: fakeText(),
  statistics: { of: async () => ({ sums: [], spentMs: 0, reused: false }) },
  evaluate: async () => [],
  phrase,
  tune: async () => ({ n: 1, alignment: 0.5, meanP: 0.5 }),
  seed: 3,
  rng: rngOf(3),
  ...more,
});
const question = { item: items.at(-1)!, text: 'The question?' };
const messagesOf = async (options: object, more: Partial<Context> = {}) => {
  const prepared = await fewShot.prepare(context(options, more));
  assert.is(prepared.variant, DENSE);
  const prompt = await prepared.wrap(question);
  return { prepared, messages: (prompt as { messages: readonly { role: string; content: string }[] }).messages };
};
const fails = (promise: Promise<unknown>, code: string, hint: RegExp): Promise<void> =>
  promise.then(
    () => assert.unreachable(code),
    (error: { code: string; hint: string }) => {
      assert.is(error.code, code);
      assert.match(error.hint, hint);
    },
  );

test('examples are items of the calibration split alone, half of each keying, the answer of the persona', () => {
  for (const [count, own] of [
    [4, 2],
    [6, 3],
    [1, 1],
    [3, 2],
    [10, 5],
  ] as const) {
    for (const seed of [0, 1, 2]) {
      const examples = itemExamples(persona, phrase, count, rngOf(seed));
      assert.is(new Set(examples.map((one) => one.question)).size, count);
      assert.ok(examples.every((one) => one.question.startsWith('calibration ')));
      assert.is(examples.filter((one) => one.question.includes('introversion')).length, own, `${count}`);
      const right = examples.filter(({ question: asked, answer }) => {
        const one = items.find((known) => asked.startsWith(known.question))!;
        return answer === one.options.find(({ matching }) => matching === (one.persona === persona.id))!.text;
      });
      assert.is(right.length, count);
      // The persona's option stands first in every second example.
      const first = examples.filter(({ question: asked, answer }) => asked.includes(`? ${answer}`));
      assert.is(first.length, Math.ceil(count / 2));
    }
  }
});

test('turns before the question, or one message; with the persona stated where that is asked', async () => {
  const { messages } = await messagesOf({ k: 2 });
  assert.equal(
    messages.map(({ role }) => role),
    ['user', 'assistant', 'user', 'assistant', 'user'],
  );
  assert.is(messages.at(-1)!.content, 'The question?');
  const { messages: one } = await messagesOf({ k: 2, form: 'message', prompt: 'persona', wording: 'vivid' });
  assert.equal(
    one.map(({ role }) => role),
    ['system', 'user'],
  );
  assert.is(one[0]!.content, 'Everyone calls you introversion.');
  assert.ok(one[1]!.content.endsWith('\n\nThe question?'));
  assert.is(one[1]!.content.split('calibration').length, 3);
  const { messages: texts } = await messagesOf({ k: 3, from: 'texts' });
  assert.ok(texts.slice(0, 6).every(({ content }, i) => content.startsWith(i % 2 === 0 ? 'Text' : 'Answer')));
  const { messages: again } = await messagesOf({ k: 2 });
  assert.equal(again, messages);
  const { messages: other } = await messagesOf({ k: 2 }, { seed: 4 });
  assert.not.equal(other, messages);
});

test('k is chosen on the tuning split, and recorded with what was asked', async () => {
  const asked: number[] = [];
  const tune: Context['tune'] = async ({ wrap }, given = []) => {
    const { messages } = (await wrap(question)) as { messages: readonly unknown[] };
    asked.push((messages.length - 1) / 2);
    assert.ok(given.every(({ split }) => split === 'tuning'));
    return { n: given.length, alignment: messages.length === 9 ? 0.8 : 0.6, meanP: 0.5 };
  };
  const { prepared, messages } = await messagesOf({ k: 'tuned', candidates: [1, 4, 6], 'tuning-items': 5 }, { tune });
  assert.equal([asked, messages.length], [[1, 4, 6], 9]);
  const record = JSON.parse(Buffer.from(prepared.artefacts[0]!.bytes).toString());
  assert.equal([record.k, record.examples.length, record.tried.length], [4, 4, 3]);
});

test('a budget leaves out whole examples; what has no room is an error, as are too few examples', async () => {
  const { messages } = await messagesOf({ k: 6, budget: 300 });
  const count = (messages.length - 1) / 2;
  assert.ok(count >= 1 && count < 6, `${count}`);
  const small = { engine: { ...fakeEngine(), spec: { maxPositions: 100 } as Spec } };
  await fails(messagesOf({ k: 6 }, small), 'too-long', /lower k, or give a budget/);
  await fails(messagesOf({ k: 2, budget: 10 }), 'too-long', /raise the budget/);
  await fails(messagesOf({ k: 11 }), 'no-examples', /lower k/);
  await fails(messagesOf({ k: 7, from: 'texts' }), 'no-examples', /lower k/);
  await fails(messagesOf({ prompt: 'persona', wording: 'tall' }), 'no-wording', /it has plain, vivid/);
  await fails(messagesOf({}, { persona: null }), 'no-persona', /leave few-shot out/);
});

test('it depends on what its options say; evaluation items never reach it', () => {
  const entry = (options: object) => ({ options: { ...options } });
  assert.equal(axesOf(fewShot, entry({})), ['persona', 'seed']);
  assert.ok(reads(fewShot, entry({}), 'tuning'));
  assert.not.ok(reads(fewShot, entry({}), 'calibration') || reads(fewShot, entry({}), 'prompts'));
  assert.not.ok(reads(fewShot, entry({ from: 'texts' }), 'tuning'));
  assert.ok(reads(fewShot, entry({ from: 'texts', k: 'tuned' }), 'tuning'));
  assert.ok(reads(fewShot, entry({ prompt: 'persona' }), 'prompts'));
  assert.equal(fewShot.content!({ k: 4, candidates: [9] }), fewShot.content!({ k: 4 }));
  assert.not.equal(fewShot.content!({ k: 'tuned', candidates: [9] }), fewShot.content!({ k: 'tuned' }));
});

test('the options are closed, described, and have defaults', () => {
  const check = new Ajv({ useDefaults: true, strict: true, allowUnionTypes: true }).compile(fewShot.options);
  assert.ok(check({}));
  for (const bad of [{ k: 0 }, { k: 'best' }, { from: 'web' }, { form: 'poem' }, { shots: 4 }, { wording: '' }])
    assert.not.ok(check(bad), JSON.stringify(bad));
});

test.run();
