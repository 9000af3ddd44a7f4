// Which matrices are masked, in which groups, and how much of each goes.

import * as assert from 'uvu/assert';
import { optionsOf } from '../../../harness/subnetworks/options.ts';
import { groupOf, restoredNames, selected, spansMatrices, sparsityOf } from '../../../harness/subnetworks/targets.ts';
import { suite } from '../../support/suite.ts';
import { llama, refused } from './shared.ts';

const test = suite('targets');
const MATRICES = llama(3);
type Targets = Readonly<Record<string, unknown>>;

const roles = (targets: Targets, more: Targets = {}) =>
  selected(optionsOf({ targets, ...more }), MATRICES).map(({ layer, role }) => `${layer}${role}`);

test('everything is masked unless something is left out', () => {
  assert.equal(selected(optionsOf({}), MATRICES), MATRICES);
  assert.equal(roles({ modules: ['attention'], layers: [1, 1] }), ['1q', '1k', '1v', '1o']);
  assert.equal(roles({ modules: ['mlp'], layers: [2, 2] }), ['2gate', '2up', '2down']);
  assert.is(roles({ modules: ['mlp', 'attention'] }).length, 21);
  assert.is(roles({ layers: [0, 1] }).length, 14);
});

test('names are roles, whole names or patterns; their order does not matter', () => {
  assert.equal(roles({ names: ['down', 'q'], layers: [0, 0] }), ['0q', '0down']);
  assert.equal(roles({ names: ['model.layers.1.mlp.up_proj.weight'] }), ['1up']);
  assert.equal(roles({ names: ['model.layers.2.*'], modules: ['mlp'] }), ['2gate', '2up', '2down']);
  assert.equal(roles({ names: ['*q_proj*', '*.2.*.down*'] }), ['0q', '1q', '2q', '2down']);
  assert.is(roles({ names: ['*'] }).length, 21);
  assert.is(roles({ names: ['**weight'] }).length, 21);
  assert.equal(roles({ names: ['model.layers.0.mlp.*.weight'] }), ['0gate', '0up', '0down']);
});

test('a name that matches nothing is refused, with what there is', () => {
  const said =
    /"lm_head\*" matches no matrix[\s\S]*q, k, v, o, gate, up, down; by name model\.layers\.0[\s\S]*13 more[\s\S]*never masked/;
  refused(() => roles({ names: ['q', 'lm_head*'] }), 'bad-options', said);
  refused(() => roles({ names: ['qkv'] }), 'bad-options', /targets\.names/);
  refused(() => roles({ names: ['*embed*'] }), 'bad-options', /never masked/);
  // A dot is a dot, and a pattern covers the whole name, without its ends overlapping.
  for (const name of ['model.layers.0', '*.weigh', 'odel*', 'model?layers*', 'model.layers.1.mlp.*.mlp.up_proj.weight'])
    refused(() => roles({ names: [name] }), 'bad-options', /matches no matrix/);
  refused(() => roles({ names: ['q'], modules: ['mlp'] }), 'bad-options', /there are gate, up, down/);
});

test('many stars take no time', () => {
  const from = process.cpuUsage().user;
  refused(() => roles({ names: [`${'*e'.repeat(120)}!`] }), 'bad-options', /matches no matrix/);
  assert.ok(process.cpuUsage().user - from < 1e6);
});

test('a layer that does not exist is refused', () => {
  refused(() => roles({ layers: [1, 3] }), 'bad-options', /layer 3 is not one[\s\S]*0 to 2/);
});

test('channels take the MLP and heads the attention, as a whole', () => {
  assert.equal(roles({ layers: [0, 0] }, { group: 'channels' }), ['0gate', '0up', '0down']);
  assert.equal(roles({ layers: [0, 0] }, { group: 'heads' }), ['0q', '0k', '0v', '0o']);
  refused(() => roles({ names: ['gate', 'up'] }, { group: 'channels' }), 'bad-options', /takes down of layer 0 too/);
  refused(() => roles({ names: ['q'] }, { group: 'channels' }), 'bad-options', /"q" matches no matrix/);
  refused(() => roles({ modules: ['attention'] }, { group: 'channels' }), 'bad-options', /goes with group channels/);
});

test('groups are those of the contract', () => {
  const of = (group?: string, score = 'wanda') => groupOf(optionsOf({ score, ...(group && { group }) }));
  assert.equal(of(), { kind: 'row' });
  assert.equal(of(undefined, 'sparse-diag'), { kind: 'block', columns: 128 });
  assert.equal(of('layer'), { kind: 'matrix' });
  assert.equal(of('2:4'), { kind: 'n:m', keep: 2, of: 4 });
  assert.equal(of('4:8'), { kind: 'n:m', keep: 4, of: 8 });
  assert.equal(of('tiles'), { kind: 'tiles', rows: 64 });
  const spanning = ['row', 'block', 'layer', 'global', '2:4', 'channels', 'heads', 'tiles'].filter((group) =>
    spansMatrices(of(group)),
  );
  assert.equal(spanning, ['global', 'channels', 'heads']);
});

test('sparsity is one for all, or by layer', () => {
  assert.is(sparsityOf(optionsOf({}), MATRICES, 0.3), 0.3);
  const options = optionsOf({ targets: { names: ['q'], layers: [1, 2], 'per-layer': [0.1, 0.2, 0.3] } });
  const found = sparsityOf(options, selected(options, MATRICES), 0.9);
  assert.equal(
    found,
    new Map([
      ['model.layers.1.self_attn.q_proj.weight', 0.2],
      ['model.layers.2.self_attn.q_proj.weight', 0.3],
    ]),
  );
  refused(() => roles({ 'per-layer': [0.1, 0.2] }), 'bad-options', /2 sparsities for 3 layers/);
  refused(() => roles({ 'per-layer': [0.1, 0.2, 0.3, 0.4] }), 'bad-options', /4 sparsities for 3 layers/);
  refused(() => sparsityOf(options, llama(4), 0.9), 'bad-options', /layer 3 has none/);
});

test('2:4 and 4:8 remove half, and no other label may say otherwise', () => {
  assert.is(sparsityOf(optionsOf({ group: '2:4' }), MATRICES, 0.5), 0.5);
  refused(
    () => sparsityOf(optionsOf({ group: '4:8' }), MATRICES, 0.7),
    'bad-options',
    /4:8 always removes 0.5, not 0.7/,
  );
});

test('restore names masked matrices alone', () => {
  const of = (restore: Targets, targets: Targets = {}) => {
    const options = optionsOf({ restore, targets });
    return restoredNames(options, selected(options, MATRICES));
  };
  assert.equal(restoredNames(optionsOf({}), MATRICES), []);
  assert.equal(of({ names: ['o'], layers: [1, 2] }), [
    'model.layers.1.self_attn.o_proj.weight',
    'model.layers.2.self_attn.o_proj.weight',
  ]);
  assert.is(of({ layers: [0, 0] }).length, 7);
  refused(() => of({ names: ['o'] }, { modules: ['mlp'] }), 'bad-options', /restore\.names: "o" matches no matrix/);
  refused(() => of({ layers: [0, 0] }, { layers: [1, 2] }), 'bad-options', /restore\.layers: layer 0 [\s\S]*1 to 2/);
});

test.run();
