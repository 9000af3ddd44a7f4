// Role replies: rows as they stand, bad ones with their number, what an answerer gets that does not see who asks, and the
// published format.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { isComplete, type RoleReply, readRoleReplies, sourceBlind } from '../../../harness/datasets/role-reply.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('role replies');

const ROW = {
  source_role: 'Ann',
  target_role: 'Bo',
  question: 'Tea?',
  multi_choices: ['A. Yes, Ma.', 'B. No, Sir.'],
  gt_answer: 'A',
};
const written = (content: unknown): string => {
  const path = join(temporaryFolder(), 'roles.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};
const read = async (...rows: readonly unknown[]) => (await readRoleReplies(written(rows))).rows;
const says = async (work: Promise<unknown>, message: RegExp, where = /roles\.json, row 2$/): Promise<void> => {
  const error = (await work.then(
    () => null,
    (caught) => caught,
  )) as BenchError | null;
  assert.ok(error, `${message} was not refused`);
  assert.is(error.code, 'bad-data');
  assert.match(error.message, message);
  assert.match(error.where ?? '', where);
  assert.ok(error.hint);
};

test('a row keeps who asks whom, and its choices without their letters', async () => {
  const [first, second] = await read(ROW, {
    ...ROW,
    source_role: 'Cy',
    gt_answer: 'B',
    scene_id: 3,
    instruction: 'If',
  });
  assert.equal([first?.asker, first?.role, first?.question], ['Ann', 'Bo', 'Tea?']);
  assert.equal(first?.options, [
    { text: 'Yes, Ma.', matching: true },
    { text: 'No, Sir.', matching: false },
  ]);
  assert.is(first?.group, second?.group);
  assert.is.not(first?.id, second?.id);
});

test('choices in another order are of the same group', async () => {
  const turned = { ...ROW, source_role: 'Cy', multi_choices: ['A. No, Sir.', 'B. Yes, Ma.'] };
  const [first, second] = await read(ROW, turned);
  assert.is(first?.group, second?.group);
  assert.ok(isComplete([first!, second!]));
});

test('a bad row is told with its number', async () => {
  const bad = (row: Record<string, unknown>) => read({ ...ROW, source_role: 'Di' }, { ...ROW, ...row });
  const letters = Array.from({ length: 27 }, (_, k) => `${String.fromCharCode(65 + k)}. reply ${k}`);
  for (const [row, message] of [
    [{ gt_answer: 'C' }, /"gt_answer" is "C", and must be one of A, B/],
    [{ gt_answer: 'AB' }, /"gt_answer" is "AB"/],
    [{ gt_answer: '' }, /"gt_answer" is empty/],
    [{ multi_choices: ['A. Yes'] }, /needs two choices or more, and this has 1/],
    [{ multi_choices: letters }, /26 choices at most/],
    [{ multi_choices: 'A. Yes' }, /"multi_choices" is not a list/],
    [{ multi_choices: ['A. Yes', 'No'] }, /choice 2 does not begin with "B\."/],
    [{ multi_choices: ['A. Yes', 'B. '] }, /choice B\. is empty/],
    [{ multi_choices: ['A. Yes', `B. ${'x'.repeat(9000)}`] }, /empty or too long/],
    [{ question: 'x'.repeat(9000) }, /"question" has 9000 characters/],
    [{ persona: 'Bo' }, /unknown field "persona"/],
  ] as const) {
    await says(bad(row), message);
  }
  await says(read(ROW, 'row'), /the row is not an object/);
});

test('rows that say nothing, say it again or contradict another are left out by name, and the rest is read', async () => {
  const numbers = (places: readonly string[]) => places.map((where) => where.replace(/.* /, ''));
  const { rows, left } = await readRoleReplies(
    written([
      ROW,
      { ...ROW, source_role: 'Cy' },
      { ...ROW, multi_choices: ['A. Yes', 'B. Yes'] },
      ROW,
      { ...ROW, source_role: 'Cy', gt_answer: 'B' },
      { ...ROW, source_role: 'Di', multi_choices: ['A. No, Sir.', 'B. Yes, Ma.'] },
    ]),
  );
  assert.equal(
    rows.map(({ asker }) => asker),
    ['Ann', 'Di'],
  );
  assert.equal(
    [left.same, left.repeated, left.contradictory].map(numbers),
    [['3'], ['4'], ['2', '5']],
    'both rows that contradict each other: none can be trusted',
  );
  await says(
    readRoleReplies(written([ROW, { ...ROW, gt_answer: 'B' }])),
    /no row has choices that differ/,
    /roles\.json$/,
  );
});

test('a file that is no list of rows is refused', async () => {
  const where = /roles\.json$/;
  await says(readRoleReplies(written('{"a":')), /the file is not JSON/, where);
  await says(readRoleReplies(written({ rows: [] })), /not a list of rows/, where);
  await says(readRoleReplies(written([])), /has no rows/, where);
  await says(readRoleReplies(written(Array.from({ length: 100_001 }, () => 0))), /100001 rows, and 100000/, where);
});

const rightOf = (...texts: readonly string[]): RoleReply[] =>
  texts.map((text) => ({
    id: text,
    group: 'g',
    asker: text,
    role: 'Bo',
    question: '?',
    options: ['x', 'y', 'z'].map((one) => ({ text: one, matching: one === text })),
  }));

test('who does not see the asker gets 1 of k, and more where askers are missing', () => {
  assert.is(sourceBlind(rightOf('x', 'y', 'z')), 1 / 3);
  assert.ok(isComplete(rightOf('x', 'y', 'z')));
  assert.is(sourceBlind(rightOf('x', 'y')), 1 / 2);
  assert.not.ok(isComplete(rightOf('x', 'y')));
  assert.is(sourceBlind(rightOf('x', 'x', 'y')), 2 / 3);
  assert.not.ok(isComplete(rightOf('x', 'x', 'y')));
});

const folder = shared('data/roleagentbench-sample');
if (folder === null) {
  test.skip('the rows of RoleAgentBench', '../shared/data/roleagentbench-sample is not on this machine');
} else {
  test('the rows of RoleAgentBench', async () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
    assert.is(files.length, 2);
    for (const name of files) {
      const { rows, left } = await readRoleReplies(join(folder, name));
      assert.equal(left, { repeated: [], contradictory: [], same: [] });
      assert.ok(rows.length >= 3);
      for (const { options, asker, role, question } of rows) {
        assert.is(options.filter(({ matching }) => matching).length, 1);
        assert.ok(options.every(({ text }) => !/^[A-Z]\. /.test(text)));
        assert.ok(asker !== role && question.length > 10);
      }
    }
  });
}

test.run();
