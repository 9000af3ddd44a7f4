// What a choice evaluation asks in place of the personas' own items: a file of items, or a data set of others.

import * as assert from 'uvu/assert';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE } from '../../support/suite-file.ts';

const test = testSuite('items of a choice evaluation');

const from = (source: string, folder: string) =>
  SUITE.replace('kind: choice', `kind: choice, items: { source: ${source}, folder: ${folder} }`);

test('a data set that is not on this machine, or not whole, is named with where it is published', async () => {
  for (const [source, published, file] of [
    ['anthropic', /github anthropics\/evals/, /has no warmth\.jsonl/],
    ['bipo', /bench pull data:bipo fetches .*CaoYuanpu\/BiPO/, /has no warmth_train\.csv/],
  ] as const) {
    const absent = await refused(from(source, 'nowhere'));
    assert.is(absent.code, 'bad-suite');
    assert.match(absent.message, /suite\.yaml:6:.* the folder .*nowhere is not on this machine/);
    assert.match(absent.hint!, published);
    const partial = await refused(from(source, '.'), {}, { 'warmth_test.csv': 'question,A,B,matching\nWho?,x,y,B\n' });
    assert.match(partial.message, file);
    assert.match(partial.hint!, published);
  }
});

const row = (id: string, over: Readonly<Record<string, unknown>> = {}) => {
  const options = [
    { text: 'Hm.', matching: true },
    { text: 'Ha.', matching: false },
  ];
  const item = { id, trait: 'warmth', persona: 'cold', keying: '-', split: 'evaluation', question: `${id}?`, options };
  return JSON.stringify({ ...item, ...over });
};
const OTHERS = [row('x'), row('t', { split: 'tuning' }), row('o', { trait: 'other', persona: 'lone' })].join('\n');
const both = SUITE.replace(
  'methods:',
  '  - { id: others, kind: choice, items: others.jsonl, items-per-trait: 3 }\nmethods:',
);

test('a choice evaluation may ask the evaluation items of a file, beside one that asks the personas’ own', async () => {
  const { evaluations, personas } = await load(both, {}, { 'others.jsonl': OTHERS });
  const [own, others] = evaluations;
  assert.is(own!.items, undefined);
  assert.equal(
    others!.items!.map(({ id }) => id),
    ['x'],
  );
  assert.is(others!.itemsPerTrait, 3);
  assert.equal(others!.setUp, own, 'methods prepare as the first asks');
  assert.equal(
    personas[0]!.items.map(({ id }) => id),
    ['w1'],
    'and by the personas’ own items',
  );
  // Also where it is the first: then as choice asks by default, and never by the items that are asked.
  const alone = SUITE.replace('kind: choice', 'kind: choice, items: others.jsonl');
  const [first] = (await load(alone, {}, { 'others.jsonl': OTHERS })).evaluations;
  assert.is(first!.setUp!.items, undefined);
});

test('a file of items that is not there, or has nothing to ask of a persona, is named at its place', async () => {
  for (const [file, message] of [
    [null, /suite\.yaml:7:.* there is no file .*others\.jsonl/],
    [row('t', { split: 'tuning' }), /suite\.yaml:7:.* no evaluation items of the trait warmth/],
    [row('x', { persona: 'worm' }), /item "x" of others\.jsonl is of persona "worm", which is not a pole of warmth/],
    [`${OTHERS}\n${row('x')}`, /others\.jsonl:4.*id "x" is at/],
  ] as const) {
    const error = await refused(both, {}, file === null ? {} : { 'others.jsonl': file });
    assert.match(`${error.where ?? ''} ${error.message}`, message);
  }
});

test('BiPO gives items, and each pole its answers to calibrate on; the low pole may stand alone', async () => {
  const rows = Array.from({ length: 101 }, (_, k) => `Question ${k}?,yes ${k},no ${k}`);
  const files = {
    'warmth_train.csv': ['question,matching,not_matching', ',yes,no', ...rows, ''].join('\n'),
    'warmth_test.csv': 'question,A,B,matching\nWho?,x,y,B\n',
  };
  const suite = await load(from('bipo', '.'), {}, files);
  assert.equal(
    suite.personas.map(({ id, items, calibration }) => [id, items.length, items[0]!.persona, calibration]),
    [
      ['warm', 101, 'warm', [{ question: 'Question 0?', answer: 'yes 0' }]],
      ['cold', 101, 'warm', [{ question: 'Question 0?', answer: 'no 0' }]],
    ],
  );
  assert.equal(
    suite.notes.filter((note) => /left out/.test(note)),
    ['Training rows of warmth that are left out: 1 without a question.'],
  );
  const alone = await load(from('bipo', '.').replace('[warm, cold]', '[cold]'), {}, files);
  assert.equal(
    alone.personas.map(({ id, items }) => [id, items[0]!.persona]),
    [['cold', 'warm']],
  );
});

test.run();
