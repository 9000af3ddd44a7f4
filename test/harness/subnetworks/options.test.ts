// The options' schema, what is refused beyond it, and which texts a score function asks for.

import { Ajv } from 'ajv';
import * as assert from 'uvu/assert';
import {
  checkOptions,
  groupName,
  idle,
  needs,
  OPTIONS,
  optionsOf,
  personaFree,
} from '../../../harness/subnetworks/options.ts';
import { suite } from '../../support/suite.ts';
import { refused } from './shared.ts';

const test = suite('subnetwork options');
// As harness/config/validate.ts sets it up.
const ajv = new Ajv({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
  useDefaults: true,
  allowUnionTypes: true,
});
const valid = ajv.compile(OPTIONS);
type Given = Readonly<Record<string, unknown>>;

test('the schema fills in the very defaults of optionsOf', () => {
  const value = {};
  assert.ok(valid(value));
  assert.equal(value, optionsOf({}));
  assert.equal(optionsOf({}), {
    score: 'wanda',
    statistic: 'rms',
    sparsity: 'all',
    gamma: 0,
    prompt: 'none',
    activation: 'relu',
    tau: 2,
    epsilon: 'paper',
    rule: 'paper',
    damping: 0.01,
    beta: 1,
    utility: 0.5,
    tokens: 'answer',
    chat: true,
    samples: 128,
    length: 512,
    texts: 'persona',
    keep: 'persona',
  });
  assert.is(optionsOf({ score: 'random' }).score, 'random');
});

test('the schema is closed and bounded', () => {
  const good: readonly Given[] = [
    { sparsity: ['0.5', 0.7], group: '2:4', toward: 0, restore: { layers: [0, 1] } },
    { targets: { modules: ['mlp'], names: ['down', '*.q_proj.*'], layers: [1, 2], 'per-layer': [0.5, 0] } },
    { toward: 1, gamma: 0.99, prompt: 'persona', wording: 'plain' },
  ];
  for (const value of good) assert.ok(valid(structuredClone(value)), JSON.stringify(value));
  const bad: readonly Given[] = [
    { scores: 'wanda' },
    { score: 'snip' },
    { gamma: 1 },
    { gamma: -0.1 },
    { toward: 1.1 },
    { tau: 0 },
    { beta: -1 },
    { utility: 1 },
    { sparsity: 'some' },
    { sparsity: [] },
    { group: 'rows' },
    { targets: { modules: ['head'] } },
    { targets: { layers: [1] } },
    { targets: { layers: [0, 1, 2] } },
    { targets: { 'per-layer': [1] } },
    { targets: { role: 'q' } },
    { restore: {} },
    { samples: 0 },
    { texts: 'own' },
  ];
  for (const value of bad) assert.not.ok(valid(structuredClone(value)), JSON.stringify(value));
});

test('the group is row by default, block with sparse-diag', () => {
  assert.is(groupName(optionsOf({})), 'row');
  assert.is(groupName(optionsOf({ score: 'sparse-diag' })), 'block');
  assert.is(groupName(optionsOf({ score: 'sparse-diag', group: 'row' })), 'row');
});

test('what a schema cannot say is refused with the field and what to do', () => {
  const cases: readonly (readonly [Given, RegExp])[] = [
    [
      { targets: { layers: [3, 2] } },
      /^targets\.layers: the first layer, 3, comes after the last, 2\noptions\.targets/,
    ],
    [{ restore: { layers: [1, 0] } }, /^restore\.layers: [\s\S]*swap/],
    [{ targets: { 'per-layer': [0.5] } }, /targets\.per-layer: it replaces[\s\S]*one label/],
    [{ targets: { 'per-layer': [0.5] }, sparsity: ['0.5', '0.7'] }, /one label/],
    [{ targets: { 'per-layer': [0.5] }, sparsity: ['0.5'], group: 'global' }, /group global has one sparsity/],
    [{ targets: { 'per-layer': [0.5] }, sparsity: ['0.5'], group: '4:8' }, /group 4:8 has one sparsity/],
    [{ group: 'channels', targets: { modules: ['attention', 'mlp'] } }, /leave attention out/],
    [{ group: 'heads', targets: { modules: ['mlp'] } }, /leave mlp out/],
    [
      { score: 'set-difference', group: 'channels' },
      /^group: channels are kept by the sums of their weights' scores, and set-difference only says[\s\S]*choose row/,
    ],
    [{ score: 'set-difference', group: 'heads' }, /^group: heads are kept by the sums/],
    [{ score: 'set-difference', group: 'tiles' }, /^group: tiles are kept by the sums/],
    [{ score: 'contrastive-sparse', rule: 'code', group: 'heads' }, /contrastive-sparse by rule: code only says/],
    [{ score: 'set-difference', texts: 'generic' }, /^texts: [\s\S]*with itself/],
    [{ keep: 'unique', toward: 0.5 }, /^toward: it does not go with keep: unique/],
    [{ keep: 'unique', score: 'random' }, /^keep: with score: random both personas have the same mask/],
    [{ toward: 0.5, texts: 'generic' }, /^toward: with texts: generic both/],
  ];
  for (const [given, pattern] of cases) {
    assert.ok(valid(structuredClone(given)), `the schema lets it pass: ${JSON.stringify(given)}`);
    refused(() => checkOptions(optionsOf(given)), 'bad-options', pattern);
  }
  for (const given of [
    {},
    { targets: { layers: [2, 2], 'per-layer': [0.1, 0.2, 0.3] }, sparsity: ['mixed'] },
    { group: 'channels', targets: { modules: ['mlp'] } },
    { score: 'contrastive-sparse', group: 'heads' },
    { score: 'set-difference', group: 'global' },
    { keep: 'unique' },
    { toward: 0.5, texts: 'shuffled' },
    { score: 'contrastive-wanda', texts: 'generic', keep: 'unique' },
  ])
    checkOptions(optionsOf(given));
});

test('options that nothing reads are named', () => {
  const of = (given: Given) => idle(optionsOf(given));
  assert.equal(of({}), []);
  assert.equal(of({ score: 'contrastive-wanda', tau: 3 }), ['tau']);
  assert.equal(of({ score: 'contrastive-wanda', activation: 'softplus', tau: 3, statistic: 'mean-abs' }), []);
  assert.equal(of({ beta: 2, rule: 'code', epsilon: 'code' }), ['epsilon', 'rule', 'beta']);
  assert.equal(of({ score: 'random', samples: 5, texts: 'shuffled' }), ['samples', 'texts']);
  assert.equal(of({ score: 'sparse-diag', statistic: 'wanda', damping: 0 }), ['statistic']);
  assert.equal(of({ wording: 'plain' }), ['wording']);
  assert.equal(of({ wording: 'plain', prompt: 'persona' }), []);
});

test('the texts that are asked for follow score, texts, keep and toward', () => {
  const of = (given: Given) => {
    const { persona, opposite, generic } = needs(optionsOf(given));
    return [persona && 'persona', opposite && 'opposite', generic && 'generic'].filter(Boolean).join(' ');
  };
  const cases: readonly (readonly [Given, string])[] = [
    [{ score: 'magnitude' }, ''],
    [{ score: 'random', texts: 'shuffled' }, ''],
    [{ score: 'wanda' }, 'persona'],
    [{ score: 'sparse-diag' }, 'persona'],
    [{ score: 'contrastive-wanda' }, 'persona opposite'],
    [{ score: 'contrastive-sparse', rule: 'code' }, 'persona opposite'],
    [{ score: 'contrastive-ratio' }, 'persona opposite'],
    [{ score: 'set-difference' }, 'opposite generic'],
    [{ score: 'wanda', texts: 'generic' }, 'generic'],
    [{ score: 'wanda', texts: 'opposite' }, 'opposite'],
    [{ score: 'wanda', texts: 'shuffled' }, 'persona opposite'],
    [{ score: 'contrastive-wanda', texts: 'opposite' }, 'persona opposite'],
    [{ score: 'contrastive-wanda', texts: 'generic' }, 'opposite generic'],
    [{ score: 'set-difference', texts: 'opposite' }, 'persona generic'],
    [{ score: 'set-difference', texts: 'shuffled' }, 'persona opposite generic'],
    [{ score: 'wanda', keep: 'unique' }, 'persona opposite'],
    [{ score: 'wanda', toward: 0.3 }, 'persona opposite'],
    [{ score: 'set-difference', keep: 'without-unique' }, 'persona opposite generic'],
  ];
  for (const [given, wanted] of cases) assert.is(of(given), wanted, JSON.stringify(given));
});

test('a network that no persona changes is known as one', () => {
  const of = (given: Given) => personaFree(optionsOf(given));
  assert.ok(of({ score: 'magnitude' }) && of({ score: 'random', texts: 'opposite' }));
  assert.ok(of({ texts: 'generic' }) && of({ score: 'sparse-diag', texts: 'generic' }));
  assert.not.ok(of({}) || of({ texts: 'shuffled' }) || of({ score: 'contrastive-ratio', texts: 'generic' }));
});

test.run();
