// The controls that a suite's subnetworks are compared with: which are added, at which sparsities, and that equal networks are
// one cell.

import * as assert from 'uvu/assert';
import { METHODS } from '../../../api/methods.ts';
import type { Controls, MethodEntry, Suite } from '../../../harness/config/resolved.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import { withControls } from '../../../harness/plan/controls.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { neutralParts } from '../../../harness/plan/neutral.ts';
import { DIGESTS, fakeSuite } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('controls');
const ALL: Controls = { random: 5, magnitude: true, 'generic-text': true, opposite: true, shuffled: ['mid'] };
const masked = (id: string, options: Record<string, unknown> = {}, more: Partial<MethodEntry> = {}): MethodEntry => ({
  id,
  method: 'subnetwork',
  control: false,
  options,
  ...more,
});
const planned = (methods: readonly MethodEntry[], controls: Controls = ALL): Suite =>
  withControls(
    fakeSuite({
      methods: [{ id: 'none', method: 'none', control: true, options: {} }, ...methods],
      controls,
      sparsity: [
        { label: 'low', value: 0.3 },
        { label: 'mid', value: 0.5 },
      ],
    }),
    METHODS,
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
  assert.equal([count('wanda.shuffled', 'low'), count('wanda.shuffled', 'mid')], [0, 2]);
  // Persona-free networks are asked all items once, the others each persona's.
  for (const cell of cells) {
    const free = ['none', 'random', 'magnitude', 'generic-text'].includes(cell.method);
    assert.is(cell.persona === null, free, cell.method);
    if (cell.split === 'evaluation') assert.is(cell.items.length, 12, cell.method);
  }
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
  const off: Controls = { random: 0, magnitude: false, 'generic-text': ['mid'], opposite: false, shuffled: false };
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
