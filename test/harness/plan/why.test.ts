import * as assert from 'uvu/assert';
import type { Suite } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Cell } from '../../../harness/plan/cell.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { itemDigest } from '../../../harness/plan/items.ts';
import { namesOf, type StoredIndex, why } from '../../../harness/plan/why.ts';
import { DIGESTS, fakeSuite, METHODS } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('why');

const here = { deviceClass: 'd1', kernels: 'k1' };
const pairs = (cell: Cell) => cell.items.map((item) => [item.id, itemDigest(item)] as const);
const plan = (changes: Partial<Suite> = {}, digests = DIGESTS) =>
  expand(fakeSuite(changes), METHODS, EVALUATIONS, new Map([['tiny', digests]]));
const stored: readonly StoredIndex[] = plan().map((cell) => ({
  id: cell.id,
  names: namesOf(cell),
  inputs: cell.inputs,
  items: pairs(cell),
  ...here,
}));
const reasons = (cell: Cell | undefined, place = here, index = stored) =>
  cell === undefined ? [] : why(cell, pairs(cell), place, index);

test('a changed option is named with both values', () => {
  const cells = plan({
    methods: [{ id: 'prompting', method: 'prompting', control: false, options: { place: 'user' } }],
  });
  assert.equal(reasons(cells[0]), ['method.options.place: "system" -> "user"']);
});

test('changed, added and removed items are counted', () => {
  const [extra, intro] = fakeSuite().personas;
  const [first, , ...rest] = (extra?.items ?? []) as [Item, Item, ...Item[]];
  const items = [{ ...first, question: 'Else?' }, { ...first, id: 'new', question: 'New?' }, ...rest];
  const personas = [{ ...extra, items }, intro] as Suite['personas'];
  assert.equal(reasons(plan({ personas })[0]), ['items: 1 added, 1 removed, 1 changed']);
});

test('a changed prompt shows the text, a changed checkpoint its digests', () => {
  const [extra, intro] = fakeSuite().personas;
  const personas = [{ ...extra, prompts: { plain: 'Be loud.' } }, intro] as Suite['personas'];
  assert.equal(reasons(plan({ personas })[1]), ['persona.prompt: "You are extraversion." -> "Be loud."']);
  assert.equal(reasons(plan({}, { ...DIGESTS, weights: '1' })[0]), ['model.weights: "f00d" -> "1"']);
});

test('another device class and other kernels are reasons too', () => {
  assert.equal(reasons(plan()[0], { deviceClass: 'd2', kernels: 'k2' }), [
    'device class: "d1" -> "d2"',
    'kernels: "k1" -> "k2"',
  ]);
});

test('without a stored cell of that name it was never stored; with an equal one it must be damaged', () => {
  assert.equal(reasons(plan()[0], here, []), ['never stored']);
  assert.equal(reasons(plan()[0]), ['stored, but damaged']);
});

test.run();
