// Rows of answers on scales from outcomes made by hand: profile, acquiescence and mass, by persona and over all.

import * as assert from 'uvu/assert';
import { kindRows, kindSections } from '../../../harness/analysis/kind-rows.ts';
import { type Answered, metricRows } from '../../../harness/analysis/metrics.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { LikertEvaluation } from '../../../harness/evaluations/likert.ts';
import type { Outcome } from '../../../harness/method/outcome.ts';
import { fakeSuite } from '../../support/fake.ts';
import { test } from '../../support/suite.ts';
import { answer, cellOf, itemsOf } from '../analysis/answers.ts';
import { evaluation, item } from '../score/fakes.ts';

const LIKERT: LikertEvaluation = {
  id: 'likert',
  kind: 'likert',
  scorer: 'letter',
  orders: 'given',
  template: '{statement}\n{options}',
  items: [],
  itemsPerTrait: null,
  setUp: evaluation(),
};

const SUITE = fakeSuite({ evaluations: [evaluation(), LIKERT] });
const rowsOf = (...cells: readonly Answered[]) => kindRows(SUITE, EVALUATIONS, cells);

const statement = (id: string, keying: '+' | '-'): Item => ({
  ...item(id, ['no', 'so', 'yes'], { trait: 'bold', keying, persona: keying === '+' ? 'bold' : 'shy' }),
  scale: true,
});
const ITEMS = [statement('s-plus', '+'), statement('s-minus', '-')];

/** Probabilities of the answers, which may leave some for others. */
function said(id: string, probabilities: readonly number[]): Outcome {
  const options = probabilities.map((p) => ({
    sum: Math.log(p),
    tokens: 1,
    bytes: 1,
    greedy: false,
    score: Math.log(p),
  }));
  return { item: id, orders: [{ order: [0, 1, 2], options, p: 0 }], p: 0, promptTokens: 1, addedTokens: 0 };
}

const cell = (method: string, persona: string | null, seed: number | null = null) =>
  cellOf(ITEMS, { method, persona, seed, evaluation: LIKERT, items: ITEMS });

// Expected answers 2.5 and 1.25, masses 0.8 and 0.4.
const BOLD = {
  cell: cell('prompting', 'bold'),
  outcomes: [said('s-plus', [0.1, 0.2, 0.5]), said('s-minus', [0.35, 0.0, 0.05])],
};
const near = (got: unknown, want: number) => assert.ok(Math.abs(Number(got) - want) < 1e-12, `${got}, not ${want}`);

test('minus keys are reversed for the profile, not for acquiescence; all answers together come first', () => {
  const [all, own] = rowsOf(BOLD);
  assert.equal(
    [all?.persona, all?.trait, all?.n, all?.scale],
    [null, null, 2, { from: 1, to: 3, mean: null, spread: null }],
  );
  near(all?.figures.given, (2.5 + 1.25) / 2);
  near(all?.figures.mass, 0.6);
  assert.equal([own?.persona, own?.trait, own?.n], ['bold', 'bold', 2]);
  near(own?.scale?.mean, (2.5 + 2.75) / 2);
  near(own?.scale?.spread, Math.sqrt(2 * 0.125 ** 2));
});

test('seeds ask the same again: one answer for each statement', () => {
  const again = {
    cell: cell('prompting', 'bold', 1),
    outcomes: [said('s-plus', [1, 1e-300, 1e-300]), BOLD.outcomes[1]!],
  };
  const [all] = rowsOf(BOLD, again);
  assert.is(all?.n, 2);
  near(all?.figures.given, ((2.5 + 1) / 2 + 1.25) / 2);
});

test('one statement has no spread; choice evaluations and the tuning split make no rows', () => {
  const one = { cell: { ...BOLD.cell, items: ITEMS.slice(0, 1) }, outcomes: BOLD.outcomes.slice(0, 1) };
  assert.is(rowsOf(one)[1]?.scale?.spread, null);
  const choice = answer(cellOf(itemsOf(2), { method: 'none' }), () => true);
  const tuning = { ...BOLD, cell: { ...BOLD.cell, split: 'tuning' as const } };
  assert.equal(rowsOf(choice, tuning), []);
});

test('the tables have each persona by trait, and doubt answers that hold little of the probability', () => {
  const shy = {
    cell: cell('prompting', 'shy'),
    outcomes: [said('s-plus', [0.9, 0.05, 0.05]), said('s-minus', [0.1, 0.2, 0.5])],
  };
  const sectionsOf = (...cells: readonly Answered[]) =>
    kindSections(SUITE, EVALUATIONS, rowsOf(...cells), metricRows(SUITE, cells));
  const [section, detailed, ...others] = sectionsOf(BOLD, shy);
  assert.equal([section!.detail, detailed!.detail, others.length], [false, true, 0]);
  assert.equal(section?.head, ['method', 'as given', 'mass', 'bold']);
  assert.equal(section?.rows, [['prompting', '1.85', '0.75', '2.63/1.32']]);
  assert.is(section?.below.length, 1);
  const [doubtful] = sectionsOf({ ...BOLD, outcomes: [BOLD.outcomes[1]!] });
  assert.match(doubtful?.below[1] ?? '', /^NOT what the model would say by itself: .* for prompting;/);
  assert.equal(
    detailed?.rows.map(([method, persona, trait, n, profile]) => [method, persona, trait, n, profile]),
    [
      ['prompting', '–', 'all', '4', '–'],
      ['prompting', 'bold', 'bold', '2', '2.63'],
      ['prompting', 'shy', 'bold', '2', '1.32'],
    ],
  );
});

test.run();
