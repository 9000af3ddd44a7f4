// Looks: which items each asks, that a run with every answer gets the verdict of one that stopped, and which rows go on.

import * as assert from 'uvu/assert';
import { lookOf } from '../../../harness/gate/looks.ts';
import { undecided } from '../../../harness/gate/matching.ts';
import { gate } from '../../../harness/gate/rules.ts';
import type { GateRow, Rules } from '../../../harness/gate/types.ts';
import type { Verdict } from '../../../harness/record/verdicts.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { blessed, RULES, row, run } from '../../support/gate.ts';
import { suite } from '../../support/suite.ts';

const test = suite('gate looks');
const LOOKS = [36, 72, 108, 144];
const rules: Rules = { ...RULES, rows: ['prompting', 'lora'], looks: LOOKS, alignment: { margin: 0.03, alpha: 0.05 } };

/** The answers of the first `look` looks; 0-based, the last one included. */
function cut(source: GateRow, look: number): GateRow {
  const places = lookOf(source.answers, LOOKS);
  return { ...source, answers: source.answers.filter(({ item }) => places.get(item)! <= look) };
}

/** A row with shares of its answers lost and won. */
function changed(source: GateRow, lost: number, won: number, seed: number): readonly [now: GateRow, was: GateRow] {
  const rng = rngOf(seed);
  const kinds = source.answers.map(() => rng.next());
  const side = (aligned: (kind: number) => number, cell: string): GateRow => ({
    ...source,
    answers: source.answers.map((answer, k) => ({ ...answer, aligned: aligned(kinds[k]!), cell })),
  });
  const now = side((kind) => (kind < lost ? 0 : kind < lost + won ? 1 : kind < 0.8 ? 1 : 0), 'c2');
  return [now, side((kind) => (kind < lost ? 1 : kind < lost + won ? 0 : kind < 0.8 ? 1 : 0), 'c1')];
}

const alignment = (verdicts: readonly Verdict[]) => verdicts.filter(({ rule }) => rule === 'alignment');

test('an item belongs to the look that reaches its place within its trait', () => {
  const items = ['a', 'b', 'a', 'c', 'd'].map((item) => ({ item, trait: item === 'd' ? 'other' : 'one' }));
  assert.equal(
    [...lookOf(items, [1, 2])],
    [
      ['a', 0],
      ['b', 1],
      ['c', 1],
      ['d', 0],
    ],
  );
  assert.equal(new Set(lookOf(items, undefined).values()), new Set([0]));
});

test('what a run asked beyond the look that decides makes no difference, and only open rows go on', () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 12; seed++) {
    const [a, wasA] = changed(row('prompting', 144), seed < 4 ? 0.1 : 0.05, 0.05, seed);
    const [b, wasB] = changed(row('lora', 144), 0.02, 0.02, seed + 100);
    const then = blessed([wasA, wasB]);
    const whole = alignment(gate(run([a, b]), then, rules).verdicts);
    // As a run does that extends its rows: each stays at the look that decided it.
    const reached = new Map([
      ['prompting', 0],
      ['lora', 0],
    ]);
    const asked = () => run([a, b].map((one) => cut(one, reached.get(one.name)!)));
    for (let look = 0; look < LOOKS.length - 1; look++) {
      for (const { name, model, evaluation } of undecided(asked(), then, rules, look)) {
        assert.equal([reached.get(name), model, evaluation], [look, 'nano', 'choice']);
        reached.set(name, look + 1);
      }
    }
    assert.equal(alignment(gate(asked(), then, rules).verdicts), whole);
    for (const { outcome, message } of whole) outcomes.add(`${outcome} ${/look \d of 4/.exec(message)?.[0]}`);
  }
  assert.ok(outcomes.has('pass look 2 of 4'), [...outcomes].join());
  assert.ok([...outcomes].filter((one) => one.startsWith('fail')).length > 1, [...outcomes].join());
});

test('identical answers pass at the first look, and ask nothing more', () => {
  const one = row('prompting', 144);
  const first = { ...rules, rows: ['prompting'], alignment: { margin: 0.09, alpha: 0.05 } };
  assert.equal(undecided(run([cut(one, 0)]), blessed([one]), first, 0), []);
  const [verdict] = gate(run([cut(one, 0)]), blessed([one]), first).verdicts;
  assert.equal([verdict!.outcome, verdict!.message], ['pass', 'equal on all 72 items, look 1 of 4']);
  // Five items of a trait hide a drop of 9 points 0.91^10 of the time: all others are asked, too.
  const few = { ...first, looks: [5, 144] };
  const places = lookOf(one.answers, few.looks);
  const five = { ...one, answers: one.answers.filter(({ item }) => places.get(item) === 0) };
  assert.equal(
    undecided(run([five]), blessed([one]), few, 0).map(({ name }) => name),
    ['prompting'],
  );
});

test('a row that is open says so with what is asked next; without whole looks it is not compared', () => {
  const [now, was] = changed(row('prompting', 144), 0.05, 0.05, 3);
  const one = { ...rules, rows: ['prompting'] };
  const report = gate(run([cut(now, 0)]), blessed([was]), one);
  assert.is(report.outcome, 'inconclusive');
  assert.match(
    report.verdicts[0]!.message,
    /on 72 items, look 1 of 4 .*the next 36 items per trait are asked by run --gate$/,
  );
  const messages = (answers: GateRow['answers']) =>
    gate(run([{ ...now, answers }]), blessed([was]), one).verdicts.filter(({ rule }) => rule === 'rows');
  const lacks = 'the reference has items that the run lacks';
  for (const answers of [now.answers.slice(0, 20), [...cut(now, 0).answers, ...now.answers.slice(-4)]])
    assert.equal(
      messages(answers).map(({ message }) => message),
      [lacks],
    );
  // Without looks in the suite all items are one look.
  const { looks: _, ...whole } = one;
  assert.is(gate(run([cut(now, 2)]), blessed([was]), whole).verdicts[0]!.message, lacks);
});

test('a reference of other looks has counters of other items, and is said to be weaker', () => {
  const one = row('prompting', 144);
  const counted = { ...rules, rows: ['prompting'], counters: { model: true, commands: false } };
  const of = (looks: readonly number[] | undefined) => {
    const { looks: _, ...once } = counted;
    const then = blessed([one], { rules: { ...once, ...(looks && { looks }) } });
    const { verdicts, notes = [] } = gate(run([one]), then, counted);
    return [verdicts.find(({ rule }) => rule === 'counters')!.outcome, notes.some((note) => note.includes('looks: '))];
  };
  assert.equal(
    [of(LOOKS), of([36, 144]), of([48, 144]), of(undefined)],
    [
      ['pass', false],
      ['pass', true],
      ['incomparable', true],
      ['incomparable', false],
    ],
  );
});

test.run();
