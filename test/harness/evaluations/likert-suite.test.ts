// Likert evaluations in a suite: what they come to, both forms of items, and what is refused with its place.

import * as assert from 'uvu/assert';
import { SCALE } from '../../../harness/datasets/likert.ts';
import type { LikertEvaluation } from '../../../harness/evaluations/likert.ts';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE } from '../../support/suite-file.ts';

const test = testSuite('likert in a suite');

const row = (id: string, keying: string, trait = 'warmth') =>
  JSON.stringify({ id, trait, keying, statement: `I am ${id}.`, scale: ['no', 'so', 'yes'] });
const OWN = {
  'own.jsonl': ['a', 'b', 'c']
    .map((id) => row(id, '+'))
    .concat(row('d', '-'), row('x', '+', 'else'))
    .join('\n'),
};
const asking = (likert: string) => SUITE.replace('evaluations:\n', `evaluations:\n  - ${likert}\n`);
const resolved = async (likert: string, files: Readonly<Record<string, string>> = OWN, options = {}) => {
  const suite = await load(asking(likert), options, files);
  return { ...suite, likert: suite.evaluations[0] as LikertEvaluation };
};
const says = async (likert: string, ...parts: readonly RegExp[]) => {
  const { message, hint } = await refused(asking(likert), {}, OWN);
  for (const part of parts) assert.match(message, part);
  assert.ok(hint);
};

test('own statements become items of the pole that agrees, both keys in turns', async () => {
  const { likert, evaluations, notes } = await resolved('{ id: scale, kind: likert, items: own.jsonl }');
  const { items, setUp, ...rest } = likert;
  assert.equal(rest, {
    id: 'scale',
    kind: 'likert',
    scorer: 'letter',
    orders: 'both',
    template: 'How well does this describe you? {statement}\n{options}',
    itemsPerTrait: null,
    traits: 'own',
  });
  assert.equal(
    items.map(({ id, persona, keying }) => [id, persona, keying]),
    [
      ['a', 'warm', '+'],
      ['d', 'cold', '-'],
      ['b', 'warm', '+'],
      ['c', 'warm', '+'],
    ],
  );
  assert.equal(items[1], {
    id: 'd',
    trait: 'warmth',
    persona: 'cold',
    keying: '-',
    split: 'evaluation',
    question: 'I am d.',
    options: [
      { text: 'no', matching: false },
      { text: 'so', matching: false },
      { text: 'yes', matching: true },
    ],
    scale: true,
  });
  assert.is(evaluations.length, 2);
  assert.equal(setUp, evaluations[1], 'methods prepare as the choice evaluation asks');
  assert.is(notes.length, 1);
});

test('the low pole may stand alone, and then knows its opposite by name', async () => {
  const suite = asking('{ id: scale, kind: likert, items: own.jsonl }').replace('[warm, cold]', '[cold]');
  const { evaluations } = await load(suite, {}, OWN);
  assert.equal(
    (evaluations[0] as LikertEvaluation).items.map(({ persona }) => persona),
    ['warm', 'cold', 'warm', 'warm'],
  );
});

test('the scale of the suite takes the place of the items’ own; --limit and --set reach it', async () => {
  const { likert } = await resolved(
    '{ id: scale, kind: likert, items: own.jsonl, scale: [never, always], scorer: sum }',
  );
  assert.equal([likert.scorer, likert.items[0]!.options.map(({ text }) => text)], ['sum', ['never', 'always']]);
  const limited = await resolved('{ id: scale, kind: likert, items: own.jsonl }', OWN, {
    limit: 2,
    set: ['evaluations.0.orders=given', 'evaluations.0.scale=[bad, fair, good]'],
  });
  assert.equal(
    [limited.likert.itemsPerTrait, limited.likert.orders, limited.likert.items[0]!.options.length],
    [2, 'given', 3],
  );
});

test('the CSV of the MPI is read too; what is left out is in the notes', async () => {
  const files = {
    'mpi.csv': 'label_raw,text,label_ocean,key\nx,Hum,E,1\nx,Whistle,E,0\nx,Hum,E,1\n',
    'personas.yaml':
      'version: 1\npersonas:\n' +
      '  warm: { trait: extraversion, pole: high, opposite: cold, prompts: { plain: You are warm. } }\n' +
      '  cold: { trait: extraversion, pole: low, opposite: warm, prompts: { plain: You are cold. } }\n',
  };
  const suite = SUITE.replace('{ id: choice, kind: choice }', '{ id: scale, kind: likert, items: mpi.csv }');
  const { evaluations, notes } = await load(suite, {}, files);
  const { items, setUp } = evaluations[0] as LikertEvaluation;
  assert.equal(
    items.map(({ question, persona, options }) => [question, persona, options.map(({ text }) => text)]),
    [['You hum.', 'warm', SCALE]],
  );
  assert.is(setUp.kind, 'choice', 'without a choice evaluation, methods prepare by the defaults of one');
  assert.match(notes.join('\n'), /Rows of mpi\.csv that are left out, of key 0: line 3\./);
  assert.match(notes.join('\n'), /left out, repeated: line 4\./);
  assert.match(notes.join('\n'), /statements of one key only on extraversion/);
});

test('what cannot be asked is refused where it stands', async () => {
  const good = 'id: scale, kind: likert, items: own.jsonl';
  await says('{ id: scale, kind: likert }', /suite\.yaml:6:5 "items" is missing/);
  await says(`{ ${good}, show: false }`, /:6:\d+ unknown key "show"/);
  await says(`{ ${good}, scorer: per-token }`, /:6:\d+ must be one of letter, sum/);
  await says(`{ ${good}, template: "{question} {options}" }`, /:6:\d+ template must contain \{statement\}/);
  await says(`{ ${good}, template: "{statement}" }`, /:6:\d+ the template has no \{options\}/);
  await says(`{ ${good}, scale: [yes, yes] }`, /:6:\d+ .*(?:the same|must be string)/);
  await says(`{ ${good}, scale: ["no", "no, I think"] }`, /:6:\d+ answer 2 of the scale begins with another/);
  await says(`{ ${good}, scale: [one] }`, /:6:\d+ scale/);
  await says('{ id: scale, kind: likert, items: gone.jsonl }', /:6:\d+ there is no file .*gone\.jsonl/);
  await says('{ id: scale, kind: likert, items: suite.yaml }', /:6:\d+ suite\.yaml is neither \.jsonl nor \.csv/);
  await says(
    '{ id: scale, kind: lickert, items: own.jsonl }',
    /:6:\d+ must be one of choice, likert, role-reply, generation: did you mean "likert"/,
  );
  await says('{ id: scale, items: own.jsonl }', /:6:5 "kind" is missing/);
  await says('{ id: scale, kind: 3, items: own.jsonl }', /:6:\d+ must be one of choice, likert/);
  await says('{ id: choice, kind: likert, items: own.jsonl }', /the id "choice" is used twice/);
  const other = await refused(asking(`{ ${good} }`), {}, { 'own.jsonl': row('a', '+', 'warmt') });
  assert.match(other.message, /:6:\d+ it has no statement on warmth for persona "warm": did you mean "warmt"/);
  const bad = await refused(asking(`{ ${good} }`), {}, { 'own.jsonl': row('a', '*') });
  assert.match(bad.where!, /own\.jsonl:1$/);
});

test.run();
