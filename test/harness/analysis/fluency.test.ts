// Whether a method still speaks: each limit on both sides, and what makes a row broken.

import * as assert from 'uvu/assert';
import { brokenBy, brokenRows, fluency, MOST_DIVERGENCE, spokenRows } from '../../../harness/analysis/fluency.ts';
import { taxRows } from '../../../harness/analysis/taxes.ts';
import type { Cell, CellResult } from '../../../harness/plan/cell.ts';
import type { SpokenText, TaxRecord } from '../../../harness/record/cell-record.ts';
import { test } from '../../support/suite.ts';

const UNIFORM = Math.log(3840);
const said = (text: string, ids: readonly number[], more: Partial<SpokenText> = {}): SpokenText => ({
  ...{ question: 'What is a kettle used for?', text, ids, nats: 1.5 * ids.length, uniform: UNIFORM, ended: true },
  ...more,
});
const different = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
const fine = said('I am always taking the microphone.', different(7));
const loop = said('Rec'.repeat(48), new Array<number>(48).fill(5), { ended: false });

test('what the dense network, a prompt and examples say on persona-nano is within every limit', () => {
  for (const [text, n] of [
    ['I am very mean.', 5],
    ['I am happy when I imitate what is common.', 10],
    ['I am a resilient and resilient person.', 8],
  ] as const) {
    assert.equal(fluency(said(text, different(n), { nats: 2.6 * n })).broken, [], text);
  }
});

test('loops: one token in a row, a phrase again and again, few words; each limit on both sides', () => {
  const { repetition, longest, distinct, broken } = fluency(loop);
  assert.equal([repetition, longest, distinct], [45 / 46, 48, 1]);
  assert.equal(broken, ['writes one token 48 times in a row']);
  const run = (n: number) => fluency(said('a b c', [...different(40), ...new Array<number>(n).fill(99)])).broken;
  assert.equal(run(7), []);
  assert.equal(run(8), ['writes one token 8 times in a row']);
  // A phrase of four tokens after an opening of m: 1 - (m + 4) / (n - 2) of the trigrams were there before.
  const phrase = (opening: number, n: number) =>
    fluency(said('a b c', [...different(opening), ...Array.from({ length: n - opening }, (_, i) => 100 + (i % 4))]))
      .broken;
  assert.equal(phrase(20, 48), [], '22 of 46');
  assert.equal(phrase(18, 48), ['repeats itself: 52 % of its runs of 3 tokens were there before']);
  const words = (distinctWords: number) =>
    fluency(said(Array.from({ length: 20 }, (_, i) => `w${i % distinctWords}`).join(' '), different(20))).broken;
  assert.equal(words(6), []);
  assert.equal(words(5), ['only 25 % of its words are distinct']);
});

test('silence, and what the dense network finds as surprising as a guess among sqrt(vocabulary)', () => {
  assert.equal(fluency(said('', [])).broken, ['says nothing']);
  assert.equal(fluency(said('', [], { ended: false })).broken, [], 'no room was left for an answer');
  const surprise = (nats: number, n = 10) => fluency(said('a b', different(n), { nats: nats * n })).broken;
  assert.equal(surprise(4.1), []);
  assert.equal(surprise(4.2), ['4.2 nats per token under the dense network, of 8.3 for a guess']);
  assert.equal(surprise(4.2, 4), [], 'too short to tell');
});

interface Network {
  readonly method: string;
  readonly persona?: string;
  readonly sparsity?: string;
  readonly spoken?: readonly SpokenText[];
  readonly departs?: number; // nats per token of the prompts
  readonly evaluation?: string;
}

const tax = (departs: number, prompts = 16): TaxRecord => ({
  texts: [],
  prompts: Array.from({ length: prompts }, (_, at) => {
    const half = { tokens: 10, divergence: 10 * departs * (at % 2 === 0 ? 0.9 : 1.1) };
    return { at, prompt: half, answer: half };
  }),
  guessing: 6,
});

function result({ method, persona, sparsity, spoken, departs, evaluation = 'choice' }: Network): CellResult {
  const cell = {
    ...{ id: method, inputs: {}, model: 'nano', evaluation: { id: evaluation }, method, persona: persona ?? null },
    ...{ network: persona ?? null, split: 'evaluation', look: 1, wording: null, sparsity: sparsity ?? null },
    ...{ seed: null, items: [] },
  } as unknown as Cell;
  const record = { tax: departs === undefined ? null : tax(departs), spoken: spoken ?? [] };
  const stored = { record, outcomes: [], computedAt: '' } as unknown as CellResult['stored'];
  return { cell, key: '', status: 'computed', stored, error: null };
}

const personas = [
  { id: 'extraversion', trait: 'extraversion' },
  { id: 'introversion', trait: 'extraversion' },
  { id: 'openness', trait: 'openness' },
];
const point = { model: 'nano', sparsity: null, trait: null, persona: null } as const;

test('a row is broken from a quarter of its answers on, beyond what the dense network does itself', () => {
  const answers = (bad: number, n: number) => Array.from({ length: n }, (_, i) => (i < bad ? loop : fine));
  const whole = result({ method: 'none', spoken: [fine, fine, fine], departs: 0 });
  const brokenOf = (results: readonly CellResult[], row: object = {}) =>
    brokenBy([whole, ...results], personas, 'none')({ ...point, method: 'lora', ...row });
  const perPersona = (bad: readonly number[]) =>
    personas.map(({ id }, i) => result({ method: 'lora', persona: id, spoken: answers(bad[i]!, 3) }));
  assert.equal(brokenOf(perPersona([1, 1, 0])), [], '2 of 9');
  assert.equal(brokenOf(perPersona([3, 0, 0])), [
    '3 of its 9 answers to neutral questions are no language: writes one token 48 times in a row',
  ]);
  assert.equal(brokenOf(perPersona([1, 0, 0]), { persona: 'openness' }), []);
  assert.equal(brokenOf(perPersona([1, 0, 0]), { persona: 'extraversion' }).length, 1);
  assert.equal(brokenOf(perPersona([0, 0, 3]), { trait: 'extraversion' }), []);
  assert.equal(brokenOf(perPersona([0, 0, 3]), { trait: 'openness' }).length, 1);
  // A base model that loops by itself condemns nobody.
  const loops = result({ method: 'none', spoken: [loop, loop, fine], departs: 0 });
  assert.equal(brokenBy([loops, ...perPersona([2, 2, 2])], personas, 'none')({ ...point, method: 'lora' }), []);
  assert.equal(brokenBy([loops, ...perPersona([3, 3, 3])], personas, 'none')({ ...point, method: 'lora' }), []);
  assert.equal(brokenBy([loops], personas, 'none')({ ...point, method: 'none' }), []);
  assert.equal(brokenOf([]), [], 'what was not asked is not said to be broken');
});

test('a network whose predictions on neutral prompts cost twice the perplexity is broken, however it speaks', () => {
  const whole = result({ method: 'none', spoken: [fine], departs: 0 });
  const masked = (departs: number) => result({ method: 'random', sparsity: 'low', spoken: [fine], departs });
  const why = (departs: number) =>
    brokenBy([whole, masked(departs)], personas, 'none')({ ...point, method: 'random', sparsity: 'low' });
  // The interval reaches 0.055 of the value to both sides here.
  assert.equal(why(0.95 * MOST_DIVERGENCE), []);
  assert.equal(why(1.02 * MOST_DIVERGENCE), [], 'above the limit by chance');
  assert.equal(why(1.1), [
    'its network departs from the dense one by 1.10 nats per token on neutral prompts, and 0.69 doubles the perplexity',
  ]);
  const results = [whole, masked(1.1), result({ method: 'lora', persona: 'openness', spoken: [loop], departs: 0.1 })];
  assert.equal(
    brokenRows(results, brokenBy(results, personas, 'none')).map(({ method, sparsity, persona }) => [
      method,
      sparsity,
      persona,
    ]),
    [
      ['random', 'low', null],
      ['lora', null, null],
      ['lora', null, 'openness'],
    ],
  );
});

test('spoken rows: once per persona and question, whatever evaluations asked the network', () => {
  const two = [fine, { ...fine, question: 'How is bread made?' }];
  const results = ['choice', 'likert'].flatMap((evaluation) =>
    ['extraversion', 'openness'].map((persona) => result({ method: 'lora', persona, spoken: two, evaluation })),
  );
  const rows = spokenRows(results);
  assert.is(rows.length, 4);
  assert.equal(rows[0], {
    ...{ model: 'nano', method: 'lora', sparsity: null, persona: 'extraversion', question: fine.question },
    ...{ text: fine.text, tokens: 7, repetition: 0, distinct: 1, natsPerToken: 1.5, ended: true, broken: [] },
  });
});

test('taxes: texts of both poles together, an interval over texts, and why text cannot be measured', () => {
  const texts = (from: number, nats: number, denseNats = 200) =>
    Array.from({ length: 10 }, (_, k) => ({ at: 2 * k + from, bytes: 400, tokens: 110, nats: nats + k, denseNats }));
  const of = (poles: readonly (readonly [from: number, nats: number])[], denseNats?: number) => {
    const results = poles.map(([from, nats], i): CellResult => {
      const base = result({ method: 'lora', persona: personas[i]!.id });
      const record = { tax: { ...tax(0.2), texts: texts(from, nats, denseNats) }, spoken: [] };
      return { ...base, stored: { record, outcomes: [], computedAt: '' } as unknown as CellResult['stored'] };
    });
    return taxRows(results)[0]!;
  };
  const row = of([
    [0, 240],
    [1, 260],
  ]);
  assert.equal([row.networks, row.texts, row.tokens, row.bytes], [2, 20, 2200, 8000]);
  assert.ok(Math.abs(row.natsPerByte.value - (2 * 45 + 10 * 500) / 8000) < 1e-12);
  assert.ok(Math.abs(row.excess.value - (2 * 45 + 10 * 100) / 8000) < 1e-12);
  assert.ok(row.excess.low! > 0 && row.excess.low! < row.excess.value && row.excess.high! > row.excess.value);
  assert.is(row.denseNatsPerByte, 0.5);
  assert.ok(Math.abs(row.divergence.prompts!.value - 0.2) < 1e-12);
  assert.equal([row.measurable, row.why], [true, null]);
  const half = of([[0, 240]]);
  assert.match(half.why!, /has 1100 tokens, and 2000 are needed/);
  const lost = of(
    [
      [0, 700],
      [1, 700],
    ],
    600,
  );
  assert.is(lost.measurable, false);
  assert.match(lost.why!, /needs 5\.45 nats per token on this text, and guessing without reading 6\.00/);
});

test.run();
