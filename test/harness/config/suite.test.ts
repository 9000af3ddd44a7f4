// Suites: what a good one means, and what a bad one is told, with the place and the next step.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../../baselines/index.ts';
import { type BenchError, DENSE } from '../../../gpu/index.ts';
import { loadSuite, printConfig } from '../../../harness/config/index.ts';
import type { LoadOptions } from '../../../harness/config/suite.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { suite as testSuite } from '../../support/suite.ts';

const test = testSuite('suite');

const PERSONAS = `version: 1
personas:
  warm: { trait: warmth, pole: high, opposite: cold, prompts: { plain: You are warm. }, items: items.jsonl }
  cold: { trait: warmth, pole: low, opposite: warm, prompts: { plain: You are cold. }, items: items.jsonl }
  lone: { trait: other, pole: high, prompts: { plain: You are alone. }, items: items.jsonl }
  bare: { trait: bare, pole: high, opposite: full, prompts: { plain: You are bare. } }
  full: { trait: bare, pole: low, opposite: bare, prompts: { plain: You are full. } }
`;
const ITEM = {
  id: 'w1',
  trait: 'warmth',
  persona: 'warm',
  keying: '+',
  split: 'evaluation',
  question: 'And now?',
  options: [
    { text: 'A hug.', matching: true },
    { text: 'A nod.', matching: false },
  ],
};
const SUITE = `version: 1
name: mine
models: [persona-nano]
personas: { file: personas.yaml, select: [warm, cold] }
evaluations:
  - { id: choice, kind: choice }
methods:
  - { id: none, method: none }
  - { id: asked, method: prompting }
`;

function folder(suite: string, files: Readonly<Record<string, string>> = {}): string {
  const place = temporaryFolder();
  const all = { 'suite.yaml': suite, 'personas.yaml': PERSONAS, 'items.jsonl': `${JSON.stringify(ITEM)}\n`, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(place, name), text);
  return join(place, 'suite.yaml');
}

const load = (suite: string, options: Partial<LoadOptions> = {}, files?: Readonly<Record<string, string>>) =>
  loadSuite(folder(suite, files), { registry: METHODS, ...options });

/** Loads and returns the error; fails when there is none. */
async function refused(
  suite: string,
  options: Partial<LoadOptions> = {},
  files?: Readonly<Record<string, string>>,
): Promise<BenchError> {
  try {
    await load(suite, options, files);
  } catch (error) {
    assert.is((error as Error).name, 'BenchError', String((error as Error).stack));
    return error as BenchError;
  }
  throw new Error('nothing was refused');
}

/** The message holds each part. */
async function says(suite: string, ...parts: readonly RegExp[]): Promise<void> {
  const { message, hint } = await refused(suite);
  for (const part of parts) assert.match(message, part);
  assert.ok(hint);
}

test('a suite resolves to absolute paths, read files and defaults', async () => {
  const suite = await load(SUITE);
  assert.is(suite.name, 'mine');
  assert.is(suite.models[0]!.id, 'persona-nano');
  assert.match(suite.models[0]!.path, /^\/.*models\/persona-nano$/);
  assert.equal(
    suite.personas.map(({ id, opposite }) => [id, opposite]),
    [
      ['warm', 'cold'],
      ['cold', 'warm'],
    ],
  );
  assert.is(suite.personas[1]!.items.length, 1);
  const [choice] = suite.evaluations;
  assert.equal(choice, {
    id: 'choice',
    kind: 'choice',
    scorer: 'per-token',
    show: true,
    orders: 'both',
    template: '{question}\n{options}',
    itemsPerTrait: null,
  });
  assert.equal(suite.methods[1], {
    id: 'asked',
    method: 'prompting',
    control: false,
    options: { wordings: 'all', place: 'system' },
  });
  assert.equal([suite.seeds, suite.sparsity, suite.latency, suite.gate], [[0], [], null, null]);
  assert.match(suite.notes.join(), /no evidence about large language models/);
});

test('a default and the same value written out mean the same', async () => {
  const written = SUITE.replace(
    'method: prompting',
    'method: prompting, control: false, options: { place: system, wordings: all }',
  );
  const { methods } = await load(written);
  assert.equal(methods, (await load(SUITE)).methods);
});

test('without options shown, the default template has none', async () => {
  const { evaluations } = await load(SUITE.replace('kind: choice', 'kind: choice, show: false'));
  assert.is(evaluations[0]!.template, '{question}');
});

test('sparsity takes numbers and labels', async () => {
  const { sparsity } = await load(`${SUITE}sparsity: [0, 0.5, high: 0.9]\n`);
  assert.equal(sparsity, [
    { label: '0', value: 0 },
    { label: '0.5', value: 0.5 },
    { label: 'high', value: 0.9 },
  ]);
});

test('extends merges maps deeply and replaces lists', async () => {
  const base = `${SUITE}latency: { items: 5, repeats: 9 }\nseeds: [1, 2]\n`;
  const suite = await load(
    'version: 1\nname: upper\nextends: base.yaml\nlatency: { items: 3 }\nseeds: [7]\n',
    {},
    { 'base.yaml': base },
  );
  assert.is(suite.name, 'upper');
  assert.equal(suite.latency, { items: 3, warmup: 1, repeats: 9, decodeTokens: 16 });
  assert.equal(suite.seeds, [7]);
  assert.is(suite.methods.length, 2);
});

test('an error in a file that is extended names that file', async () => {
  const { message } = await refused(
    'version: 1\nname: upper\nextends: base.yaml\n',
    {},
    { 'base.yaml': SUITE.replace('seeds', 'x').concat('sede: [1]\n') },
  );
  assert.match(message, /base\.yaml:10:1 unknown key "sede": did you mean "seeds"\?/);
});

test('suites cannot extend each other in a circle', async () => {
  const { message } = await refused(
    'version: 1\nname: a\nextends: b.yaml\n',
    {},
    { 'b.yaml': 'version: 1\nname: b\nextends: suite.yaml\n' },
  );
  assert.match(message, /b\.yaml:3:10 the suites extend each other in a circle/);
});

test('--set changes a value, a list entry and what is not written', async () => {
  const { latency, evaluations, methods } = await load(`${SUITE}latency: {}\n`, {
    set: ['latency.repeats=3', 'evaluations.0.scorer=sum', 'methods.1.options.place=user'],
  });
  assert.is(latency!.repeats, 3);
  assert.is(evaluations[0]!.scorer, 'sum');
  assert.is(methods[1]!.options.place, 'user');
});

test('--set refuses what the suite has no place for', async () => {
  const tell = async (assignment: string): Promise<string> => (await refused(SUITE, { set: [assignment] })).message;
  assert.match(
    await tell('latncy.repeats=3'),
    /--set latncy\.repeats=3:1:1 there is no "latncy": did you mean "latency"\?/,
  );
  assert.match(await tell('evaluations.4.scorer=sum'), /the list has 1 entries/);
  assert.match(await tell('seeds'), /"seeds" is not path=value/);
  assert.match(await tell('seeds=[a]'), /must be integer/);
});

test('--model, --limit and --seed replace', async () => {
  const suite = await load(SUITE, { model: 'persona-nano', limit: 3, seed: 9 });
  assert.equal([suite.models.length, suite.evaluations[0]!.itemsPerTrait, suite.seeds], [1, 3, [9]]);
  const { message, hint } = await refused(SUITE, { model: 'persona-nan' });
  assert.match(message, /no model "persona-nan"/);
  assert.match(hint!, /did you mean "persona-nano"/);
});

test('an unknown key is shown at any depth', async () => {
  await says(
    `${SUITE}seed: [1]\n`,
    /suite\.yaml:10:1 unknown key "seed": did you mean "seeds"\?/,
    /10 \| seed: \[1\]\n.*\| \^\^\^\^$/m,
  );
  await says(
    SUITE.replace('kind: choice', 'kind: choice, scorers: sum'),
    /:6:33 unknown key "scorers": did you mean "scorer"\?/,
  );
  await says(
    SUITE.replace('method: prompting', 'method: prompting, options: { wording: [plain] }'),
    /unknown key "wording": did you mean "wordings"\?/,
  );
});

test('a misspelt key is not reported as missing too', async () => {
  const { message } = await refused(SUITE.replace('name: mine', 'nmae: mine'));
  assert.match(message, /unknown key "nmae": did you mean "name"\?/);
  assert.not.match(message, /missing/);
});

test('a missing key points at the first line of its parent', async () => {
  await says(SUITE.replace('id: choice, ', ''), /:6:5 "id" is missing/);
});

test('wrong types, values and names are told with what is allowed', async () => {
  await says(SUITE.replace('name: mine', 'name: [mine]'), /:2:7 name must be string/);
  await says(SUITE.replace('kind: choice', 'kind: choise'), /:6:25 must be one of choice: did you mean "choice"\?/);
  await says(
    SUITE.replace('method: prompting', 'method: promting'),
    /:9:26 unknown method "promting": did you mean "prompting"\?/,
  );
  await says(SUITE.replace('[warm, cold]', '[warm, clod]'), /:4:49 unknown persona "clod": did you mean "cold"\?/);
  await says(
    SUITE.replace('[persona-nano]', '[persona-nana]'),
    /:3:10 there is no model "persona-nana": did you mean "persona-nano"\?/,
  );
  await says(SUITE.replace('id: asked', 'id: none'), /:9:11 the id "none" is used twice/);
  await says(SUITE.replace('[warm, cold]', '[]'), /select must not be empty/);
  await says(
    SUITE.replace('{ id: choice, kind: choice }', '{ id: choice, kind: choice, template: hello }'),
    /template must contain \{question\}/,
  );
});

test('a sparsity of 1 or more is refused where it stands', async () => {
  await says(`${SUITE}sparsity: [0.3, 1]\n`, /:10:17 sparsity must be < 1/, /\| sparsity: \[0\.3, 1\]\n.*\| {17}\^$/m);
  await says(`${SUITE}sparsity: [low: 1.5]\n`, /:10:17 low must be < 1/);
});

test('several mistakes are told at once', async () => {
  const { message, where } = await refused(`${SUITE.replace('kind: choice', 'kind: choise')}seed: [1]\n`);
  assert.is(message.match(/suite\.yaml:\d+:\d+/g)!.length, 2);
  assert.match(where!, /suite\.yaml:6:25$/);
});

test('a duplicate key is refused', () => says(`${SUITE}name: again\n`, /:10:1 this key is here twice/));

test('an alias bomb is refused before it unfolds', async () => {
  let bomb = 'a: &a [x, x, x, x, x, x, x, x, x, x]\n';
  for (let k = 0; k < 8; k++) {
    const [name, last] = [String.fromCharCode(98 + k), String.fromCharCode(97 + k)];
    bomb += `${name}: &${name} [${new Array(10).fill(`*${last}`).join(', ')}]\n`;
  }
  const start = Date.now();
  await says(bomb, /unfolds to more than 20000 values/);
  assert.ok(Date.now() - start < 5000);
});

test('broken YAML is told with its place', () => says('version: 1\nname: "mine\n', /suite\.yaml:\d+:\d+ /));

test('a persona without opposite or without items cannot be evaluated', async () => {
  await says(SUITE.replace('[warm, cold]', '[lone]'), /:4:43 persona "lone" has no opposite: a choice evaluation keys/);
  await says(
    SUITE.replace('[warm, cold]', '[bare]'),
    /:4:43 persona "bare" has no items: only `try` and `mask` work without/,
  );
});

test('a missing file says so', async () => {
  const missing = await loadSuite('/nowhere/suite.yaml', { registry: METHODS }).catch((error: BenchError) => error);
  assert.match((missing as BenchError).message, /no such file/);
  assert.match((missing as BenchError).hint!, /bench list suites/);
  const { message } = await refused(SUITE.replace('file: personas.yaml', 'file: personae.yaml'));
  assert.match(message, /no such file/);
});

test('a data set that is not on this machine is named', async () => {
  await says(
    SUITE.replace('kind: choice', 'kind: choice, items: { source: anthropic, folder: nowhere }'),
    /the folder .*nowhere is not on this machine/,
  );
});

test('a model template is read, and a missing one refused', async () => {
  const entry = SUITE.replace('[persona-nano]', '[{ id: m, path: model, template: t.jinja }]');
  const file = folder(entry, { 't.jinja': '{{ messages }}' });
  mkdirSync(join(file, '../model'));
  const { models } = await loadSuite(file, { registry: METHODS });
  assert.is(models[0]!.template, '{{ messages }}');
  const other = folder(entry);
  mkdirSync(join(other, '../model'));
  const error = await loadSuite(other, { registry: METHODS }).catch((caught: BenchError) => caught);
  assert.match((error as BenchError).message, /no such template/);
});

test('--print-config gives each value its origin', async () => {
  const text = await printConfig(folder(SUITE), { registry: METHODS, set: ['seeds=[4]'] });
  assert.match(text, /name +"mine" +\S*suite\.yaml:2:7/);
  assert.match(text, /evaluations\.0\.scorer +"per-token" +default/);
  assert.match(text, /seeds\.0 +4 +--set seeds=\[4\]/);
});

test('the shipped suites are valid', async () => {
  for (const name of ['big-five', 'smoke']) {
    const suite = await loadSuite(new URL(`../../../suites/${name}.yaml`, import.meta.url).pathname, {
      registry: METHODS,
    });
    assert.is(suite.name, name);
  }
  assert.is(DENSE.id, 'dense');
});

test.run();
