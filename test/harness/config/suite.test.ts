// Suites: what a good one means: layers, flags, defaults, origins.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import type { BenchError } from '../../../base/error.ts';
import { loadSuite, printConfig } from '../../../harness/config/index.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE, suiteFolder } from '../../support/suite-file.ts';

const test = testSuite('suite');

test('how chats are put: defaults, and what a suite says', async () => {
  const chat = async (lines: string) => (await load(`${SUITE}\n${lines}`)).models[0]!.chat;
  assert.equal(await chat(''), { thinking: 'off', system: 'empty', date: '2024-07-26' });
  const said = 'thinking: inside\nsystem: You answer questions.\ndate: 2026-12-01\n';
  assert.equal(await chat(said), {
    thinking: 'inside',
    system: { text: 'You answer questions.' },
    date: '2026-12-01',
  });
  assert.equal((await chat('system: template'))?.system, 'template');
  assert.match((await refused(`${SUITE}\ndate: yesterday\n`)).message, /date/);
  assert.match((await refused(`${SUITE}\ndate: 2023-02-29\n`)).message, /there is no day 2023-02-29/);
  assert.match((await refused(`${SUITE}\nthinking: deeply\n`)).message, /thinking/);
});

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
    tuningPerTrait: 16,
    traits: 'own',
  });
  assert.equal(suite.methods[1], {
    id: 'asked',
    method: 'prompting',
    control: false,
    options: { wordings: 'all', place: 'system', choose: 'each', 'tuning-items': 12 },
    controls: true,
  });
  assert.equal([suite.seeds, suite.sparsity, suite.latency, suite.gate], [[0], [], null, null]);
  assert.match(suite.notes.join(), /not evidence about large language models/);
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

test('a method may stand as the key of its options, and is checked where it is written', async () => {
  const short = SUITE.replace(
    /methods:[\s\S]*?\n(?=\w|$)/,
    'methods:\n  - { id: mask, subnetwork: { score: wanda } }\n',
  );
  const { methods } = await load(short);
  assert.is(methods[0]!.method, 'subnetwork');
  assert.is(methods[0]!.options.score, 'wanda');
  assert.is(methods[0]!.options.statistic, 'rms', 'defaults are filled in');
  await load(short.replace('wanda', 'wonder')).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /must be one of magnitude, wanda/),
  );
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

test('a suite that is extended from another folder, by an absolute path, keeps its own paths', async () => {
  const base = suiteFolder(SUITE);
  const suite = await loadSuite(
    suiteFolder(`version: 1\nname: upper\nextends: ${base}\n`, { 'personas.yaml': 'wrong' }),
    {
      registry: METHODS,
      kinds: EVALUATIONS,
    },
  );
  assert.equal(
    suite.personas.map(({ id }) => id),
    ['warm', 'cold'],
  );
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

test('a suite that extends a file that is not there is pointed at', async () => {
  const { message } = await refused('version: 1\nname: a\nextends: gone.yaml\n');
  assert.match(message, /suite\.yaml:3:10 there is no file .*gone\.yaml/);
});

test('a personas file that cannot be read is shown where the suite names it', async () => {
  const error = await refused(SUITE.replace('file: personas.yaml', 'file: persona.yaml'));
  assert.is(error.code, 'bad-personas');
  assert.match(error.message, /suite\.yaml:4:19 .*persona\.yaml: there is no such file\n {2}4 \| personas: /);
  assert.match(error.where ?? '', /suite\.yaml:4:19$/);
  assert.match(error.hint ?? '', /personas file/);
  assert.equal(
    error.mistakes.map(({ line, column }) => [line, column]),
    [[4, 19]],
  );
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
  assert.match(await tell('evaluations.4.scorer=sum'), /"4" is not an entry of this list, which has 1/);
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

test('a missing file says so', async () => {
  const missing = await loadSuite('/nowhere/suite.yaml', { registry: METHODS, kinds: EVALUATIONS }).catch(
    (error: BenchError) => error,
  );
  assert.match((missing as BenchError).message, /no such file/);
  assert.match((missing as BenchError).hint!, /bench list suites/);
  const { message } = await refused(SUITE.replace('file: personas.yaml', 'file: personae.yaml'));
  assert.match(message, /no such file/);
});

test('a model template is read, and a missing one refused', async () => {
  const entry = SUITE.replace('[persona-nano]', '[{ id: m, path: model, template: t.jinja }]');
  const file = suiteFolder(entry, { 't.jinja': '{{ messages }}' });
  mkdirSync(join(file, '../model'));
  const { models } = await loadSuite(file, { registry: METHODS, kinds: EVALUATIONS });
  assert.is(models[0]!.template, '{{ messages }}');
  const other = suiteFolder(entry);
  mkdirSync(join(other, '../model'));
  const error = await loadSuite(other, { registry: METHODS, kinds: EVALUATIONS }).catch((caught: BenchError) => caught);
  assert.match((error as BenchError).message, /no such file/);
});

test('--print-config gives each value its origin', async () => {
  const text = await printConfig(suiteFolder(SUITE), { registry: METHODS, kinds: EVALUATIONS, set: ['seeds=[4]'] });
  assert.match(text, /name +"mine" +\S*suite\.yaml:2:7/);
  assert.match(text, /evaluations\.0\.scorer +"per-token" +default/);
  assert.match(text, /seeds\.0 +4 +--set seeds=\[4\]/);
  const flags = { model: 'x', seed: 9, limit: 2 };
  const flagged = await printConfig(suiteFolder(`${SUITE}seeds: [1, 2]\n`), {
    registry: METHODS,
    kinds: EVALUATIONS,
    ...flags,
  });
  assert.match(flagged, /models\.0 +"x" +--model\n/);
  assert.match(flagged, /seeds\.0 +9 +--seed\n/);
  assert.match(flagged, /evaluations\.0\.items-per-trait +2 +--limit\n/);
  assert.not.match(flagged, /seeds\.1|persona-nano/);
});

test('the shipped suites are valid', async () => {
  for (const name of ['big-five', 'smoke']) {
    const suite = await loadSuite(new URL(`../../../suites/${name}.yaml`, import.meta.url).pathname, {
      registry: METHODS,
      kinds: EVALUATIONS,
    });
    assert.is(suite.name, name);
  }
});

test.run();
