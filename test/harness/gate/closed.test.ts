// Ways in which a gate could pass, or break, without having compared anything: each is a verdict of its own.

import * as assert from 'uvu/assert';
import { alignmentVerdicts } from '../../../harness/gate/alignment.ts';
import { parseReference, referenceText } from '../../../harness/gate/reference.ts';
import { gate } from '../../../harness/gate/rules.ts';
import type { Answer, Candidate, GateRow, Reference, Rules } from '../../../harness/gate/types.ts';
import { blessed, evaluations, of, RULES, row, run } from '../../support/gate.ts';
import { test } from '../../support/suite.ts';

const good = row('prompting', 60);
const judged = (now: Candidate, then: Reference, rules: Partial<Rules> = {}) => gate(now, then, { ...RULES, ...rules });
const change = (source: GateRow, how: (answer: Answer, k: number) => Partial<Answer>): GateRow => ({
  ...source,
  answers: source.answers.map((answer, k) => ({ ...answer, ...how(answer, k) })),
});
const alignmentOf = (now: GateRow, was: GateRow, rules: Partial<Rules> = {}) =>
  judged(run([now]), blessed([was]), rules).verdicts.find(({ rule }) => rule === 'alignment')!;

test('one method in two evaluations, or of two models, is two rows, each with its name', () => {
  const likert = { ...good, evaluation: 'likert' };
  const both = [...evaluations, { id: 'likert', kind: 'likert', scorer: 'letter', settings: 's' }];
  const worse = { ...row('prompting', 60, (_, i) => i < 20, 'c2'), evaluation: 'likert' };
  const report = judged(run([good, worse], { evaluations: both }), blessed([good, likert], { evaluations: both }));
  assert.equal(
    report.verdicts.filter(({ rule }) => rule === 'alignment').map(({ row: name, outcome }) => [name, outcome]),
    [
      ['prompting, choice', 'pass'],
      ['prompting, likert', 'fail'],
    ],
  );
  const other = { ...good, model: 'other' };
  const models = judged(run([good, other]), blessed([good, other]));
  assert.equal(
    models.verdicts.filter(({ rule }) => rule === 'alignment').map(({ row: name }) => name),
    ['prompting, nano', 'prompting, other'],
  );
});

test('a network whose options are all alike is no tie with the blessed one, on whichever device', () => {
  const flat = change(good, () => ({ p: 0.5, aligned: 1, gap: 0, cell: 'c2' }));
  const report = judged(run([flat], { deviceClass: 'gpu' }), blessed([good]));
  assert.equal(of(report.verdicts, 'alignment'), ['fail']);
  assert.match(report.verdicts[0]!.message, /^-50\.0 points/);
  // Just beyond a tie on one side, and tied on the other.
  const near = (gap: number, aligned: number) => change(good, () => ({ gap, aligned }));
  const apart = judged(run([near(0.9e-4, 0)], { deviceClass: 'gpu' }), blessed([near(1.1e-4, 1)]));
  assert.match(apart.verdicts[0]!.message, /^equal on all/);
  assert.equal(apart.verdicts[0]!.flips, []);
});

test('gains of one pole that make up for losses of the other are no equal outcomes', () => {
  const few = row('prompting', 5);
  const was = change(few, ({ persona }) => ({ aligned: persona === 'high' ? 0 : 1 }));
  const now = change(few, ({ persona }) => ({ aligned: persona === 'high' ? 1 : 0, cell: 'c2' }));
  const verdict = alignmentOf(now, was);
  assert.is(verdict.outcome, 'inconclusive');
  assert.match(
    verdict.message,
    /^0\.0 points on 10 items .*; down: extraversion 0\.0 \(as low -100\.0\), openness 0\.0/,
  );
  assert.is(verdict.flips.length, 20);
});

test('a few items that all moved alike bound little, though nothing scatters', () => {
  const graded = (p: number, cell: string) => change(row('prompting', 1), () => ({ aligned: p, p, gap: null, cell }));
  assert.is(alignmentOf(graded(0.73, 'c2'), graded(0.75, 'c1')).outcome, 'inconclusive');
});

test('the loss is of the pole that took it, and of a whole trait where both fell alike', () => {
  const down = (lost: (answer: Answer, k: number) => boolean) => {
    const now = change(good, (answer, k) => (lost(answer, k) ? { aligned: 0, cell: 'c2' } : { cell: 'c2' }));
    return /; down: (.*)$/.exec(alignmentOf(now, good).message)?.[1];
  };
  const third = (k: number) => k % 6 < 2; // of the items, both poles beside each other
  assert.is(
    down(({ trait, persona }, k) => trait === 'openness' && persona === 'low' && third(k)),
    'openness -16.7 (as low -33.3)',
  );
  assert.is(
    down(({ trait }, k) => trait === 'extraversion' && third(k)),
    'extraversion -33.3',
  );
  // Two items of a pole are chance, though they are more than the margin.
  assert.is(
    down(({ item, persona }) => persona === 'low' && (item === 'openness-3' || item === 'openness-4')),
    undefined,
  );
});

test('the number of items that would decide is that of the verdict it is on the way to', () => {
  // 4 lost and 1 won of 60: beyond the margin, and short of the test, which 10 lost and 3 won would pass.
  const was = change(good, ({ item }) => ({ aligned: item === 'openness-9' ? 0 : 1 })).answers;
  const lost = ['openness-0', 'openness-1', 'openness-2', 'openness-3'];
  const now = good.answers.map((answer) => ({ ...answer, aligned: lost.includes(answer.item) ? 0 : 1, cell: 'c2' }));
  const half = (answers: readonly Answer[]) => answers.filter(({ trait }) => trait === 'openness');
  const pair = [
    { ...good, answers: half(now) },
    { ...good, answers: half(was) },
  ] as const;
  const { outcome, message } = alignmentOf(...pair, { alignment: { margin: 0.04, alpha: 0.05 } });
  assert.is(outcome, 'inconclusive');
  assert.match(message, /^-5\.0 points on 60 items \(p 0\.1875.*; about 150 items would decide it$/);
  const five = Array.from({ length: 5 }, (_, k) => ({ title: `row ${k}`, now: pair[0], was: pair[1] }));
  const among = alignmentVerdicts(five, { margin: 0.04, alpha: 0.05 })[0]!.message;
  assert.ok(Number(/about (\d+) items/.exec(among)?.[1]) > 200, among);
});

test('an answer that is there twice, or under another trait, is not compared', () => {
  const [first, second, ...others] = good.answers;
  const outcomes = (now: GateRow, was: GateRow) => {
    const report = judged(run([now]), blessed([was]));
    return [report.exitCode, report.verdicts[0]!.rule, report.verdicts[0]!.message];
  };
  const twice = { ...good, answers: [first!, first!, ...others] };
  assert.equal(outcomes(twice, good), [1, 'rows', 'it has a duplicate answer']);
  assert.equal(outcomes(good, twice), [1, 'rows', 'it has a duplicate answer']);
  assert.ok(second !== undefined);
  const moved = { ...good, answers: [{ ...first!, trait: 'openness' }, second, ...others] };
  assert.equal(outcomes(good, moved), [1, 'rows', `item ${first!.item} is of another trait`]);
});

test('an evaluation asks as it did, and both sides say how', () => {
  const message = (now: Candidate['evaluations'], then: Candidate['evaluations']) =>
    judged(run([good], { evaluations: now }), blessed([good], { evaluations: then })).verdicts[0]!.message;
  const shown = evaluations.map((one) => ({ ...one, settings: 'shown' }));
  assert.is(message(shown, evaluations), 'its evaluation has other settings');
  assert.is(message(evaluations, []), 'its evaluation has other settings');
  assert.is(message([], []), 'its evaluation has no settings');
  const turned = evaluations.map(({ id, kind, scorer, settings }) => ({ settings, scorer, kind, id }));
  assert.match(message(evaluations, turned), /^equal on all/);
});

test('answers of unchanged cells that differ in the other options are no determinism', () => {
  const [first, ...others] = good.answers;
  const moved = { ...good, answers: [{ ...first!, gap: 0.4999999 }, ...others] };
  assert.equal(of(judged(run([moved]), blessed([good])).verdicts, 'identity'), ['fail']);
});

test('an order holds at every sparsity and in every evaluation, and what has nothing beside it is not compared', () => {
  const at = (name: string, wrong: number, evaluation = 'choice') => ({
    ...row(name, 60, (_, i) => i < wrong),
    evaluation,
  });
  const rows = [
    ...[at('prompting', 0), at('mask at low', 5), at('random at low', 30), at('mask at high', 40)],
    ...[at('random at high', 30), at('mask at low', 50, 'likert'), at('random at low', 30, 'likert')],
  ];
  const order = (...rules: readonly string[]) =>
    judged(run(rows), blessed([good]), { order: rules })
      .verdicts.filter(({ rule }) => rule === 'order')
      .map(({ row: name, outcome }) => `${name}: ${outcome}`);
  assert.equal(order('mask > random'), [
    'mask at low, choice > random at low, choice: pass',
    'mask at high, choice > random at high, choice: fail',
    'mask at low, likert > random at low, likert: fail',
  ]);
  assert.equal(order('mask at low >= mask at high'), [
    'mask at low, choice >= mask at high, choice: pass',
    'mask at low, likert >= mask at high: incomparable',
  ]);
  assert.equal(order('mask at low > prompting'), [
    'mask at low, choice > prompting, choice: fail',
    'mask at low, likert > prompting: incomparable',
  ]);
  assert.is(order('prompting > mask').length, 2);
  assert.equal(order('prompting > random at low > mask at low'), [
    'prompting > random at low > mask at low: incomparable',
  ]);
});

test('counters that the reference does not know are not as blessed', () => {
  const counted = (now: GateRow['counters'], was: GateRow['counters']) =>
    judged(run([{ ...good, counters: now }]), blessed([{ ...good, counters: was }]), {
      counters: { model: true, commands: false },
    }).verdicts.filter(({ rule }) => rule === 'counters');
  assert.equal(
    counted({ tokens: 10, flops: 5 }, { tokens: 10 }).map(({ outcome, message }) => [outcome, message]),
    [['incomparable', 'the reference has no flops']],
  );
  assert.equal(of(counted({ tokens: 10 }, { tokens: 10, flops: 5 }), 'counters'), ['fail']);
});

test('what an engine does is compared on one class of devices, also with other kernels', () => {
  const counted = { ...good, counters: { tokens: 10, dispatches: 5 } };
  const verdicts = (more: Partial<Candidate>) =>
    judged(run([counted], more), blessed([good]), { counters: { model: false, commands: true } })
      .verdicts.filter(({ rule }) => rule === 'counters')
      .map(({ outcome, message }) => `${outcome}: ${message}`);
  assert.equal(verdicts({ kernels: 'other' }), ['fail: dispatches 4 -> 5']);
  assert.equal(verdicts({ deviceClass: 'gpu' }), ['pass: these counters differ between device classes']);
});

test('answers that were read from the store are told apart: they are equal by themselves', () => {
  const report = judged(run([good], { stored: new Set(['c1']) }), blessed([good]));
  assert.match(report.verdicts[1]!.message, /^240 answers .* bit-identical, 240 of them read from the store$/);
});

test('every model is timed, and a time that is none is not compared', () => {
  const other = { ...good, model: 'other' };
  const timed = (name: string, model: string, ms: number) => ({
    ...{ name, model, job: model, fromStore: false },
    rounds: { prefillMs: Array.from({ length: 5 }, (_, k) => ms * (1 + k / 100)), decodeMs: [] },
  });
  const fast = [timed('none', 'nano', 5), timed('prompting', 'nano', 5), timed('none', 'other', 5)];
  const times = (slow: number) =>
    judged(run([good, other], { timed: [...fast, timed('prompting', 'other', slow)] }), blessed([good, other]), {
      timings: { against: 'none', prefill: 1.5 },
    })
      .verdicts.filter(({ rule }) => rule === 'timings')
      .map(({ row: name, outcome }) => `${name}: ${outcome}`);
  assert.equal(times(50), ['prompting, nano: pass', 'prompting, other: fail']);
  assert.equal(times(0), ['prompting, nano: pass', 'prompting, other: incomparable']);
});

test('a reference that was edited into nonsense is refused', () => {
  const text = referenceText(blessed([good]));
  const value = JSON.parse(text);
  const [whole] = value.rows;
  const damaged = (edit: object): string => JSON.stringify({ ...value, ...edit });
  for (const [broken, message] of [
    [damaged({ rows: [whole, whole] }), /row prompting, choice, nano is there twice/],
    [
      damaged({ rows: [{ ...whole, answers: [whole.answers[0], ...whole.answers] }] }),
      /answer of prompting is there twice: extraversion-0, high/,
    ],
    [damaged({ evaluations: [null] }), /evaluations is malformed/],
    [damaged({ evaluations: [{ id: 'choice', kind: 'choice' }] }), /evaluations is malformed/],
  ] as const) {
    assert.throws(
      () => parseReference(broken, 'ref.json'),
      (error: { code: string; message: string }) => error.code === 'bad-reference' && message.test(error.message),
    );
  }
});

test.run();
