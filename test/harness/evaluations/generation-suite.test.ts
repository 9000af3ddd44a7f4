// Generation in a suite: what it comes to, the prompts that texts are read by, and what is refused with its place.

import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import type { Suite } from '../../../harness/config/resolved.ts';
import type { GenerationEvaluation } from '../../../harness/evaluations/generation.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { provenanceOf } from '../../../harness/run/provenance.ts';
import { DIGESTS } from '../../support/fake.ts';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE } from '../../support/suite-file.ts';

const test = testSuite('generation in a suite');

const row = (id: string, trait = 'warmth') => JSON.stringify({ id, trait, question: `And ${id}?` });
const FILES = { 'open.jsonl': [row('a'), row('b'), row('x', 'else')].join('\n') };
const asking = (more = '') =>
  SUITE.replace('{ id: choice, kind: choice }', `{ id: texts, kind: generation, prompts: open.jsonl${more} }`);
const resolved = async (text: string, options = {}) => {
  const suite = await load(text, options, FILES);
  return { suite, texts: suite.evaluations[0] as GenerationEvaluation };
};
const ids = (suite: Suite) =>
  expand(suite, METHODS, EVALUATIONS, new Map(suite.models.map(({ id }) => [id, DIGESTS]))).map(({ id }) => id);
const JUDGE = ', judge: { endpoint: "http://localhost:1/v1", model: m }';

test('questions of the traits asked, each with the prompts of both poles', async () => {
  const { texts } = await resolved(asking());
  const { items, setUp, ...rest } = texts;
  assert.equal(rest, {
    ...{ id: 'texts', kind: 'generation', scorer: 'log-odds', orders: 'given', template: '{question}' },
    ...{ tokens: 48, temperature: 0.8, topK: 0, topP: 1, samples: 1, seed: 0, itemsPerTrait: null, judge: null },
  });
  assert.equal(
    items.map(({ id, persona, question, options }) => [id, persona, question, options.map(({ text }) => text)]),
    ['a', 'b'].map((id) => [id, 'warm', `And ${id}?`, ['You are warm.', 'You are cold.']]),
  );
  assert.is((await resolved(asking(), { limit: 1 })).texts.items.length, 1);
});

test('the low pole alone is read against the other, which need not be selected', async () => {
  const { texts, suite } = await resolved(asking().replace('[warm, cold]', '[cold]'));
  assert.equal(
    texts.items[0]?.options.map(({ text }) => text),
    ['You are warm.', 'You are cold.'],
  );
  assert.is(ids(suite).length, 2);
});

test('what is drawn and who judges are part of what a cell depends on, where the judge is reached is not', async () => {
  const plain = ids((await resolved(asking())).suite);
  for (const more of [', tokens: 9', ', samples: 2', ', temperature: 0', JUDGE]) {
    assert.not.equal(ids((await resolved(asking(more))).suite), plain, more);
  }
  assert.not.equal(ids((await resolved(asking(), { seed: 3 })).suite), plain);
  const judged = ids((await resolved(asking(JUDGE))).suite);
  assert.equal(ids((await resolved(asking(JUDGE.replace('localhost:1', 'elsewhere')))).suite), judged);
});

test('the judge stands in the provenance without its key', async () => {
  const { suite, texts } = await resolved(asking(JUDGE.replace('model: m', 'model: m, key-env: MY_KEY')));
  assert.is(texts.judge?.keyEnv, 'MY_KEY');
  const { judges } = provenanceOf(suite, EVALUATIONS, [], new Map(), 'k', []);
  assert.equal(judges, [
    { evaluation: 'texts', endpoint: 'http://localhost:1/v1', model: 'm', prompt: texts.judge!.prompt },
  ]);
  assert.equal(provenanceOf((await resolved(asking())).suite, EVALUATIONS, [], new Map(), 'k', []).judges, []);
});

test('what is missing or wrong is refused with its place', async () => {
  const says = async (more: string, pattern: RegExp, text = asking(more)) => {
    const { message, hint } = await refused(text, {}, FILES);
    assert.match(message, pattern);
    assert.ok(hint);
  };
  await says('', /:6:\d+ there is no file .*nowhere\.jsonl/, asking().replace('open.jsonl', 'nowhere.jsonl'));
  await says(', wording: plane', /the poles of warmth have no prompt "plane": did you mean "plain"\?/);
  await says('', /there is no question on bare/, asking().replace('[warm, cold]', '[bare, full]'));
  await says(', samples: 9', /samples must be <= 8/);
  await says(', top-p: 0', /top-p must be > 0/);
  // What follows the endpoint is the path alone; what a URL holds besides would be told in every message and report.
  for (const url of [
    'ftp://x',
    'http://',
    'http://me:secret@x/v1',
    'http://x/v1?key=secret',
    'http://x/v1#a',
    'http://x y',
  ])
    await says(
      `, judge: { endpoint: "${url}", model: m }`,
      /endpoint must be a URL such as .*, without user, key or query/,
    );
  await says(', judge: { endpoint: "http://x", model: m, prompt: Hm }', /prompt must contain \{text\}/);
});

test.run();
