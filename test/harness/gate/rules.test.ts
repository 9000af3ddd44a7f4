// Every rule of the gate turns red when it must, and what cannot be compared never passes.

import * as assert from 'uvu/assert';
import { parseReference, referenceText } from '../../../harness/gate/reference.ts';
import { gate } from '../../../harness/gate/rules.ts';
import type { Candidate, GateRow, Reference, Rules } from '../../../harness/gate/types.ts';
import { blessed, of, RULES, row, run } from '../../support/gate.ts';
import { test } from '../../support/suite.ts';

const good = row('prompting', 60);

test('a change without effect passes: equal on all items, and equal to the bit', () => {
  const { outcome, exitCode, verdicts } = gate(run([good]), blessed([good]), RULES);
  assert.equal([outcome, exitCode], ['pass', 0]);
  assert.equal(
    verdicts.map(({ rule, message }) => [rule, message]),
    [
      ['alignment', 'equal on all 120 items'],
      ['identity', '240 answers of unchanged cells are bit-identical'],
    ],
  );
});

test('a drop beyond the margin fails and names the items; a small one passes; too few items are inconclusive', () => {
  const changed = (wrong: (trait: string, i: number) => boolean, n = 60) =>
    gate(run([row('prompting', n, wrong, 'c2')]), blessed([row('prompting', n)]), RULES);
  const lost = changed((trait, i) => trait === 'openness' && i < 15);
  assert.equal([lost.outcome, lost.exitCode], ['fail', 1]);
  const [verdict] = lost.verdicts;
  assert.match(verdict!.message, /^-12\.5 points on 120 items .*; down: openness -25\.0$/);
  assert.is(verdict!.flips.length, 30);
  assert.ok(verdict!.flips.every((flip) => flip.startsWith('openness-')));
  assert.equal(changed((trait, i) => trait === 'openness' && i < 1).outcome, 'pass');
  const few = changed((trait, i) => trait === 'openness' && i < 1, 12);
  assert.equal([few.outcome, few.exitCode], ['inconclusive', 4]);
  assert.match(few.verdicts[0]!.message, /about \d+ items would decide it/);
  const warned = gate(run([row('prompting', 10, (_, i) => i < 1, 'c2')]), blessed([row('prompting', 10)]), {
    ...RULES,
    inconclusive: 'warn',
  });
  assert.equal([warned.outcome, warned.exitCode], ['inconclusive', 0]);
});

test('what changed is listed with its question, shortened to a line', () => {
  const now = row('prompting', 60, (trait, i) => trait === 'openness' && i < 15, 'c2');
  const asked = (question: string) => ({ ...now, answers: now.answers.map((one) => ({ ...one, question })) });
  const flipOf = (question: string) => gate(run([asked(question)]), blessed([good]), RULES).verdicts[0]!.flips[0]!;
  assert.match(flipOf('What  now,\nand why?'), /^openness-.*: p 0\.750 -> 0\.250: What now, and why\?$/);
  assert.match(flipOf('a'.repeat(500)), /: a{59}…$/);
});

test('another seed is said as such, and not as a new item', () => {
  const seeded = (seed: number) => ({ ...good, answers: good.answers.map((one) => ({ ...one, seed })) });
  const { verdicts } = gate(run([seeded(3)]), blessed([seeded(0)]), RULES);
  assert.match(
    verdicts.find(({ rule }) => rule === 'rows')!.message,
    /^item \S+ was answered with seed 3, and in the reference with seed 0$/,
  );
});

test('Holm over the gated rows: what fails alone need not fail among five', () => {
  const wrong = (trait: string, i: number) => trait === 'openness' && i < 6;
  const names = ['a', 'b', 'c', 'd', 'e'];
  const alone = gate(run([row('a', 60, wrong, 'c2')]), blessed([row('a', 60)]), { ...RULES, rows: ['a'] });
  assert.equal(of(alone.verdicts, 'alignment'), ['fail']);
  const now = names.map((name) => row(name, 60, name === 'a' ? wrong : () => false, 'c2'));
  const among = gate(run(now), blessed(names.map((name) => row(name, 60))), { ...RULES, rows: names });
  assert.equal(of(among.verdicts, 'alignment'), ['inconclusive', 'pass', 'pass', 'pass', 'pass']);
});

test('answers of unchanged cells that differ are no determinism, where devices and kernels are the same', () => {
  const [first, ...others] = good.answers;
  const moved = { ...good, answers: [{ ...first!, p: 0.7500001 }, ...others] };
  const judged = (more: Partial<Candidate>) => gate(run([moved], more), blessed([good]), RULES);
  assert.equal([of(judged({}).verdicts, 'identity'), judged({}).exitCode], [['fail'], 1]);
  for (const other of [{ deviceClass: 'gpu' }, { kernels: 'other' }]) {
    assert.equal([of(judged(other).verdicts, 'identity'), judged(other).exitCode], [['pass'], 0]);
  }
});

test('on another class of devices near options are ties, and what turns else is for the alignment rule', () => {
  const turned = (gap: number, n: number) => {
    const answers = (aligned: number) =>
      good.answers.map((answer, k) => (k < n ? { ...answer, aligned, p: aligned === 1 ? 0.6 : 0.4, gap } : answer));
    const now = run([{ ...good, answers: answers(0) }], { deviceClass: 'gpu' });
    return gate(now, blessed([{ ...good, answers: answers(1) }]), RULES);
  };
  const near = turned(5e-5, 60);
  assert.equal([near.outcome, near.verdicts[0]!.message], ['pass', 'equal on all 120 items']);
  assert.match(near.verdicts[1]!.message, /^0 of 240 answers .* changed on/);
  const far = turned(2e-4, 60);
  assert.equal([of(far.verdicts, 'alignment'), of(far.verdicts, 'identity')], [['fail'], ['pass']]);
  assert.match(far.verdicts[1]!.message, /^60 of 240 answers .* the alignment rule decides/);
  // On one class nothing is a tie.
  const [first, ...others] = good.answers;
  const tied = (aligned: number) => ({ ...good, answers: [{ ...first!, aligned, gap: 0 }, ...others] });
  assert.equal(of(gate(run([tied(0)]), blessed([tied(1)]), RULES).verdicts, 'identity'), ['fail']);
});

test('floors, order and counters', () => {
  const half = row('random', 60, (_, i) => i % 2 === 0);
  const judge = (rules: Partial<Rules>, now: readonly GateRow[] = [good, half]) =>
    gate(run(now), blessed([good, half]), { ...RULES, ...rules });
  assert.equal(of(judge({ floors: { prompting: 0.9 } }).verdicts, 'floor'), ['pass']);
  assert.equal(of(judge({ floors: { random: 0.5 } }).verdicts, 'floor'), ['pass']);
  assert.equal(of(judge({ floors: { random: 0.51 } }).verdicts, 'floor'), ['inconclusive']);
  assert.equal(of(judge({ floors: { random: 0.6 } }).verdicts, 'floor'), ['fail']);
  assert.equal(of(judge({ floors: { absent: 0.1 } }).verdicts, 'floor'), ['incomparable']);
  assert.equal(of(judge({ order: ['prompting > random', 'random >= prompting'] }).verdicts, 'order'), ['pass', 'fail']);
  assert.equal(of(judge({ order: ['prompting > prompting', 'prompting >= prompting'] }).verdicts, 'order'), [
    'fail',
    'pass',
  ]);
  assert.equal(of(judge({ order: ['prompting > absent'] }).verdicts, 'order'), ['incomparable']);
  const uncounted = gate(run([good]), blessed([{ ...good, counters: {} }]), {
    ...RULES,
    counters: { model: true, commands: false },
  });
  assert.equal(of(uncounted.verdicts, 'counters'), ['incomparable']);
  const counted = { ...good, counters: { tokens: 10, dispatches: 5 } };
  assert.equal(of(judge({ counters: { model: true, commands: false } }, [counted, half]).verdicts, 'counters'), [
    'pass',
  ]);
  assert.equal(of(judge({ counters: { model: true, commands: true } }, [counted, half]).verdicts, 'counters'), [
    'fail',
  ]);
});

test('tax: a test of each part over texts, red above the limit, green below, open around it; prompts have none', () => {
  const part = (value: number, reach = 0.1) => ({ value, low: value - reach, high: value + reach });
  const taxed = (prompts: number, answers: number | null, reach = 0.1): GateRow => {
    return { ...good, divergence: { prompts: part(prompts, reach), answers: answers === null ? null : part(answers) } };
  };
  const judge = (now: GateRow, was: GateRow = now) =>
    gate(run([now]), blessed([was]), { ...RULES, tax: { divergence: 0.7 } });
  const outcome = (now: GateRow, was: GateRow = now) => of(judge(now, was).verdicts, 'tax');
  assert.equal(outcome(taxed(0.2, 0.3)), ['pass']);
  assert.equal(outcome(taxed(0, 0, 0)), ['pass'], 'the dense network itself');
  assert.equal(outcome(taxed(1.1, 0.3)), ['fail'], 'by its prompts');
  assert.equal(outcome(taxed(0.3, 1.1)), ['fail'], 'by its answers');
  assert.equal(outcome(taxed(0.65, 0.3)), ['inconclusive']);
  assert.equal(outcome(taxed(0.75, 0.3)), ['inconclusive'], 'above the limit by chance');
  assert.equal(outcome(taxed(0.2, null)), ['pass'], 'a dense network that answers nothing');
  assert.equal(judge(taxed(1.1, 0.3)).exitCode, 1);
  assert.equal(judge(taxed(0.65, 0.3)).exitCode, 4);
  const [red] = judge(taxed(1.1, 0.3)).verdicts.filter(({ rule }) => rule === 'tax');
  assert.is(
    red!.message,
    '1.100 [1.000, 1.200] on prompts, 0.300 [0.200, 0.400] on answers: nats per token from the dense network, and at most 0.7 is allowed',
  );
  assert.equal(outcome(good, taxed(0.2, 0.3)), ['incomparable'], 'what had one has none now');
  assert.equal(outcome(good), ['incomparable'], 'a gate on the tax of prompts alone says nothing');
  const both = gate(run([taxed(0.2, 0.3), { ...good, name: 'other' }]), blessed([taxed(0.2, 0.3)]), {
    ...RULES,
    tax: { divergence: 0.7 },
  });
  assert.equal(of(both.verdicts, 'tax'), ['pass']);
});

test('a gated row that no longer speaks is red without any rule, and one that is not gated is not', () => {
  const mute = { ...good, broken: ['20 of its 30 answers to neutral questions are no language: says nothing'] };
  const red = gate(run([mute]), blessed([good]), RULES);
  assert.equal([of(red.verdicts, 'fluency'), red.outcome, red.exitCode], [['fail'], 'fail', 1]);
  assert.match(red.verdicts.find(({ rule }) => rule === 'fluency')!.message, /^it is broken: 20 of its 30 answers/);
  const control = gate(run([good, { ...mute, name: 'random' }]), blessed([good]), RULES);
  assert.equal([of(control.verdicts, 'fluency'), control.outcome], [[], 'pass']);
  // It was broken when it was blessed too: no excuse.
  assert.is(gate(run([mute]), blessed([mute]), RULES).exitCode, 1);
});

test('it fails closed: a missing row, no items, other items or settings, NaN, an incomplete run, no rule', () => {
  const incomparable = (now: Candidate, then: Reference, rules = RULES) => {
    const found = gate(now, then, rules);
    assert.ok(found.verdicts.some(({ outcome }) => outcome === 'incomparable'));
    assert.is(found.exitCode, 1);
  };
  const [first, ...others] = good.answers;
  incomparable(run([]), blessed([good]));
  incomparable(run([good]), blessed([row('other', 3)]));
  incomparable(run([good]), blessed([good, row('prompting at low', 3)]));
  incomparable(run([{ ...good, answers: [] }]), blessed([good]));
  incomparable(run([{ ...good, answers: [{ ...first!, content: 'new' }, ...others] }]), blessed([good]));
  incomparable(run([{ ...good, answers: others }]), blessed([good]));
  incomparable(run([good]), blessed([{ ...good, answers: others }]));
  incomparable(run([{ ...good, answers: [{ ...first!, p: Number.NaN }, ...others] }]), blessed([good]));
  incomparable(
    run([good], { evaluations: [{ id: 'choice', kind: 'choice', scorer: 'letter', settings: 's' }] }),
    blessed([good]),
  );
  incomparable(run([good]), blessed([good]), { ...RULES, rows: [] });
  assert.is(gate(run([good], { complete: false }), blessed([good]), RULES).exitCode, 3);
});

test('a reference is read as it was written, and a damaged one is refused with its place', () => {
  const whole = blessed([good, row('contrastive at middle', 2)]);
  const text = referenceText(whole);
  assert.equal(parseReference(text, 'ref.json'), whole);
  assert.ok(text.split('\n').length > 240, 'a line per answer');
  for (const [broken, message] of [
    ['{', /not valid JSON/],
    ['[]', /not an object/],
    [text.replace('"version":5', '"version":1'), /its version is 1, and bench reads version 5/],
    [text.replace('"item","trait"', '"trait","item"'), /columns/],
    [text.replace('0.75', '1.75'), /answer 1 of prompting is malformed/],
    [text.replace('0.75', '"x"'), /answer 1/],
    [text.replace('"tokens":10', '"tokens":"10"'), /counter of prompting/],
    [JSON.stringify({ ...JSON.parse(text), rows: [] }), /no rows/],
    [text.replace('0.75', '0.76'), /not what was blessed/],
    [text.replace('"deviceClass":"cpu"', '"deviceClass":"gpu"'), /not what was blessed/],
    [text.replace('"kernels":"k"', '"kernels":"other"'), /not what was blessed/],
    [text.replace('"margin":0.05', '"margin":0.5'), /not what was blessed/],
    [text.replace('"margin":0.05', '"margin":null'), /lacks the rules/],
    [text.replace('"narrowed":[]', '"narrowed":[1]'), /lacks the rules/],
    [text.replace(/,"sha256":"\w+"/, ''), /not what was blessed/],
  ] as const) {
    assert.throws(
      () => parseReference(broken, 'ref.json'),
      (error: { code: string; where: string; message: string; hint: string }) =>
        error.code === 'bad-reference' &&
        error.where === 'ref.json' &&
        message.test(error.message) &&
        error.hint !== '',
    );
  }
});

/** Rounds of ten with a scatter of 2 %, `factor` times as long. */
const timed = (name: string, factor: number, job = 'j', rounds = 10) => {
  const times = Array.from({ length: rounds }, (_, k) => 5 * factor * (k % 2 === 0 ? 1.01 : 0.99));
  const turned = [...times].reverse();
  return {
    name,
    model: 'nano',
    job,
    fromStore: false,
    rounds: { prefillMs: factor === 1 ? times : turned, decodeMs: times },
  };
};
const timing = (own: readonly ReturnType<typeof timed>[], limits: Omit<Rules['timings'], 'against'>) => {
  const now = run([row('prompting', 5)], { timed: own });
  const rules = { ...RULES, timings: { against: 'none', ...limits } };
  return gate(now, blessed([row('prompting', 5)]), rules).verdicts.filter(({ rule }) => rule === 'timings');
};

test('a row that takes longer than its limit beside another is red, by the interval of their ratio', () => {
  const pair = [timed('none', 1), timed('prompting', 1.5)];
  const outcomes = (limits: Omit<Rules['timings'], 'against'>) => timing(pair, limits).map(({ outcome }) => outcome);
  assert.equal(outcomes({ prefill: 1.2 }), ['fail']);
  assert.equal(outcomes({ prefill: 2, decode: 1.4 }), ['pass', 'fail']);
  assert.equal(outcomes({ prefill: 1.51 }), ['inconclusive']);
  assert.equal(outcomes({}), []);
  const [said] = timing(pair, { prefill: 1.2 });
  assert.match(
    said!.message,
    /^prefill takes 1\.50 times none, \[1\.4\d, 1\.5\d\] over 10 rounds, and at most 1\.2 is allowed$/,
  );
});

test('times of two jobs, of no rounds or of other rounds are not compared', () => {
  const why = (...own: readonly ReturnType<typeof timed>[]) =>
    timing(own, { decode: 9 }).map(({ outcome, message }) => `${outcome}: ${message}`)[0] ?? '';
  assert.match(why(timed('none', 1), timed('prompting', 1, 'k')), /^incomparable: .*another job.*run --fresh/);
  assert.match(why(timed('prompting', 1)), /^incomparable: .*not timed together with none/);
  assert.match(why(timed('none', 1), { ...timed('prompting', 1), fromStore: true }), /^incomparable: .*from the store/);
  assert.match(why(timed('none', 1), timed('prompting', 1, 'j', 4)), /^incomparable: .*other rounds/);
  assert.match(why(timed('none', 1, 'j', 1), timed('prompting', 1, 'j', 1)), /^inconclusive: .*one round/);
});

test('strict takes what is inconclusive for a failure, whatever the suite says of it', () => {
  const now = run([row('prompting', 20, (_, i) => i < 1, 'c2')]);
  const reference = blessed([row('prompting', 20)]);
  const warn = { ...RULES, inconclusive: 'warn' as const };
  const codes = [RULES, warn].flatMap((rules) =>
    [false, true].map((strict) => gate(now, reference, rules, strict).exitCode),
  );
  assert.equal(codes, [4, 1, 0, 1]);
  assert.is(gate(run([row('prompting', 20)]), reference, warn, true).exitCode, 0);
});

test.run();
