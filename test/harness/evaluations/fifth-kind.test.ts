// A fifth kind of evaluation, in one file and one entry of the registry, through every room: suite, plan, store, metrics,
// power, comparison, gate and reports. None of them is told more than the registry.

import * as assert from 'uvu/assert';
import { readRun } from '../../../api/read-run.ts';
import type { BenchError } from '../../../base/error.ts';
import { suiteSchema } from '../../../harness/config/schemas.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { compareRuns } from '../../../harness/gate/compare.ts';
import { gatePower, powerLines } from '../../../harness/gate/power.ts';
import { referenceOf } from '../../../harness/gate/rows.ts';
import { namedRows, runVerdicts } from '../../../harness/gate/run-verdicts.ts';
import { type EvaluationKind, kindOf } from '../../../harness/method/evaluation-kind.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { evaluationRecord } from '../../../harness/plan/identity.ts';
import { evaluateBy } from '../../../harness/run/ports.ts';
import { writeRunFolder } from '../../../harness/store/run-folder.ts';
import { htmlReport } from '../../../reports/html/page.ts';
import { markdownReport } from '../../../reports/markdown.ts';
import { terminalReport } from '../../../reports/terminal.ts';
import { DIGESTS, METHODS } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { suite as testSuite } from '../../support/suite.ts';
import { load, refused, SUITE } from '../../support/suite-file.ts';
import { frequency } from './fifth-kind.ts';

const test = testSuite('a fifth kind of evaluation');
const KINDS = new Map([...EVALUATIONS, [frequency.kind, frequency as EvaluationKind]]);
const HABITS = [
  ['How often do you smile?', 'How often is a smile on your face?'],
  ['How often do you wave?', 'How often do you raise a hand?'],
  ['How often do you call a friend?'],
];
const ENTRY = `{ id: often, kind: frequency, habits: ${JSON.stringify(HABITS)} }`;
const GATED = `${SUITE.replace('{ id: choice, kind: choice }', ENTRY)}gate: { rows: [asked] }\n`;
const suite = await load(GATED, { kinds: KINDS });
const base = temporaryFolder();
const run = () => {
  const { models: _, ...rest } = suite;
  return runFake(base, { suite: rest, options: { kinds: KINDS }, machine: { evaluate: evaluateBy(KINDS) } });
};
const first = await run();
const { result } = first;
const folder = writeRunFolder(base, result, first.rows(), {});
const read = readRun(folder);

test('a suite has it by its schema: defaults, misspelt keys, patterns, and kinds that are not registered', async () => {
  const { oneOf } = (suiteSchema(KINDS) as { properties: { evaluations: { items: { oneOf: object[] } } } }).properties
    .evaluations.items;
  assert.ok(oneOf.includes(frequency.schema) && oneOf.length === EVALUATIONS.size + 1);
  const [often] = suite.evaluations;
  assert.equal([often!.template, often!.setUp?.kind, often!.items?.length], ['{question} {options}', 'choice', 5]);
  const { message } = await refused(GATED.replace('habits:', 'habit:'), { kinds: KINDS });
  assert.match(message, /unknown key "habit": did you mean "habits"\?/);
  const bare = await refused(GATED.replace(']] }', ']], template: x }'), { kinds: KINDS });
  assert.match(bare.message, /template must contain \{question\}/);
  assert.match((await refused(GATED)).message, /must be one of choice, likert, role-reply, generation/);
});

test('what a kind declares and its items do not keep is refused', async () => {
  for (const [changes, told] of [
    [{ graded: false }, /is on a scale, and the kind is not graded/],
    [{ unit: 'item' }, /is in a group, and the kind counts by item/],
    [{ poles: 'own' }, /is not unpaired, and the kind has poles "own"/],
  ] as const) {
    const error = await refused(GATED, { kinds: new Map([...KINDS, ['frequency', { ...frequency, ...changes }]]) });
    assert.is(error.code, 'bad-evaluation');
    assert.match(error.message, told);
  }
});

test('a plan has its cells, whose ids hold its content, and states what one observation is', () => {
  const cellsOf = (template: string, kinds = KINDS) => {
    const evaluations = suite.evaluations.map((one) => ({ ...one, template }));
    return expand({ ...suite, evaluations }, METHODS, kinds, new Map([['persona-nano', DIGESTS]]));
  };
  const cells = cellsOf('{question} {options}');
  assert.equal(
    cells.map(({ method, persona, items }) => [method, persona, items.length]),
    [
      ['none', null, 5],
      ['asked', 'warm', 5],
      ['asked', 'cold', 5],
    ],
  );
  const ids = new Set(cells.map(({ id }) => id));
  assert.ok(cellsOf('{question}? {options}').every(({ id }) => !ids.has(id)));
  const edited = new Map([...KINDS, ['frequency', { ...frequency, version: '2' } as EvaluationKind]]);
  assert.ok(
    cellsOf('{question} {options}', edited).every(({ id }) => !ids.has(id)),
    'edited code',
  );
  const records = suite.evaluations.map((one) => evaluationRecord(one, KINDS));
  assert.equal(powerLines(gatePower(cells, suite.gate!, records), suite.gate!), [
    'gate: asked, 3 groups of items on a scale: what is found depends on their spread',
  ]);
});

test('its cells are stored, and answered from the store', async () => {
  assert.equal([...new Set(result.cells.map(({ status }) => status))], ['computed']);
  const again = await run();
  assert.equal([...new Set(again.result.cells.map(({ status }) => status))], ['stored']);
  assert.equal([...again.rows()], [...first.rows()]);
});

test('metrics grade its answers: what one pole gains the other loses, and nothing is a tie', () => {
  const { items } = read;
  const of = (method: string, scope: string, persona: string | null = null) =>
    result.metrics.find((row) => row.method === method && row.scope === scope && row.persona === persona)!;
  const own = items.filter(({ method, persona }) => method === 'asked' && persona === 'cold');
  const cold = of('asked', 'persona', 'cold');
  assert.ok(own.every(({ p, aligned }) => p === aligned && aligned > 0 && aligned < 1));
  const mean = own.reduce((sum, { aligned }) => sum + aligned, 0) / own.length;
  assert.ok(Math.abs(cold.alignment.value - mean) < 1e-12);
  assert.equal([cold.alignment.n, cold.chance, cold.orders.length], [5, 0.5, 2]);
  assert.ok(Math.abs(of('none', 'pooled').alignment.value - 0.5) < 1e-12, 'one answer for both poles');
  assert.ok(result.answerers.some(({ evaluation, answerer }) => evaluation === 'often' && answerer === 'longer'));
  assert.ok(result.agreements.some(({ evaluation }) => evaluation === 'often'));
  assert.is(result.differences.find(({ scope }) => scope === 'pooled')!.n, HABITS.length, 'a unit is a group');
});

test('two runs are compared by the likeliest answer, over its groups', () => {
  const one = read.items.find(({ method }) => method === 'asked')!;
  const slightly = read.items.map((row) => (row === one ? { ...row, aligned: row.aligned / 2, p: row.p / 2 } : row));
  const compared = compareRuns(read, { ...read, items: slightly });
  const moved = compared.rows.find(({ row }) => row === 'asked')!;
  assert.equal([moved.items, moved.difference < 0, compared.flips.length], [HABITS.length, true, 0]);
  const last = one.options.length - 1;
  const likeliest = (k: number) =>
    one.orders.map((order) => ({ ...order, scores: one.options.map((_, i) => (i === k ? 0 : -9)) }));
  const [low, high] = [0, last].map((k) =>
    read.items.map((row) => (row === one ? { ...row, orders: likeliest(k) } : row)),
  );
  const { flips } = compareRuns({ ...read, items: low! }, { ...read, items: high! });
  assert.equal(
    flips.map(({ item, before, after }) => [item, before.text, after.text]),
    [[one.item, 'never', 'always']],
  );
});

test('a gate judges its rows: no answer has a gap to be levelled by, and a drop is tested over groups', () => {
  const rules = result.gate!;
  const rows = namedRows(read, rules);
  assert.ok(rows.length === 1 && rows[0]!.answers.every(({ gap, group }) => gap === null && group !== undefined));
  const reference = referenceOf(result, rows, rules);
  assert.equal(Object.keys(reference.evaluations[0]!), ['id', 'kind', 'scorer', 'settings']);
  const same = runVerdicts(read, reference, false);
  assert.equal([same.outcome, same.exitCode], ['pass', 0]);
  const lost = read.items.map((row) => ({ ...row, aligned: row.aligned / 4, p: row.p / 4 }));
  const worse = runVerdicts({ ...read, items: lost }, reference, false).verdicts.find(
    ({ rule }) => rule === 'alignment',
  )!;
  assert.is.not(worse.outcome, 'pass');
  assert.match(worse.message, new RegExp(`points on ${HABITS.length} items`));
});

test('run.json has its figures and the declared data, and every report their table', async () => {
  assert.equal(read.result.evaluations, [
    { ...evaluationRecord(suite.evaluations[0]!, KINDS), graded: true, unit: 'group', poles: 'both' },
  ]);
  const figures = read.result.evaluationRows.map(({ method, n, figures: { often } }) => [method, n, often! > 0]);
  assert.equal(figures, [
    ['none', 5, true],
    ['asked', 10, true],
  ]);
  const title = 'Figures: tiny, evaluation often';
  const markdown = markdownReport(read.result);
  assert.match(markdown, new RegExp(`## ${title}\n\n\\| method \\| persona \\| trait \\| n \\| often \\|`));
  assert.match(markdown, /\n\| asked \| – \| all \| 10 \| 0\.\d+ \|\n/);
  assert.match(terminalReport(read.result, { color: false, written: [], next: null }), new RegExp(title));
  const page = await htmlReport(read.result, { items: first.rows, prompts: new Map() });
  assert.match(page, /"graded":\["often"\]/);
});

test('a kind that the registry lacks is refused by name', () => {
  assert.throws(
    () => kindOf(EVALUATIONS, suite.evaluations[0]!),
    ({ code, hint }: BenchError) =>
      code === 'unknown-kind' && hint === 'known kinds: choice, likert, role-reply, generation',
  );
});

test.run();
