// none and prompting: what they make of a question, their options' schemas, and the registry.

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import { BASELINES as METHODS } from '../../baselines/index.ts';
import { DENSE, type Engine } from '../../gpu/index.ts';
import type { Persona } from '../../harness/config/resolved.ts';
import { axesOf, type Context, type Method, type Question, reads } from '../../harness/method/method.ts';
import { item } from '../harness/score/fakes.ts';
import { test } from '../support/suite.ts';

const persona: Persona = {
  id: 'introversion',
  trait: 'extraversion',
  pole: 'low',
  opposite: 'extraversion',
  description: 'quiet',
  prompts: { short: 'You are quiet.', long: 'You are quiet and like to be alone.' },
  items: [],
  calibration: [],
  knowledge: [],
};
const question: Question = { item: item('q', ['yes', 'no']), text: 'Party?' };
const context = (more: Partial<Context>): Context => ({
  engine: {} as Engine,
  persona,
  opposite: null,
  wording: 'short',
  sparsity: null,
  options: {},
  calibration: [],
  neutral: [],
  library: [],
  tuning: [],
  text: null,
  statistics: { of: async () => ({ sums: [], spentMs: 0, reused: false }) },
  evaluate: async () => [],
  tune: async () => ({ n: 1, alignment: 0.5, meanP: 0.5 }),
  phrase: (item) => ({ question: item.question, answer: (option) => item.options[option]?.text ?? '' }),
  seed: null,
  rng: { next: () => 0, below: () => 0 },
  ...more,
});
const method = (name: string): Method => {
  const found = METHODS.get(name);
  if (!found) throw new Error(`no method ${name}`);
  return found;
};
const code = (wanted: string, hint?: RegExp) => (error: { code: string; hint?: string }) =>
  error.code === wanted && (hint === undefined || hint.test(error.hint ?? ''));

test('the registry names each method as it names itself', () => {
  assert.equal([...METHODS.keys()], ['none', 'prompting', 'few-shot', 'rag', 'lora', 'steering']);
  for (const [name, one] of METHODS) {
    assert.is(one.name, name);
    assert.ok(one.title.length > 0 && !one.title.includes('\n'));
  }
});

test('none: the question alone on the untouched network', async () => {
  const prepared = await method('none').prepare(context({ persona: null, wording: null }));
  assert.equal(await prepared.wrap(question), { messages: [{ role: 'user', content: 'Party?' }] });
  assert.is(prepared.variant, DENSE);
  assert.equal(prepared.cost, { artefactBytes: 0, trainedParameters: 0 });
  assert.equal(prepared.artefacts, []);
  prepared.release();
  assert.equal(method('none').axes, []);
});

test('prompting: the wording as a system message, or before the question', async () => {
  const system = await method('prompting').prepare(context({}));
  assert.equal(await system.wrap(question), {
    messages: [
      { role: 'system', content: 'You are quiet.' },
      { role: 'user', content: 'Party?' },
    ],
  });
  const user = await method('prompting').prepare(context({ wording: 'long', options: { place: 'user' } }));
  assert.equal(await user.wrap(question), {
    messages: [{ role: 'user', content: 'You are quiet and like to be alone.\n\nParty?' }],
  });
  assert.is(user.variant, DENSE);
  assert.equal(user.cost, { artefactBytes: 0, trainedParameters: 0 });
});

test('prompting: wordings are all, or those named', () => {
  const wordings = (options: Record<string, unknown>, of: Persona = persona) =>
    method('prompting').wordings?.(of, options);
  assert.equal(wordings({}), ['short', 'long']);
  assert.equal(wordings({ wordings: 'all' }), ['short', 'long']);
  assert.equal(wordings({ wordings: ['long'] }), ['long']);
  assert.throws(() => wordings({ wordings: ['tall'] }), code('no-wording', /it has short, long/));
  assert.throws(() => wordings({}, { ...persona, prompts: {} }), code('no-wording', /leave prompting out/));
});

test('prompting: the best of all wordings and places on the tuning split, and no wording axis then', async () => {
  const asked: string[] = [];
  const tune: Context['tune'] = async ({ wrap }, items = []) => {
    const { messages } = (await wrap(question)) as { messages: readonly { role: string; content: string }[] };
    const said = messages.map(({ role, content }) => `${role}: ${content}`).join(' | ');
    asked.push(said);
    return { n: items.length, alignment: 0.5, meanP: said.startsWith('user: You are quiet and') ? 0.7 : 0.6 };
  };
  const tuning = Array.from({ length: 5 }, (_, i) => item(`t${i}`, ['yes', 'no']));
  const options = { choose: 'best-of', place: 'tuned', 'tuning-items': 3 };
  const prompting = method('prompting');
  const prepared = await prompting.prepare(context({ wording: null, options, tuning, tune }));
  assert.is(asked.length, 4);
  assert.equal(await prepared.wrap(question), {
    messages: [{ role: 'user', content: 'You are quiet and like to be alone.\n\nParty?' }],
  });
  const record = JSON.parse(Buffer.from(prepared.artefacts[0]!.bytes).toString());
  assert.equal([record.wording, record.place, record.tried.length, record.held.n], ['long', 'user', 4, 3]);
  assert.equal(axesOf(prompting, { options }), ['persona']);
  assert.ok(reads(prompting, { options }, 'tuning') && reads(prompting, { options }, 'prompts'));
  assert.equal(axesOf(prompting, { options: {} }), ['persona', 'wording']);
  assert.not.ok(reads(prompting, { options: {} }, 'tuning') || reads(prompting, { options: {} }, 'prompts'));
  assert.equal(prompting.content!({ wordings: 'all', choose: 'each', 'tuning-items': 3 }), { wordings: 'all' });
});

test('prompting without a persona, or with an unknown wording, is an error', async () => {
  for (const [more, wanted] of [
    [{ persona: null }, 'no-persona'],
    [{ wording: null }, 'no-persona'],
    [{ wording: 'tall' }, 'no-wording'],
    [{ wording: 'constructor' }, 'no-wording'],
  ] as const) {
    let thrown: unknown;
    await method('prompting')
      .prepare(context(more))
      .catch((error: unknown) => {
        thrown = error;
      });
    assert.is((thrown as { code?: string } | undefined)?.code, wanted);
  }
});

test('the options are closed and have defaults', () => {
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: true });
  const none = ajv.compile(method('none').options);
  assert.ok(none({}));
  assert.not.ok(none({ wordings: 'all' }));
  const prompting = ajv.compile(method('prompting').options);
  const options = {};
  assert.ok(prompting(options));
  assert.equal(options, { wordings: 'all', place: 'system', choose: 'each', 'tuning-items': 12 });
  assert.ok(prompting({ wordings: ['short'], place: 'user' }));
  for (const bad of [
    { wording: 'x' },
    { wordings: [] },
    { wordings: 'short' },
    { wordings: ['a', 'a'] },
    { place: 'top' },
  ]) {
    assert.not.ok(prompting(bad), JSON.stringify(bad));
  }
});

test.run();
