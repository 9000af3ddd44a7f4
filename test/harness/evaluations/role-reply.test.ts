// Role replies in a suite: what they come to, whom they are asked, and what is refused with its place.

import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import { answererRows, metricRows } from '../../../harness/analysis/metrics.ts';
import type { Suite } from '../../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { asking as asked, type RoleReplyEvaluation, roleReply } from '../../../harness/evaluations/role-reply.ts';
import { withControls } from '../../../harness/plan/controls.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { ordersOf } from '../../../harness/score/index.ts';
import { DIGESTS } from '../../support/fake.ts';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE } from '../../support/suite-file.ts';
import { outcome } from '../analysis/answers.ts';

const test = testSuite('role replies in a suite');

const rows = (role: string, question: string, ...askers: readonly string[]) =>
  askers.map((asker, k) => ({
    source_role: asker,
    target_role: role,
    question,
    multi_choices: askers.map((one, at) => `${'ABC'[at]}. ${role} to ${one}`),
    gt_answer: 'ABC'[k],
  }));
const FILE = [
  ...rows('lone', 'Tea?', 'Ann', 'Bo'),
  ...rows('lone', 'Now?', 'Ann', 'Bo', 'Cy'),
  ...rows('warm', 'Tea?', 'Ann', 'Bo'),
];
const asking = (select: string, evaluation = '{ id: roles, kind: role-reply, items: roles.json }', more = '') =>
  SUITE.replace('[warm, cold]', `[${select}]`).replace('{ id: choice, kind: choice }', evaluation) + more;
const resolved = async (text: string, file: readonly unknown[] = FILE, options = {}) => {
  const suite = await load(text, options, { 'roles.json': JSON.stringify(file) });
  return { suite, roles: suite.evaluations[0] as RoleReplyEvaluation };
};
const planned = (suite: Suite) =>
  expand(
    withControls(suite, METHODS, EVALUATIONS),
    METHODS,
    EVALUATIONS,
    new Map(suite.models.map(({ id }) => [id, DIGESTS])),
  );

test('a role needs no opposite; it is asked its own rows, and those of others are left out by name', async () => {
  const { suite, roles } = await resolved(asking('lone'));
  const { items, setUp, ...rest } = roles;
  assert.equal(rest, {
    id: 'roles',
    kind: 'role-reply',
    scorer: 'per-token',
    orders: 'both',
    template: '{asker} asks: {question}\n{options}',
    itemsPerTrait: null,
  });
  assert.is(items.length, 5);
  assert.is(setUp.kind, 'choice');
  assert.match(suite.notes.join(), /roles leaves out the rows of warm, who are not selected/);
  const cells = planned(suite);
  assert.ok(cells.every((cell) => cell.items.length === 5 && cell.split === 'evaluation'));
});

test('a limit holds for each persona: poles share no rows', async () => {
  const file = [...rows('warm', 'Why?', 'Ann', 'Bo'), ...rows('cold', 'Tea?', 'Ann', 'Bo')];
  const { suite } = await resolved(asking('warm, cold'), file, { limit: 1 });
  const cells = planned(suite).filter(({ persona }) => persona !== null);
  assert.equal(
    cells.map(({ persona, items }) => [persona, items.length]),
    [
      ['warm', 1],
      ['cold', 1],
    ],
  );
});

test('the one who asks stands in the question, and every rotation of k replies is asked', async () => {
  const { roles } = await resolved(asking('lone'));
  const [first, , third] = roles.items;
  assert.is(roleReply.question(roles, first!, [0, 1]), 'Ann asks: Tea?\n(A) lone to Ann\n(B) lone to Bo');
  assert.equal(ordersOf(asked(roles), third!.options.length), [
    [0, 1, 2],
    [1, 2, 0],
    [2, 0, 1],
  ]);
  assert.equal(ordersOf(asked({ ...roles, orders: 'given' }), 2), [[0, 1]]);
});

test('who asks is part of what a cell depends on', async () => {
  const ids = async (asker: string) => {
    const { suite } = await resolved(
      asking('lone'),
      rows('lone', 'Tea?', 'Ann', asker).map((row) => ({ ...row, multi_choices: ['A. x', 'B. y'] })),
    );
    return planned(suite).map(({ id }) => id);
  };
  assert.equal(await ids('Bo'), await ids('Bo'));
  assert.not.equal(await ids('Bo'), await ids('Cy'));
});

test('chance is 1 / k, the source-blind answerer gets just that, and poles do not answer for each other', async () => {
  const file = [
    ...FILE.slice(0, 5),
    ...FILE.slice(5).map((row) => ({ ...row, target_role: 'cold' })),
    ...rows('warm', 'Why?', 'Ann', 'Bo'),
  ];
  const { suite } = await resolved(asking('lone, warm, cold'), file);
  const none = planned(suite).find(({ method }) => method === 'none')!;
  assert.is(none.items.length, 9);
  // Right on the first row of each question, by a probability that depends on nothing.
  const outcomes = none.items.map((item) => {
    const options = item.options.map((_, k) => ({ sum: -k, tokens: 1, bytes: 1, greedy: false, score: -k }));
    return { ...outcome(item.id, 0.5), orders: [{ order: [0, 1, 2], options, p: 0.5 }] };
  });
  const answered = [{ cell: none, outcomes }];
  const metrics = metricRows(suite, answered);
  const of = (persona: string) => metrics.find((row) => row.persona === persona)!;
  assert.equal(
    ['lone', 'warm', 'cold'].map((persona) => [
      of(persona).alignment.n,
      of(persona).alignment.value,
      Number(of(persona).chance.toFixed(12)),
    ]),
    [
      [5, 2 / 5, 2 / 5],
      [2, 1 / 2, 1 / 2],
      [2, 1 / 2, 1 / 2],
    ],
  );
  const blind = answererRows(suite, EVALUATIONS, answered).filter(({ answerer }) => answerer === 'source-blind');
  assert.equal(blind.map(({ alignment }) => Number(alignment.value.toFixed(12))).slice(-3), [2 / 5, 1 / 2, 1 / 2]);
});

test('a question that lacks an asker is said, and the blind answerer shows what it is worth', async () => {
  const { suite } = await resolved(asking('lone'), FILE.slice(0, 4));
  assert.match(suite.notes.join(), /roles: 1 of 2 questions lack askers/);
  const cells = planned(suite).filter(({ method }) => method === 'none');
  const answered = cells.map((cell) => ({ cell, outcomes: cell.items.map(({ id }) => outcome(id, 0.5)) }));
  const blind = answererRows(suite, EVALUATIONS, answered).find(({ answerer }) => answerer === 'source-blind');
  assert.is(blind?.alignment.value, 0.5);
});

test('what is missing is refused with its place', async () => {
  const files = { 'roles.json': JSON.stringify(FILE) };
  const absent = await refused(asking('lone', '{ id: roles, kind: role-reply, items: nowhere.json }'));
  assert.match(absent.message, /:6:\d+ there is no file .*nowhere\.json/);
  const unasked = await refused(asking('warm, cold'), {}, files);
  assert.match(unasked.message, /nobody asks "cold" anything there/);
  const template = await refused(
    asking('lone', '{ id: roles, kind: role-reply, items: roles.json, template: "{question}" }'),
    {},
    files,
  );
  assert.match(template.message, /the template has no \{asker\}/);
  assert.match(template.message, /the template has no \{options\}/);
  const both = await refused(
    asking('lone', '{ id: roles, kind: role-reply, items: roles.json }\n  - { id: choice, kind: choice }'),
    {},
    files,
  );
  assert.match(both.message, /persona "lone" has no opposite/);
});

test('a method that needs the opposite is refused before anything runs', async () => {
  const entry = '  - { id: mask, subnetwork: { score: contrastive-wanda } }\nsparsity: [0.5]\n';
  const { suite } = await resolved(asking('lone', undefined, entry));
  assert.throws(() => planned(suite), /"mask" needs the opposite of persona "lone", and there is none/);
  const wanda = '  - { id: mask, subnetwork: { score: wanda } }\nsparsity: [0.5]\n';
  const { suite: plain } = await resolved(asking('lone', undefined, wanda));
  assert.throws(
    () => planned(plain),
    (error: { message: string; hint: string }) =>
      /"mask\.opposite" needs/.test(error.message) && /controls\.opposite: false$/.test(error.hint),
  );
});

test.run();
