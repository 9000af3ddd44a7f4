// The controls that a suite's subnetworks are compared with: which are added, at which sparsities, and that equal networks are
// one cell.

import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import type { Controls, MethodEntry, Persona, Suite } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { withControls } from '../../../harness/plan/controls.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { constructionLines } from '../../../harness/plan/mirrored.ts';
import { neutralParts } from '../../../harness/plan/neutral.ts';
import { select } from '../../../harness/plan/selection.ts';
import { DIGESTS, EVALUATION, fakeItems, fakeSuite } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('controls');
const AUTO = { random: 'auto', magnitude: 'auto', 'generic-text': 'auto', opposite: 'auto' } as const;
const ALL: Controls = {
  ...{ random: 5, magnitude: true, 'generic-text': true, opposite: true },
  ...{ shuffled: ['mid'], draws: 3 },
};
const masked = (id: string, options: Record<string, unknown> = {}, more: Partial<MethodEntry> = {}): MethodEntry => ({
  id,
  method: 'subnetwork',
  control: false,
  options,
  ...more,
});
const planned = (methods: readonly MethodEntry[], controls: Controls = ALL, changes: Partial<Suite> = {}): Suite =>
  withControls(
    fakeSuite({
      methods: [{ id: 'none', method: 'none', control: true, options: {} }, ...methods],
      controls,
      sparsity: [
        { label: 'low', value: 0.3 },
        { label: 'mid', value: 0.5 },
      ],
      ...changes,
    }),
    METHODS,
    EVALUATIONS,
  );
const cellsOf = (whole: Suite) => expand(whole, METHODS, EVALUATIONS, new Map([['tiny', DIGESTS]]));

test('every subnetwork gets every control, once where two would be the same network', () => {
  const whole = planned([masked('wanda'), masked('contrast', { score: 'contrastive-wanda', sparsity: ['mid'] })]);
  assert.equal(
    whole.methods.map(({ id, control }) => [id, control]),
    [
      ['none', true],
      ['wanda', false],
      ['contrast', false],
      ['random', true],
      ['magnitude', true],
      ['generic-text', true],
      ['wanda.opposite', true],
      ['wanda.shuffled', true],
      ['contrast.opposite', true],
      ['contrast.shuffled', true],
    ],
  );
  const against = (id: string) => whole.methods.find((entry) => entry.id === id)?.against?.map((one) => one.id);
  assert.equal(against('wanda'), ['random', 'magnitude', 'generic-text', 'wanda.opposite', 'wanda.shuffled']);
  assert.equal(against('contrast'), ['random', 'magnitude', 'generic-text', 'contrast.opposite', 'contrast.shuffled']);
  const cells = cellsOf(whole);
  const count = (method: string, sparsity: string) =>
    cells.filter((cell) => cell.method === method && cell.sparsity === sparsity && cell.split === 'evaluation').length;
  assert.equal([count('wanda', 'low'), count('contrast', 'low'), count('contrast', 'mid')], [2, 0, 2]);
  assert.equal([count('random', 'low'), count('magnitude', 'low'), count('generic-text', 'mid')], [5, 1, 1]);
  assert.equal([count('wanda.shuffled', 'low'), count('wanda.shuffled', 'mid')], [0, 2 * 3]);
  assert.is(whole.byConstruction, undefined, 'all that is named runs');
  // Persona-free networks are asked all items once, the others each persona's.
  for (const cell of cells) {
    const free = ['none', 'random', 'magnitude', 'generic-text'].includes(cell.method);
    assert.is(cell.persona === null, free, cell.method);
    const lean = cell.method.endsWith('.shuffled');
    if (cell.split === 'evaluation') assert.is(cell.items.length, lean ? 8 : 12, cell.method);
  }
});

const kindsOf = (whole: Suite, id: string) =>
  whole.methods.find((entry) => entry.id === id)?.against?.map(({ kind }) => kind);
const seedsOf = (whole: Suite, method: string, evaluation = 'choice') => [
  ...new Set(
    cellsOf(whole)
      .filter((cell) => cell.method === method && cell.evaluation.id === evaluation)
      .map(({ seed }) => seed),
  ),
];

test('where each item counts for both poles, what is known before it runs is left out, and said', () => {
  const auto: Controls = { ...AUTO, shuffled: true, draws: 4 };
  const whole = planned([masked('wanda'), masked('contrast', { score: 'contrastive-wanda' })], auto);
  for (const id of ['wanda', 'contrast']) assert.equal(kindsOf(whole, id), ['random', 'shuffled']);
  assert.equal(seedsOf(whole, 'random'), [0], 'one random mask shows what as many removed weights cost');
  assert.equal(seedsOf(whole, 'wanda.shuffled'), [0, 1, 2, 3]);
  assert.equal(whole.byConstruction, [
    { evaluation: 'choice', once: ['random'], left: ['magnitude', 'generic-text', 'opposite'] },
  ]);
  const [line, ...others] = constructionLines(whole);
  assert.is(
    line,
    "choice: each item counts for both poles, so that a network without a persona scores 50 % by construction: random runs with one seed; magnitude and generic-text do not run; opposite is 100 % less the method's figure and does not run",
  );
  assert.equal([others, constructionLines(planned([masked('wanda')]))], [[], []]);
  // Asked for by name, each runs.
  const named = planned([masked('wanda')], { ...auto, magnitude: true, opposite: ['low'], random: 2 });
  assert.equal(kindsOf(named, 'wanda'), ['random', 'magnitude', 'opposite', 'shuffled']);
  assert.equal(seedsOf(named, 'random'), [0, 1]);
  assert.equal(named.byConstruction, [{ evaluation: 'choice', once: [], left: ['generic-text'] }]);
});

test('where they are tests of their own, all controls run: prompts beside masks, one pole, three options, all traits', () => {
  const auto: Controls = { ...AUTO, shuffled: ['mid'], draws: 2 };
  const all = ['random', 'magnitude', 'generic-text', 'opposite', 'shuffled'];
  // With the persona's prompt a masked network knows its persona: nothing is known of it before it runs.
  const prompted = planned([masked('wanda', { prompt: 'persona' })], auto);
  assert.equal(kindsOf(prompted, 'wanda'), all);
  assert.equal(seedsOf(prompted, 'random'), [0, 1, 2, 3, 4]);
  assert.is(prompted.byConstruction, undefined);
  const { personas } = fakeSuite();
  const [high, low] = [personas[0]!, personas[1]!];
  const lonely = withControls(
    fakeSuite({
      methods: [masked('wanda')],
      controls: { ...auto, opposite: false, shuffled: false },
      personas: [high],
    }),
    METHODS,
    EVALUATIONS,
  );
  assert.equal(kindsOf(lonely, 'wanda'), ['random', 'magnitude', 'generic-text']);
  const third = (item: Item): Item => ({ ...item, options: [...item.options, { text: 'neither', matching: false }] });
  const wide = planned([masked('wanda')], auto, {
    personas: [{ ...high, items: high.items.map(third) }, low],
  });
  assert.equal(kindsOf(wide, 'wanda'), all);
  const every = { ...EVALUATION, id: 'every', traits: 'all' as const };
  // One evaluation of each kind: what runs depends on the evaluation, not on the suite.
  const both = planned([masked('wanda')], auto, { evaluations: [EVALUATION, every] });
  assert.equal(kindsOf(both, 'wanda'), all);
  assert.equal([seedsOf(both, 'random'), seedsOf(both, 'random', 'every')], [[0], [0, 1, 2, 3, 4]]);
  assert.equal([seedsOf(both, 'magnitude'), seedsOf(both, 'magnitude', 'every')], [[], [null]]);
  assert.equal(
    both.methods.find(({ id }) => id === 'wanda')!.against!.map(({ kind, evaluations }) => [kind, evaluations]),
    all.map((kind) => [kind, kind === 'random' || kind === 'shuffled' ? ['choice', 'every'] : ['every']]),
  );
});

test('controls can be kept to some evaluations', () => {
  const other = { ...EVALUATION, id: 'other' };
  const controls: Controls = { ...ALL, evaluations: ['other'] };
  const cells = cellsOf(planned([masked('wanda')], controls, { evaluations: [EVALUATION, other] }));
  const asked = (method: string) => [
    ...new Set(cells.filter((cell) => cell.method === method).map(({ evaluation }) => evaluation.id)),
  ];
  assert.equal(asked('wanda'), ['choice', 'other']);
  for (const method of ['random', 'magnitude', 'wanda.opposite', 'wanda.shuffled'])
    assert.equal(asked(method), ['other']);
});

test('a draw asks a third of the items, the same ones in every draw, of both keyings alike; nothing else is read', () => {
  const { personas } = fakeSuite();
  const items = (persona: Persona, keying: '+' | '-') => fakeItems(persona.id, persona.trait, keying, 30);
  const [high, low] = [personas[0]!, personas[1]!];
  const whole = planned([masked('wanda')], ALL, {
    personas: [
      { ...high, items: items(high, '+') },
      { ...low, items: items(low, '-') },
    ],
  });
  const cells = cellsOf(whole).filter(({ split }) => split === 'evaluation');
  const draws = cells.filter(({ method }) => method === 'wanda.shuffled');
  assert.is(draws.length, 2 * 3);
  assert.ok(draws.every(({ lean }) => lean === true));
  assert.ok(cells.every(({ lean, method }) => method === 'wanda.shuffled' || lean === undefined));
  for (const { items: asked } of draws) {
    assert.equal(asked, draws[0]!.items);
    assert.equal([asked.length, asked.filter(({ keying }) => keying === '+').length], [20, 10]);
  }
  const full = cells.find(({ method }) => method === 'wanda')!;
  assert.is(full.items.length, 60);
  assert.ok(draws[0]!.items.every((item) => full.items.includes(item)));
  const read = (cell: Cell) => (cell.inputs.neutral as { heldOut: string | null }).heldOut;
  assert.is(read(draws[0]!), null);
  const outside = planned([masked('wanda')], ALL, { neutral: ['One.', 'Two.', 'Three.', 'Four.'] });
  const [masks, shuffled] = ['wanda', 'wanda.shuffled'].map(
    (id) => cellsOf(outside).find(({ method }) => method === id)!,
  );
  assert.is.not(read(masks!), null);
  assert.is(read(shuffled!), null);
});

test('a filter by seed keeps the draws: they are no seeds of the suite', () => {
  const cells = cellsOf(planned([masked('wanda')], ALL, { seeds: [0, 7] }));
  const kept = select([{ field: 'seed', pattern: '7' }], cells);
  const seeds = (method: string) => [...new Set(kept.filter((cell) => cell.method === method).map(({ seed }) => seed))];
  assert.equal([seeds('wanda'), seeds('wanda.shuffled')], [[7], [0, 1, 2]]);
});

test("the opposite's mask is the opposite's own cell, judged the other way round", () => {
  const cells = cellsOf(planned([masked('wanda')])).filter(
    ({ sparsity, split }) => sparsity === 'low' && split === 'evaluation',
  );
  const id = (method: string, persona: string) =>
    cells.find((cell) => cell.method === method && cell.persona === persona)?.id;
  assert.ok(id('wanda', 'introversion'));
  assert.is(id('wanda.opposite', 'extraversion'), id('wanda', 'introversion'));
  assert.is(id('wanda.opposite', 'introversion'), id('wanda', 'extraversion'));
  assert.is.not(id('wanda', 'extraversion'), id('wanda', 'introversion'));
  // With the persona's prompt beside it, only the mask changes sides.
  const prompted = cellsOf(planned([masked('wanda', { prompt: 'persona' })]));
  const swapped = prompted.find((cell) => cell.method === 'wanda.opposite' && cell.persona === 'extraversion');
  assert.is(swapped?.network, 'extraversion');
});

test('where an entry stands, and what nothing reads, is no part of its cells', () => {
  const ids = (options: Record<string, unknown>) =>
    cellsOf(planned([masked('wanda', options)]))
      .filter(({ method, sparsity }) => method === 'wanda' && sparsity === 'mid')
      .map(({ id }) => id);
  assert.equal(ids({ sparsity: ['mid'] }), ids({}));
  assert.equal(ids({ beta: 3, damping: 0.5 }), ids({}), 'wanda reads neither');
  assert.not.equal(ids({ statistic: 'mean-abs' }), ids({}));
  assert.not.equal(ids({ gamma: 0.5 }), ids({}));
});

test('controls can be left out, of a suite, of one entry, at some sparsities', () => {
  const off: Controls = {
    ...ALL,
    random: 0,
    magnitude: false,
    'generic-text': ['mid'],
    opposite: false,
    shuffled: false,
  };
  assert.equal(
    planned([masked('wanda')], off).methods.map(({ id, levels }) => [id, levels]),
    [
      ['none', undefined],
      ['wanda', ['low', 'mid']],
      ['generic-text', ['mid']],
    ],
  );
  assert.is(planned([masked('wanda', {}, { controls: false })]).methods.length, 2);
  assert.is(planned([masked('wanda', {}, { control: true })]).methods.length, 2);
});

test('an id of the suite that is a control’s is refused', () => {
  try {
    planned([masked('random'), masked('wanda')]);
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code: string }).code, 'bad-suite');
    assert.match((error as Error).message, /"random" is the id of a control/);
  }
});

test('tuning cells ask tuning items, of no control, and evaluation cells none of them', () => {
  const cells = cellsOf(planned([masked('wanda')]));
  const tuning = cells.filter(({ split }) => split === 'tuning');
  assert.ok(tuning.length > 0 && tuning.every(({ method }) => method === 'wanda'));
  assert.ok(tuning.every(({ items }) => items.length > 0 && items.every(({ split }) => split === 'tuning')));
  const asked = new Set(tuning.flatMap(({ items }) => items.map(({ id }) => id)));
  for (const { split, items } of cells) {
    if (split === 'evaluation') assert.ok(items.every((item) => item.split === 'evaluation' && !asked.has(item.id)));
  }
});

test('neutral texts that are calibrated on are not those of the perplexity', () => {
  const { calibration, heldOut } = neutralParts(['a', 'b', 'a ', 'c', 'd', 'b']);
  assert.equal(
    [calibration, heldOut],
    [
      ['a', 'c'],
      ['b', 'd'],
    ],
  );
});

test.run();
