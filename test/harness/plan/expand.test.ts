import * as assert from 'uvu/assert';
import { METHODS as REAL } from '../../../api/methods.ts';
import { BenchError } from '../../../base/error.ts';
import type { Suite } from '../../../harness/config/resolved.ts';
import type { Item } from '../../../harness/datasets/types.ts';
import { EVALUATIONS } from '../../../harness/evaluations/index.ts';
import type { Method } from '../../../harness/method/method.ts';
import { expand } from '../../../harness/plan/expand.ts';
import { storeKey } from '../../../harness/plan/identity.ts';
import { DIGESTS, EVALUATION, fakePersona, fakeSuite, METHODS } from '../../support/fake.ts';
import { suite } from '../../support/suite.ts';

const test = suite('expand');

const digests = new Map([['tiny', DIGESTS]]);
const plan = (changes: Partial<Suite> = {}) => expand(fakeSuite(changes), METHODS, EVALUATIONS, digests);
const ids = (changes: Partial<Suite> = {}) => plan(changes).map(({ id }) => id);
const personas = fakeSuite().personas;
const [extra, intro] = personas as [(typeof personas)[0], (typeof personas)[0]];

function fails(run: () => unknown, code: string): BenchError {
  try {
    run();
  } catch (error) {
    assert.instance(error, BenchError);
    assert.is((error as BenchError).code, code);
    return error as BenchError;
  }
  throw new Error(`expected ${code}`);
}

test('a method makes one cell on an axis that it ignores', () => {
  const cells = plan();
  assert.equal(
    cells.map(({ method, persona, wording }) => [method, persona, wording]),
    [
      ['none', null, null],
      ['prompting', 'extraversion', 'plain'],
      ['prompting', 'extraversion', 'vivid'],
      ['prompting', 'introversion', 'plain'],
      ['prompting', 'introversion', 'vivid'],
    ],
  );
  // Both poles are asked all items of their trait; the network alone is asked those of all traits.
  assert.equal([...new Set(cells.map(({ items }) => items.length))], [12]);
});

test('sparsity and seeds multiply for a method with those axes', () => {
  const mask: Method = { ...(METHODS.get('none') as Method), name: 'mask', axes: ['persona', 'sparsity', 'seed'] };
  const suite = fakeSuite({
    methods: [{ id: 'mask', method: 'mask', control: false, options: {} }],
    sparsity: [
      { label: 'low', value: 0.3 },
      { label: 'high', value: 0.7 },
    ],
    seeds: [0, 1, 2],
  });
  const cells = expand(suite, new Map([['mask', mask]]), EVALUATIONS, digests);
  assert.is(cells.length, 2 * 2 * 3);
  assert.is(new Set(cells.map(({ id }) => id)).size, 12);
});

test('the first n items of a trait alternate between its poles', () => {
  const cells = plan({ evaluations: [{ ...EVALUATION, itemsPerTrait: 4 }] });
  assert.equal(
    cells[0]?.items.map(({ id }) => id),
    ['extraversion-0', 'introversion-0', 'extraversion-1', 'introversion-1'],
  );
});

// Pinned: a change here re-runs every stored cell of every user. Raise IDENTITY_VERSION with it and say why. A new version of
// the tokenizer library changes them too, and is named in the inputs.
test('golden ids', () => {
  assert.equal(ids(), [
    '7548eec3ef18d339b4fe0a46fcbf502c64248dac05a98262f416da255861931e',
    '06edd0d6d4cbc0631b53b7571ea4c7b7047a462e620b83cfbce24d9e3e30bb19',
    '45b699f28b8d37f3a891542b8a84011a5b09a02b9e43dbc6673a59f677f4baeb',
    'abead1d247e29a218f9a445451014e4bea2c99b25f83c8fe1788965c0e73d766',
    '35cc126291a42bd298b16453b450d714adb205214afa6928f30cfede06f44dbf',
  ]);
  assert.is(storeKey('ab', 'fake-1', 'kernels-1'), 'b93cca6a16af51af080b3347837d79d266f116fae5c99337edca5656aa8bcc1e');
});

test('names, paths, labels and what is printed stay out of the ids', () => {
  const before = ids();
  const same = (changes: Partial<Suite>) => assert.equal(ids(changes), before);
  same({ name: 'other', file: '/elsewhere.yaml', notes: [] });
  same({ models: [{ id: 'tiny', path: '/moved', template: null }] });
  same({ evaluations: [{ ...EVALUATION, id: 'renamed' }] });
  same({ sparsity: [{ label: 'x', value: 0.9 }], seeds: [4, 5] });
  same({ methods: fakeSuite().methods.map((entry) => ({ ...entry, id: `${entry.id}-2`, control: false })) });
  same({
    personas: [
      {
        ...extra,
        id: 'E',
        opposite: 'I',
        items: extra.items.map((item) => ({ ...item, id: `x${item.id}`, persona: 'E' })),
      },
      {
        ...intro,
        id: 'I',
        opposite: 'E',
        items: intro.items.map((item) => ({ ...item, id: `x${item.id}`, persona: 'I' })),
      },
    ],
  });
});

test('a method that does not read the calibration texts does not depend on them', () => {
  const edited = personas.map((persona) => ({ ...persona, calibration: [{ answer: 'new' }], knowledge: [] }));
  assert.equal(ids({ personas: edited }), ids());
  const { reads: _, ...reader } = METHODS.get('prompting') as Method;
  const all = new Map([...METHODS, ['prompting', reader as Method]]);
  assert.not.equal(
    expand(fakeSuite({ personas: edited }), all, EVALUATIONS, digests).map(({ id }) => id),
    expand(fakeSuite(), all, EVALUATIONS, digests).map(({ id }) => id),
  );
});

test('what affects outcomes changes the ids', () => {
  const before = ids();
  const changes = (suite: Partial<Suite>, which: (i: number) => boolean) => {
    for (const [i, id] of ids(suite).entries()) assert.is(id !== before[i], which(i), `cell ${i}`);
  };
  changes({ evaluations: [{ ...EVALUATION, scorer: 'sum' }] }, () => true);
  changes({ evaluations: [{ ...EVALUATION, template: 'Q: {question}' }] }, () => true);
  changes(
    {
      methods: fakeSuite().methods.map((entry) =>
        entry.id === 'prompting' ? { ...entry, options: { place: 'user' } } : entry,
      ),
    },
    (i) => i > 0,
  );
  const reworded = { ...extra, prompts: { ...extra.prompts, vivid: 'Be loud.' } };
  changes({ personas: [reworded, intro] }, (i) => i === 2);
  const [first, ...rest] = extra.items as [Item, ...Item[]];
  changes({ personas: [{ ...extra, items: [{ ...first, question: 'Other?' }, ...rest] }, intro] }, () => true);
  const other = new Map([['tiny', { ...DIGESTS, weights: '1' }]]);
  for (const [i, { id }] of expand(fakeSuite(), METHODS, EVALUATIONS, other).entries()) assert.is.not(id, before[i]);
});

test('bad plans are refused', () => {
  fails(() => plan({ methods: [] }), 'empty-plan');
  const error = fails(
    () => plan({ personas: [{ ...extra, items: [] }, fakePersona('x', 'y', 'z', 'high')] }),
    'no-items',
  );
  assert.match(error.hint ?? '', /bench try/);
  fails(() => plan({ methods: [{ id: 'x', method: 'magic', control: false, options: {} }] }), 'unknown-method');
  const [first, ...rest] = extra.items as [Item, ...Item[]];
  const three = { ...first, options: [...first.options, { text: 'neither', matching: false }] };
  fails(() => plan({ personas: [{ ...extra, items: [three, ...rest] }, intro] }), 'cannot-flip');
  const twice = { ...(intro.items[0] as Item), id: first.id };
  fails(() => plan({ personas: [extra, { ...intro, items: [intro.items[1] as Item, twice] }] }), 'duplicate-item');
});

test('two things under one name, and a method that removes no share, are refused before anything is computed', () => {
  const [model, persona] = [fakeSuite().models[0]!, fakeSuite().personas[0]!];
  const two = (label: string) => [
    { label, value: 0.5 },
    { label, value: 0.3 },
  ];
  const prompting = fakeSuite().methods[1]!;
  for (const [changes, told] of [
    [{ sparsity: two('middle') }, 'the sparsity "middle" is used twice'],
    [{ models: [model, { ...model, path: '/models/other' }] }, 'the model "tiny" is used twice'],
    [{ personas: [persona, { ...persona, description: 'other' }] }, 'the persona "extraversion" is used twice'],
    [{ evaluations: [EVALUATION, { ...EVALUATION, scorer: 'sum' }] }, 'the evaluation "choice" is used twice'],
    [{ methods: [prompting, { ...prompting, options: { place: 'user' } }] }, 'the method "prompting" is used twice'],
    [{ seeds: [3, 3] }, 'the seed "3" is used twice'],
    [{ methods: [{ ...prompting, seeds: [1, 2, 1] }] }, 'the seed "1" is used twice'],
  ] as const)
    assert.throws(
      () => plan(changes),
      (error: Error) => error.message === told,
    );
  const masked = { id: 'm', method: 'subnetwork', control: false, options: {} };
  assert.throws(
    () => expand(fakeSuite({ methods: [masked], sparsity: [] }), REAL, EVALUATIONS, new Map([['tiny', DIGESTS]])),
    (error: { code?: string }) => error.code === 'no-sparsity',
  );
});

test.run();
