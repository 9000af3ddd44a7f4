// The matrix of personas by traits from answers made by hand: a method that moves its own trait alone, one that pleases
// whoever it is told to be, and one that moves everything.

import * as assert from 'uvu/assert';
import { type Answered, answererRows } from '../../../harness/analysis/metrics.ts';
import { specificityRows } from '../../../harness/analysis/specificity.ts';
import type { Persona } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Estimate, SpecificityRow } from '../../../harness/record/run-record.ts';
import { matrixSections, specificitySections } from '../../../reports/specificity.ts';
import { fakeSuite } from '../../support/fake.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { test } from '../../support/suite.ts';
import { evaluation } from '../score/fakes.ts';
import { cellOf, itemsOf, outcome, PERSONAS } from './answers.ts';

const ITEMS = itemsOf(10);
const WIDE = { ...evaluation({ orders: 'given' }), traits: 'all' as const };
/** Bold and calm are what people would rather be. */
const MARKED: readonly Persona[] = PERSONAS.map((one) => ({ ...one, desirable: one.pole === 'high' }));
const SUITE = fakeSuite({ personas: MARKED, evaluations: [WIDE] });

/** `high`: whether an item is answered the way of its trait's high pole. */
function told(method: string, persona: string | null, high: (item: Item, k: number) => boolean | null): Answered {
  const cell = cellOf(ITEMS, { method, persona, evaluation: WIDE, items: ITEMS });
  const outcomes = ITEMS.map((item, k) => {
    const said = high(item, k);
    return outcome(item.id, said === null ? 0.5 : said === (item.keying === '+') ? 0.9 : 0.1);
  });
  return { cell, outcomes };
}

const none = told('none', null, () => null);
const byPersona = (method: string, high: (persona: Persona, item: Item, k: number) => boolean | null) =>
  MARKED.map((persona) => told(method, persona.id, (item, k) => high(persona, item, k)));
const rowsOf = (cells: readonly Answered[]) => specificityRows(SUITE, [none, ...cells], 'none');
const rowOf = (cells: readonly Answered[]): SpecificityRow => rowsOf(cells)[0]!;
const near = (got: Estimate | number | null | undefined, want: number) => {
  const value = typeof got === 'number' ? got : got?.value;
  assert.ok(Math.abs((value ?? Number.NaN) - want) < 1e-12, `${value}, not ${want}`);
};

test('a method that moves the own trait alone is specific', () => {
  const row = rowOf(byPersona('mask', ({ trait, pole }, item) => (item.trait === trait ? pole === 'high' : null)));
  near(row.target, 0.5);
  near(row.others, 0);
  near(row.difference, 0.5);
  near(row.desirable, 0);
  assert.ok(row.specific);
  assert.is(row.items, 20);
  assert.equal(
    row.shifts.map(({ persona, trait, n, shift }) => [persona, trait, n, shift]),
    [
      ['bold', 'bold', 10, 0.5],
      ['bold', 'calm', 10, 0],
      ['shy', 'bold', 10, -0.5],
      ['shy', 'calm', 10, 0],
      ['calm', 'bold', 10, 0],
      ['calm', 'calm', 10, 0.5],
      ['tense', 'bold', 10, 0],
      ['tense', 'calm', 10, -0.5],
    ],
  );
});

test('one that raises every desirable pole is not, and is as the answerer that does so', () => {
  const [row, answerer] = rowsOf(byPersona('pleaser', () => true));
  for (const one of [row, answerer]) {
    near(one?.target, 0);
    near(one?.others, 0.5);
    near(one?.difference, -0.5);
    near(one?.desirable, 0.5);
    assert.not.ok(one?.specific);
  }
  assert.equal([answerer?.method, answerer?.answerer, answerer?.control], ['desirable', true, true]);
  // Told the desirable poles alone it moves the own trait as well, and is not specific either.
  const personas = MARKED.filter(({ pole }) => pole === 'high');
  const [half] = specificityRows(
    { ...SUITE, personas },
    [
      none,
      ...byPersona('pleaser', () => true).filter(({ cell }) => cell.persona === 'bold' || cell.persona === 'calm'),
    ],
    'none',
  );
  near(half?.target, 0.5);
  near(half?.difference, 0);
  assert.not.ok(half?.specific);
});

test('one that moves the other traits as much as the own is not specific, whichever way they go', () => {
  const row = rowOf(
    byPersona('wild', ({ trait, pole }, item) => (item.trait === trait ? pole === 'high' : pole === 'low')),
  );
  near(row.target, 0.5);
  near(row.others, 0.5);
  near(row.desirable, 0);
  assert.not.ok(row.specific);
});

test('intervals are over items: what only some of them show is wide', () => {
  const row = rowOf(
    byPersona('mask', ({ trait, pole }, item, k) => (item.trait === trait && k % 2 === 0 ? pole === 'high' : null)),
  );
  near(row.target, 0.25);
  assert.ok(row.target.low < 0.2 && row.target.high > 0.3 && row.target.low > 0, JSON.stringify(row.target));
});

test('without all traits asked, a row without persona, or one trait there are no rows', () => {
  const cells = byPersona('mask', () => true);
  const narrow = cells.map(({ cell, ...one }) => ({ ...one, cell: { ...cell, evaluation: evaluation() } }));
  assert.equal(specificityRows(SUITE, [none, ...narrow], 'none'), []);
  assert.equal(specificityRows(SUITE, cells, 'none'), []);
  const bold = (one: Answered) => ({
    cell: { ...one.cell, items: ITEMS.slice(0, 10) },
    outcomes: one.outcomes.slice(0, 10),
  });
  assert.equal(specificityRows(SUITE, [none, ...cells].map(bold), 'none'), []);
});

test('where nobody says what is desirable there is no answerer, and no figure', () => {
  const rows = specificityRows({ ...SUITE, personas: PERSONAS }, [none, ...byPersona('mask', () => true)], 'none');
  assert.equal(
    rows.map(({ method, desirable }) => [method, desirable]),
    [['mask', null]],
  );
});

test('the desirable answerer is right for one pole and wrong for the other', () => {
  const rows = answererRows(SUITE, EVALUATIONS, [none]).filter(({ answerer }) => answerer === 'desirable');
  assert.equal(
    rows.map(({ scope, persona, alignment }) => [scope, persona, alignment.value]),
    [
      ['pooled', null, 0.5],
      ['trait', null, 0.5],
      ['trait', null, 0.5],
      ['persona', 'bold', 1],
      ['persona', 'shy', 0],
      ['persona', 'calm', 1],
      ['persona', 'tense', 0],
    ],
  );
  const unmarked = answererRows({ ...SUITE, personas: PERSONAS }, EVALUATIONS, [none]);
  assert.not.ok(unmarked.some(({ answerer }) => answerer === 'desirable'));
});

test('the tables name what is specific and hold the matrix', async () => {
  const { result } = await runFake(temporaryFolder(), {});
  const specificities = rowsOf(byPersona('pleaser', () => true));
  const metric = { ...result.metrics[0]!, model: 'tiny', evaluation: 'choice' };
  const record = { ...result, metrics: [metric], specificities };
  assert.equal(specificitySections(record)[0]?.rows, [
    ['pleaser', '0.0', '50.0', '-50.0 [-50.0, -50.0]', '+50.0 [50.0, 50.0]', 'NOT specific'],
    ['"desirable"', '0.0', '50.0', '-50.0 [-50.0, -50.0]', '+50.0 [50.0, 50.0]', 'no model'],
  ]);
  const [matrix] = matrixSections(record);
  assert.equal(matrix?.head, ['persona', 'bold', 'calm']);
  assert.equal(matrix?.rows[1], ['shy', '+50.0', '+50.0']);
});

test('a run asks every persona the items of all traits, and keys those of others to their own persona', async () => {
  const { result, rows } = await runFake(temporaryFolder(), {
    suite: { personas: twoTraits(), evaluations: [WIDE] },
  });
  const told = result.cells.filter(({ persona, split }) => persona !== null && split === 'evaluation');
  assert.ok(told.every(({ items }) => items === 24));
  const other = [...rows()].filter(({ keyed }) => keyed === 0);
  assert.ok(other.length > 0 && other.every(({ persona, itemPersona }) => persona !== itemPersona));
  assert.ok(result.specificities.some(({ method }) => method === 'prompting'));
  const own = result.metrics.filter(({ method, scope }) => method === 'prompting' && scope === 'persona');
  assert.ok(
    own.every(({ alignment }) => alignment.n === 12),
    'alignment is of the own trait',
  );
});

function twoTraits(): readonly Persona[] {
  const base = fakeSuite().personas;
  const other = base.map((one) => ({
    ...one,
    id: `other-${one.id}`,
    trait: 'other',
    opposite: `other-${one.opposite}`,
    items: one.items.map((item) => ({
      ...item,
      id: `other-${item.id}`,
      trait: 'other',
      persona: `other-${item.persona}`,
    })),
  }));
  return [...base, ...other];
}

test.run();
