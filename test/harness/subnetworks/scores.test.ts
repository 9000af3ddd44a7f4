// Score functions against numbers worked out by hand, and what they must not hang on.

import * as assert from 'uvu/assert';
import type { TapSums } from '../../../gpu/index.ts';
import { needs, optionsOf } from '../../../harness/subnetworks/options.ts';
import { SILENT, type Statistics, scoresOf } from '../../../harness/subnetworks/scores.ts';
import { maskTensor } from '../../support/masks.ts';
import { suite } from '../../support/suite.ts';
import {
  activations,
  f32,
  type Given,
  llama,
  OPPOSITE,
  one,
  PERSONA,
  Q,
  refused,
  scaled,
  sumsOf,
  vectors,
} from './shared.ts';

const test = suite('scores');

test('magnitude is |w| alone and random a seed; neither looks at activations', () => {
  const nothing: Statistics = { persona: [] };
  const of = (score: string, extra = {}) => scoresOf(optionsOf({ score }), [Q], nothing, 'high', extra).get(Q.name);
  assert.equal(of('magnitude'), { kind: 'product', by: f32(1, 1, 1) });
  assert.equal(of('random', { seed: 5 }), { kind: 'random', seed: 5 });
  refused(() => of('random'), 'no-seed', /needs a seed/);
});

test('wanda is the statistic over its greatest', () => {
  assert.equal(one({ statistic: 'mean-abs' }), { kind: 'product', by: f32(1, 0.5, 0.25) });
  assert.equal(one({ statistic: 'code-l2' }), { kind: 'product', by: f32(1, 0.5, 0.25) });
  const root = f32(1, 2 / Math.sqrt(17), 1 / Math.sqrt(17)); // squares 34, 8, 2
  assert.equal(one({}), { kind: 'product', by: root });
  assert.equal(one({ statistic: 'wanda' }), { kind: 'product', by: root });
});

test('sparse-diag adds a share of the mean of the diagonal', () => {
  // H = 17, 4, 1: mean 22/3; damping 0.3 adds 2.2.
  const wanted = f32(1, Math.sqrt(6.2 / 19.2), Math.sqrt(3.2 / 19.2));
  assert.equal(one({ score: 'sparse-diag', damping: 0.3 }), { kind: 'product', by: wanted });
  // |w| sqrt(H + lambda) orders as w^2 (H + lambda).
  const [by] = vectors(one({ score: 'sparse-diag' }));
  const lambda = 0.01 * (22 / 3);
  const places = [0.3, -0.7, 1.1].flatMap((w) =>
    [17, 4, 1].map((h, j) => ({ root: Math.abs(w) * by![j]!, full: w * w * (h + lambda) })),
  );
  const order = (key: 'root' | 'full') => places.map((_, k) => k).sort((a, b) => places[a]![key] - places[b]![key]);
  assert.equal(order('root'), order('full'));
});

test('without damping sparse-diag is wanda to the bit, by rms and by wanda', () => {
  const matrices = llama(2, 4, 301);
  const persona = activations(1, matrices);
  for (const group of ['row', 'global']) {
    const of = (given: Given) => scoresOf(optionsOf({ group, ...given }), matrices, { persona }, 'high');
    const wanted = of({ score: 'wanda', statistic: 'rms' });
    assert.is(wanted.size, 14);
    assert.equal(of({ score: 'sparse-diag', damping: 0 }), wanted);
    assert.equal(of({ score: 'wanda', statistic: 'wanda' }), wanted);
    assert.not.equal(of({ score: 'sparse-diag' }), wanted);
  }
});

test('a common factor of all activations changes no vector', () => {
  const matrices = llama(2, 4, 301);
  const [persona, opposite, generic] = [
    activations(1, matrices),
    activations(2, matrices, 1),
    activations(3, matrices, 2),
  ];
  const protect = new Map(matrices.map(({ name, rows, columns }) => [name, maskTensor(1, rows, columns)]));
  const cases: readonly Given[] = [
    ...['mean-abs', 'rms', 'wanda', 'code-l2'].map((statistic) => ({ statistic })),
    { group: 'global' },
    { score: 'sparse-diag' },
    { score: 'contrastive-wanda' },
    { score: 'contrastive-wanda', activation: 'softplus' },
    { score: 'contrastive-sparse' },
    { score: 'contrastive-ratio' },
    { score: 'set-difference' },
  ];
  for (const given of cases) {
    const of = (factor: number) => {
      const by = (sums: readonly TapSums[]) => sums.map((tap) => scaled(tap, factor));
      const statistics = { persona: by(persona), opposite: by(opposite), generic: by(generic) };
      return scoresOf(optionsOf(given), matrices, statistics, 'high', { protect });
    };
    const wanted = of(1);
    for (const factor of [3, 1e6, 1e-9]) assert.equal(of(factor), wanted, `${JSON.stringify(given)} x ${factor}`);
    for (const score of wanted.values())
      for (const vector of vectors(score)) assert.ok(vector.every((x) => x >= 0 && x <= 1));
  }
});

test('contrastive-sparse by Eq. 9 hands both sizes over', () => {
  // rms: squares 34, 8, 2 and 10, 8, 32.
  assert.equal(one({ score: 'contrastive-sparse', statistic: 'mean-abs' }), {
    kind: 'shares',
    by: f32(1, 0.5, 0.25),
    against: f32(0.5, 0.5, 1),
  });
  const [by, against] = vectors(one({ score: 'contrastive-sparse' }));
  assert.equal(by, vectors(one({}))[0]);
  assert.equal(against, f32(Math.sqrt(10 / 32), 0.5, 1));
});

test("contrastive-sparse by the code's rule is the difference of signed means, and the low pole what is left", () => {
  // Means 4, 0, 0 and -1, 2, 0; variances 1, 4, 1 and 4, 0, 16.
  const score = [5 / Math.sqrt(5 + 1e-6), 2 / Math.sqrt(4 + 1e-6), 0];
  const by = f32(...score.map((value) => value / score[0]!));
  const given = { score: 'contrastive-sparse', rule: 'code' };
  assert.equal(one(given), { kind: 'product', by });
  const without = maskTensor(1, 2, 3);
  const low = one(given, { persona: [OPPOSITE], opposite: [PERSONA] }, 'low', {
    without: new Map([[Q.name, without]]),
  });
  assert.equal(low, { kind: 'apart', by, fill: vectors(one({}, { persona: [OPPOSITE] }))[0], without });
  refused(() => one(given, {}, 'low'), 'no-mask', /pole high/);
  refused(
    () => one(given, {}, 'low', { without: new Map([[Q.name, maskTensor(1, 3, 3)]]) }),
    'bad-mask',
    /\[3, 3\], not \[2, 3\]/,
  );
});

test('set-difference spares what neutral text needs and looks at the other side', () => {
  const generic = [sumsOf([[[1, 8, 2]]])];
  const protect = maskTensor(2, 2, 3);
  const extra = { protect: new Map([[Q.name, protect]]) };
  const score = one({ score: 'set-difference', statistic: 'mean-abs' }, { persona: [], generic }, 'high', extra);
  assert.equal(score, { kind: 'spared', by: f32(0.125, 1, 0.25), against: f32(0.5, 0.5, 1), protect });
  refused(() => one({ score: 'set-difference' }), 'no-generic', /neutral\.texts/);
  refused(() => one({ score: 'set-difference' }, { generic }), 'no-mask', /neutral text needs/);
});

test('every score function says what it lacks, and lacks what needs() names', () => {
  const generic = [sumsOf([[[1, 8, 2]]])];
  const extra = { seed: 1, protect: new Map([[Q.name, maskTensor(2, 2, 3)]]) };
  for (const score of [
    'magnitude',
    'wanda',
    'sparse-diag',
    'contrastive-wanda',
    'contrastive-sparse',
    'contrastive-ratio',
    'set-difference',
    'random',
  ]) {
    const options = optionsOf({ score });
    const wanted = needs(options);
    const all: Statistics = {
      persona: wanted.persona ? [PERSONA] : [],
      ...(wanted.opposite && { opposite: [OPPOSITE] }),
      ...(wanted.generic && { generic }),
    };
    scoresOf(options, [Q], all, 'high', extra);
    const { opposite: _, ...lonely } = all;
    if (wanted.opposite)
      refused(() => scoresOf(options, [Q], lonely, 'high', extra), 'no-opposite', /`opposite` in the personas file/);
  }
});

test('matrices that share a tap share their vectors', () => {
  const matrices = llama(1, 4, 3);
  const persona = (['qkv', 'o', 'up', 'down'] as const).map((tap, k) => ({
    ...PERSONA,
    tap,
    layer: 0,
    squares: PERSONA.squares.map((x, j) => x + k * j),
  }));
  const scores = scoresOf(optionsOf({}), matrices, { persona }, 'high');
  const by = matrices.map(({ name }) => vectors(scores.get(name)!)[0]);
  assert.is(by[0], by[2]);
  assert.is(by[4], by[5]);
  assert.not.equal(by[0], by[3]);
});

test('weights that compete across matrices keep one scale', () => {
  const matrices = llama(1, 2, 3).slice(0, 4);
  const persona = [PERSONA, { ...scaled(PERSONA, 0.25), tap: 'o' as const }];
  const of = (group: string) => {
    const scores = scoresOf(optionsOf({ group, statistic: 'mean-abs' }), matrices, { persona }, 'high');
    return [0, 3].map((k) => vectors(scores.get(matrices[k]!.name)!)[0]);
  };
  assert.equal(of('row'), [f32(1, 0.5, 0.25), f32(1, 0.5, 0.25)]);
  for (const group of ['global', 'heads']) assert.equal(of(group), [f32(1, 0.5, 0.25), f32(0.25, 0.125, 0.0625)]);
});

test('a tap in which nothing flows is ranked by |w|, after the others', () => {
  const silent = sumsOf([[[0, 0, 0]], [[0, 0, 0]]]);
  assert.equal(one({}, { persona: [silent] }), { kind: 'product', by: f32(SILENT, SILENT, SILENT) });
  // The zeros of relu stay zeros: they are filled.
  const score = one({ score: 'contrastive-wanda' }, { persona: [silent] });
  assert.equal(score, { kind: 'filled', by: f32(0, 0, 0), fill: f32(SILENT, SILENT, SILENT) });
});

test('sums of another model are refused by the name of the matrix', () => {
  refused(
    () => one({}, { persona: [sumsOf([[[1, 2]]])] }),
    'bad-statistics',
    /q_proj\.weight needs sums of 3 channels: there are those of 2/,
  );
  refused(() => one({}, { persona: [] }), 'bad-statistics', /there are none/);
  refused(() => one({}, { persona: [{ ...PERSONA, tokens: 0 }] }), 'no-tokens', /tokens: all/);
});

test.run();
