// The looks of a gate: which items each cell asks, and what of a suite's `looks` is refused.

import * as assert from 'uvu/assert';
import { loadSuite } from '../../../api/suite.ts';
import type { BenchError } from '../../../base/error.ts';
import { joinedCells, joinedResults, lookRows } from '../../../harness/analysis/looks.ts';
import type { GateRules, Suite } from '../../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { CellResult } from '../../../harness/plan/cell.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { DIGESTS, EVALUATION, fakePersona, fakeSuite, METHODS } from '../../support/fake.ts';
import { RULES } from '../../support/gate.ts';
import { suite } from '../../support/suite.ts';
import { load, SUITE, says, suiteFolder } from '../../support/suite-file.ts';

const test = suite('looks');

const digests = new Map([['tiny', DIGESTS]]);
const gateOf = (looks: readonly number[], rows = ['prompting']): GateRules => ({ ...RULES, rows, looks });
const plan = (looks: readonly number[], changes: Partial<Suite> = {}) =>
  expand(fakeSuite({ gate: looks.length === 0 ? RULES : gateOf(looks), ...changes }), METHODS, EVALUATIONS, digests);

test('cells of gated rows divide the items by look; every other row asks those of the first', () => {
  const cells = plan([4, 8, 12]);
  const of = (method: string, persona: string | null = null, wording: string | null = null) =>
    cells
      .filter((cell) => cell.method === method && cell.persona === persona && cell.wording === wording)
      .map(({ look, items }) => [look, items.map(({ id }) => id).join(' ')]);
  const asked = [
    [1, 'extraversion-0 introversion-0 extraversion-1 introversion-1'],
    [2, 'extraversion-2 introversion-2 extraversion-3 introversion-3'],
    [3, 'extraversion-4 introversion-4 extraversion-5 introversion-5'],
  ];
  assert.equal(of('none'), [asked[0]]);
  assert.equal(of('prompting', 'extraversion', 'plain'), asked);
  assert.equal(of('prompting', 'introversion', 'vivid'), asked);
  assert.is(cells.length, 1 + 4 * 3);
});

test('a look holds both keyings equally, of every trait', () => {
  const personas = ['a', 'b'].flatMap((trait) => [
    fakePersona(`${trait}-high`, `${trait}-low`, trait, 'high', 9),
    fakePersona(`${trait}-low`, `${trait}-high`, trait, 'low', 9),
  ]);
  for (const { items, look } of plan([6, 10, 18], { personas })) {
    for (const trait of new Set(items.map((item) => item.trait))) {
      const own = items.filter((item) => item.trait === trait);
      assert.is(own.length, [6, 4, 8][look - 1]);
      assert.is(own.filter(({ keying }) => keying === '+').length, own.length / 2);
    }
  }
});

test('a first look is the cell of a suite without looks that asks as many items', () => {
  const gated = plan([4, 8, 12]);
  const lean = plan([], { evaluations: [{ ...EVALUATION, itemsPerTrait: 4 }] });
  const first = gated.filter(({ look }) => look === 1);
  assert.equal(
    first.map(({ id }) => id),
    lean.map(({ id }) => id),
  );
  assert.ok(plan([]).every(({ look }) => look === 1));
  assert.equal(
    plan([]).map(({ id }) => id),
    plan([12]).map(({ id }) => id),
  );
});

test('cells and results of one point over its looks are joined; a point without a look is not answered', () => {
  const cells = plan([4, 8, 12]);
  const whole = plan([]);
  const joined = joinedCells(cells);
  const listOf = (some: typeof cells) =>
    some.filter(({ method }) => method === 'prompting').map(({ items }) => items.map(({ id }) => id));
  assert.equal(listOf(joined), listOf(whole));
  const counters = { tokens: 1, flops: 2, weightBytes: 3, dispatches: 4, submits: 5, pipelines: 6, readbacks: 7 };
  const results = cells.map((cell): CellResult => {
    const cost = { setupMs: 5, artefactBytes: 0, trainedParameters: 0 };
    const record = { id: cell.id, key: cell.id, cost, scoringMs: 2, figures: {}, tax: null, spoken: [] };
    const outcomes = cell.items.map(({ id }) => ({ item: id, orders: [], p: 1, promptTokens: 1, addedTokens: 0 }));
    const stored = {
      record: { ...record, counters: { ...counters, peakBytes: cell.look } },
      outcomes,
      computedAt: `2026-01-0${cell.look}`,
    };
    return { cell, key: cell.id, status: 'computed', stored, error: null };
  });
  const own = joinedResults(cells, results).find(({ cell }) => cell.wording === 'vivid')!;
  assert.equal(
    own.stored!.outcomes.map(({ item }) => item),
    own.cell.items.map(({ id }) => id),
  );
  assert.is(own.stored!.record.counters.tokens, 3);
  assert.is(own.stored!.record.counters.peakBytes, 3);
  assert.is(own.stored!.record.scoringMs, 6);
  assert.is(own.stored!.computedAt, '2026-01-03');
  const lost = results.filter(({ cell }) => !(cell.wording === 'vivid' && cell.look === 2));
  const left = joinedResults(cells, lost).filter(({ stored }) => stored === null);
  assert.equal(
    left.map(({ cell }) => [cell.persona, cell.wording]),
    [
      ['extraversion', 'vivid'],
      ['introversion', 'vivid'],
    ],
  );
});

test('a row says how many of its items it was asked', () => {
  const cells = plan([4, 8, 12]);
  const asked = new Set(cells.filter(({ look }) => look < 3));
  const row = { model: 'tiny', evaluation: 'choice', method: 'prompting', sparsity: null };
  assert.equal(lookRows(cells, asked), [{ ...row, looks: 2, of: 3, items: 8, planned: 12 }]);
  assert.equal(lookRows(plan([]), new Set(plan([]))), []);
});

const gated = (looks: string) => `${SUITE}gate: { rows: [asked], looks: ${looks} }\n`;

async function refused(text: string): Promise<BenchError> {
  try {
    await loadSuite(suiteFolder(text));
  } catch (error) {
    assert.is((error as BenchError).code, 'bad-suite');
    return error as BenchError;
  }
  throw new Error('nothing was refused');
}

test('looks that do not rise, are odd or none at all are refused at their place', async () => {
  assert.match((await refused(gated('[36, 36]'))).message, /:10:36 gate\.looks reaches 36 items after 36/);
  assert.match((await refused(gated('[72, 36, 144]'))).message, /:10:36 gate\.looks reaches 36 items after 72/);
  await says(gated('[35]'), /:10:32 looks must be multiple of 2/);
  await says(gated('[0]'), /looks must be >= 2/);
  await says(gated('[]'), /looks must not be empty/);
  await says(gated('36'), /looks must be array/);
});

test('a last look of more items than the evaluation has is refused at its place', async () => {
  const { message, hint } = await refused(gated('[2, 4]'));
  assert.match(
    message,
    /suite\.yaml:10:35 the last look asks 4 items of each trait, and evaluation choice has 1 of warmth/,
  );
  assert.match(hint ?? '', /at most 1, or give the evaluation more items \(items-per-trait/);
});

test('--limit cuts the looks: the limit stands in place of those above it', async () => {
  const looks = async (limit?: number) =>
    (await load(gated('[36, 72, 108]'), limit === undefined ? {} : { limit })).gate?.looks;
  assert.equal(await looks(), [36, 72, 108]);
  assert.equal(await looks(200), [36, 72, 108]);
  assert.equal(await looks(72), [36, 72]);
  assert.equal(await looks(50), [36, 50]);
  assert.equal(await looks(8), [8]);
  assert.equal((await load(`${SUITE}gate: { rows: [asked] }\n`, { limit: 8 })).gate?.looks, undefined);
});

test.run();
