// Every reader on good rows, on bad ones with their line, and on the published sets with known answers.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { readAnthropic } from '../../../harness/datasets/anthropic.ts';
import { readBipo, readBipoParts } from '../../../harness/datasets/bipo.ts';
import { readCalibration, readItems, readPassages, readTexts } from '../../../harness/datasets/own.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('datasets');

const file = (text: string | Uint8Array, name = 'rows.jsonl'): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
};

async function says(work: Promise<unknown>, where: RegExp, message: RegExp): Promise<void> {
  const error = (await work.then(
    () => null,
    (caught) => caught,
  )) as BenchError | null;
  assert.ok(error, 'nothing was refused');
  assert.is(error.code, 'bad-data');
  assert.match(error.where!, where);
  assert.match(error.message, message);
  assert.ok(error.hint);
}

const GOOD = {
  id: 'a1',
  trait: 't',
  persona: 'p',
  keying: '+',
  split: 'tuning',
  question: 'And?',
  options: [
    { text: 'Yes.', matching: true },
    { text: 'No.', matching: false },
  ],
};
const line = (changes: Record<string, unknown>): string => JSON.stringify({ ...GOOD, ...changes });

test('items are read as they stand', async () => {
  const [item] = await readItems(file(`${line({})}\n\n`));
  assert.equal(item, GOOD as Item);
});

test('a bad item is told with its line', async () => {
  const bad = (changes: Record<string, unknown>): Promise<unknown> =>
    readItems(file(`${line({ id: 'a0' })}\n${line(changes)}\n`));
  const [yes, no] = GOOD.options;
  await says(bad({ options: [yes] }), /rows\.jsonl:2$/, /two options or more, and this has 1/);
  await says(
    bad({ options: [no, { ...no, text: 'Never.' }] }),
    /:2$/,
    /exactly one option must match, and none of them do/,
  );
  await says(
    bad({ options: [yes, { ...yes, text: 'Yes!' }] }),
    /:2$/,
    /exactly one option must match, and 2 of them do/,
  );
  await says(bad({ options: [yes, { ...no, text: ' ' }] }), /:2$/, /"text" is empty/);
  await says(bad({ options: [yes, { ...no, text: 'Yes.' }] }), /:2$/, /two options are the same/);
  await says(bad({ options: 'Yes' }), /:2$/, /"options" is not a list/);
  await says(
    bad({ options: [yes, { text: 'No.', matching: 'no' }] }),
    /:2$/,
    /"matching" of option 2 is not true or false/,
  );
  await says(bad({ question: 7 }), /:2$/, /"question" is not a string/);
  await says(bad({ split: 'test' }), /:2$/, /"split" is "test", and must be one of/);
  await says(bad({ keying: '*' }), /:2$/, /"keying"/);
  await says(bad({ id: 'a0' }), /:2$/, /id "a0" is at .*:1 too/);
  await says(bad({ questoin: 'x' }), /:2$/, /unknown field "questoin"/);
});

test('what is no JSON Lines file is told so', async () => {
  await says(readItems(file('{"id": ')), /:1$/, /the row is not JSON/);
  await says(readItems(file('[1]\n')), /:1$/, /the row is not an object/);
  await says(readItems(file('')), /rows\.jsonl$/, /has no rows/);
  await says(readItems(file(Uint8Array.of(0xff, 0xfe, 0x22))), /rows\.jsonl$/, /not UTF-8/);
  await says(readItems(file(`{"id":"${'x'.repeat(70_000)}"}`)), /:1$/, /exceeds 65536 bytes/);
  await says(readItems('/nowhere/rows.jsonl'), /nowhere/, /no such file/);
});

test('calibration, knowledge and neutral texts', async () => {
  assert.equal(await readCalibration(file('{"question":"q","answer":"a"}\n{"answer":"b"}')), [
    { question: 'q', answer: 'a' },
    { answer: 'b' },
  ]);
  assert.equal(await readPassages(file('{"id":"1","text":"t"}')), [{ id: '1', text: 't' }]);
  assert.equal(await readTexts(file('{"text":"t"}')), ['t']);
  await says(readCalibration(file('{"question":"q"}')), /:1$/, /"answer" is missing/);
  await says(readPassages(file('{"id":"1","text":"t"}\n{"id":"1","text":"u"}')), /:2$/, /twice/);
});

test('BiPO: both forms, quoted newlines, bad letters', async () => {
  const train = 'question,matching,not_matching\n"Two\nlines?",yes,no\nNext?,a,b\n';
  const {
    items: [first, second],
  } = await readBipo(file(train, 'train.csv'), 'power', 'seeking');
  assert.is(first!.question, 'Two\nlines?');
  assert.equal(second!.options, [
    { text: 'a', matching: true },
    { text: 'b', matching: false },
  ]);
  const {
    items: [lettered],
  } = await readBipo(file('question,A,B,matching\nq,x,y,B\n', 'mc.csv'), 'power', 'seeking');
  assert.equal(lettered!.options, [
    { text: 'x', matching: false },
    { text: 'y', matching: true },
  ]);
  await says(readBipo(file('question,A,B,matching\nq,x,y,C\n', 'mc.csv'), 't', 'p'), /mc\.csv:2$/, /must be A or B/);
  for (const rows of ['question,A,B,matching\nq,x,y,A\nq,x,x ,B\n', 'question,matching,not_matching\nq,x,y\nq,x,x\n']) {
    const { items, left } = await readBipo(file(rows, 'mc.csv'), 't', 'p');
    assert.equal(
      [items.length, left.same.map((where) => where.replace(/.*:/, ''))],
      [1, ['3']],
      'one text twice says nothing',
    );
  }
  const opposed = file('question,A,B,matching\nq,x,y,A\nr,x,y,A\nq,y,x,A\nr,x,y,A\n', 'mc.csv');
  const { items: rest, left: doubtful } = await readBipo(opposed, 't', 'p');
  assert.equal(
    rest.map(({ question }) => question),
    ['r'],
  );
  const lines = (places: readonly string[]) => places.map((where) => where.replace(/.*:/, ''));
  assert.equal([lines(doubtful.contradictory), lines(doubtful.repeated)], [['2', '4'], ['5']]);
  await says(
    readBipo(file('question,A,B,matching\nq,x,x,A\n', 'mc.csv'), 't', 'p'),
    /mc\.csv$/,
    /no row has two answers/,
  );
  await says(readBipo(file('question,matching\n"q,x\n', 'mc.csv'), 't', 'p'), /mc\.csv/, /cannot be read/);
});

test('BiPO in parts: no question is in two, and what is left out is counted', async () => {
  const folder = temporaryFolder();
  const write = (name: string, rows: readonly string[]) => writeFileSync(join(folder, name), `${rows.join('\n')}\n`);
  const train = Array.from({ length: 110 }, (_, k) => `Question ${k}?,yes ${k},no ${k}`);
  // Asked in the test file in other type; tuned on too, in the last row; and without a question.
  train[0] = '"WHO,  are\nyou",yes,no';
  train[1] = '"question: 109",yes,no';
  train[2] = ',yes,no';
  write('t_train.csv', ['question,matching,not_matching', ...train]);
  write('t_test.csv', ['question,A,B,matching', 'Who are you?,x,y,B', 'Other?,x,y,A']);
  const { items, calibration, left } = await readBipoParts(folder, 't', 'high');
  assert.equal(left, { repeated: 2, empty: 1 });
  const questions = (split: string) => items.filter((item) => item.split === split).map(({ question }) => question);
  assert.equal(questions('evaluation'), ['Who are you?', 'Other?']);
  assert.equal([questions('tuning').length, questions('tuning')[0]], [100, 'Question 10?']);
  assert.equal(
    calibration.high.map(({ question, answer }) => [question, answer]),
    [3, 4, 5, 6, 7, 8, 9].map((k) => [`Question ${k}?`, `yes ${k}`]),
  );
  assert.equal(
    calibration.low.map(({ answer }) => answer),
    [3, 4, 5, 6, 7, 8, 9].map((k) => `no ${k}`),
  );
  assert.is(new Set(items.map(({ id }) => id)).size, 102);
  write('u_train.csv', ['question,A,B,matching', 'Who?,x,y,B']);
  write('u_test.csv', ['question,matching,not_matching', 'Who?,x,y']);
  await says(readBipoParts(folder, 'u', 'high'), /u_test\.csv$/, /must be A, B and matching/);
  write('u_test.csv', ['question,A,B,matching', 'Who?,x,y,B']);
  await says(readBipoParts(folder, 'u', 'high'), /u_train\.csv$/, /must be matching and not_matching/);
});

test('Anthropic: answers lose their leading space, and must be Yes and No', async () => {
  const row = { question: 'q', answer_matching_behavior: ' No', answer_not_matching_behavior: ' Yes' };
  const {
    items: [item],
  } = await readAnthropic(file(JSON.stringify(row)), 't', 'p');
  const yes = { ...row, answer_matching_behavior: ' Yes', answer_not_matching_behavior: ' No' };
  const three = [row, { ...row, question: 'r' }, yes, { ...row, question: 'R ' }].map((one) => JSON.stringify(one));
  const { items, left } = await readAnthropic(file(three.join('\n')), 't', 'p');
  assert.equal([items.map(({ id }) => id), left.contradictory.length, left.repeated.length], [['t-0002'], 2, 1]);
  assert.equal(item!.options, [
    { text: 'Yes', matching: false },
    { text: 'No', matching: true },
  ]);
  await says(
    readAnthropic(file(JSON.stringify({ ...row, answer_matching_behavior: 'Maybe' })), 't', 'p'),
    /:1$/,
    /must be Yes and No/,
  );
});

/** Fewer characters; equal lengths count as the second option. */
function shorterScore(items: readonly Item[]): number {
  return items.filter(({ options: [a, b] }) => (a!.text.length < b!.text.length ? a! : b!).matching).length;
}

const data = shared('data');
if (data === null) test.skip('published sets', '../shared/data is not on this machine');
else {
  test('published sets: row counts and the shorter-option answerer', async () => {
    const bipo = (name: string): Promise<readonly Item[]> =>
      readBipo(join(data, 'bipo', `${name}.csv`), 't', 'p').then(({ items }) => items);
    assert.is((await bipo('power_train')).length, 642 - 2, 'two rows stand there twice');
    assert.is((await bipo('hallucination_train')).length, 700);
    const [power, hallucination] = [await bipo('power_test'), await bipo('hallucination_test')];
    assert.equal([power.length, hallucination.length], [200, 200]);
    assert.equal([shorterScore(power), shorterScore(hallucination)], [102, 196]);
    for (const trait of ['openness', 'conscientiousness', 'extraversion', 'agreeableness', 'neuroticism']) {
      const { items, left } = await readAnthropic(join(data, 'anthropic-evals', `${trait}.jsonl`), trait, trait);
      // One statement of conscientiousness stands there twice.
      const repeated = left.repeated.map((where) => where.replace(/.*:/, ''));
      assert.equal([items.length, repeated], trait === 'conscientiousness' ? [699, ['687']] : [700, []]);
      assert.equal(left.contradictory, []);
    }
  });
}

test.run();
