// Rows of texts from outcomes made by hand: log-odds toward the persona told, variety, length and marks.

import * as assert from 'uvu/assert';
import { kindRows, kindSections } from '../../../harness/analysis/kind-rows.ts';
import type { Answered } from '../../../harness/analysis/metrics.ts';
import { answererRows, metricRows } from '../../../harness/analysis/metrics.ts';
import { distinct } from '../../../harness/evaluations/generation/tables.ts';
import type { GenerationEvaluation } from '../../../harness/evaluations/generation.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Outcome } from '../../../harness/method/outcome.ts';
import { fakeSuite } from '../../support/fake.ts';
import { test } from '../../support/suite.ts';
import { cellOf, PERSONAS } from '../analysis/answers.ts';
import { evaluation, item } from '../score/fakes.ts';

const OPEN = {
  kind: 'generation',
  id: 'texts',
  tokens: 4,
  samples: 2,
  setUp: evaluation(),
} as unknown as GenerationEvaluation;
const ITEMS = ['q', 'r'].map((id) => item(id, ['Be bold.', 'Be shy.'], { trait: 'bold', persona: 'bold' }));
const SUITE = fakeSuite({ personas: PERSONAS.slice(0, 2), evaluations: [OPEN] });

const rowsOf = (...cells: readonly Answered[]) => kindRows(SUITE, EVALUATIONS, cells);

/** Log-odds of each text, with its tokens. */
function wrote(id: string, ...texts: readonly (readonly [text: string, tokens: number, odds: number])[]): Outcome {
  const orders = texts.map(([, tokens, odds]) => ({
    order: [0, 1],
    p: 1 / (1 + Math.exp(-odds)),
    options: [odds - 9, -9].map((sum) => ({ sum, tokens, bytes: 1, greedy: false, score: sum })),
  }));
  const p = orders.reduce((sum, order) => sum + order.p, 0) / orders.length;
  const marks = texts.map(([, , odds]) => (odds > 0 ? 0.75 : 0.25));
  return { item: id, orders, p, promptTokens: 1, addedTokens: 0, texts: texts.map(([text]) => text), marks };
}
const told = (persona: string | null, method = 'prompting') => ({
  cell: cellOf(ITEMS, { method, persona, evaluation: OPEN, items: ITEMS }),
  outcomes: [wrote('q', ['Sing, sing!', 2, 2], ['we sing', 4, 1]), wrote('r', ['', 0, 0], ['no', 1, -1])],
});

test('log-odds are for the persona told, per token; empty texts say nothing', () => {
  const [all, bold, shy] = rowsOf(told('bold'), told('shy'));
  assert.equal([all?.persona, all?.n, all?.figures.logOdds], [null, 8, 0]);
  assert.equal([bold?.persona, bold?.n, bold?.figures.logOdds], ['bold', 4, (1 + 0.25 + 0 - 1) / 4]);
  assert.is(shy?.figures.logOdds, -(1 + 0.25 - 1) / 4);
  assert.is(bold?.figures.marks, (0.75 + 0.75 + 0.25 + 0.25) / 4);
  assert.is(bold?.figures.tokens, 7 / 4);
  assert.is(bold?.figures.ended, 3 / 4);
});

test('where no persona is stated there are no log-odds and no marks', () => {
  const [row, ...more] = rowsOf(told(null, 'none'));
  assert.equal([row?.figures.logOdds, row?.figures.marks, row?.n, more.length], [null, null, 4, 0]);
});

test('distinct words over words, within a cell', () => {
  assert.is(distinct([{ words: ['a', 'b', 'a'] }, { words: ['b'] }], 1), 2 / 4);
  assert.is(distinct([{ words: ['a', 'b', 'a'] }, { words: ['b', 'a'] }], 2), 2 / 3);
  assert.is(distinct([{ words: ['a'] }], 2), 0);
  const [all] = rowsOf(told('bold'), told('shy'));
  assert.is(all?.figures.distinct1, 3 / 5); // sing sing we sing no
});

test('alignment is over questions, a mean over samples; nothing answers without a model', () => {
  const rows = metricRows(SUITE, [told('bold')]);
  const own = rows.find(({ persona }) => persona === 'bold')!;
  assert.equal([own.alignment.n, own.alignment.value, own.chance], [2, 1 / 2, 1 / 2]);
  assert.equal(answererRows(SUITE, EVALUATIONS, [told('bold')]), []);
});

test('the table names the proxy, and marks only where a judge gave some', () => {
  const texts = rowsOf(told('bold'));
  const metrics = metricRows(SUITE, [told('bold')]);
  const [section, ...others] = kindSections(SUITE, EVALUATIONS, texts, metrics);
  assert.equal([section!.detail, others.length], [false, 0]);
  assert.match(section!.title, /\(a proxy\)$/);
  assert.equal(section!.head.at(-1), 'judge');
  assert.equal(section!.rows[0]!.slice(0, 2), ['prompting', '50.0 % [4.4, 95.6]']);
  assert.equal(section!.rows[0]!.slice(2), ['+0.063', '0.60 / 1.00', '1.75', '75.0 %', '50.0 %']);
  const unjudged = texts.map((row) => ({ ...row, figures: { ...row.figures, marks: null } }));
  assert.is(kindSections(SUITE, EVALUATIONS, unjudged, metrics)[0]!.head.at(-1), 'ended');
});

test.run();
