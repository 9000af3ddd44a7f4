// Two masks side by side, on masks whose overlap is known.

import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import type { MaskTensor } from '../../../gpu/index.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import type { Masks } from '../../../harness/subnetworks/combine.ts';
import { compareMasks } from '../../../harness/subnetworks/compare.ts';
import { suite } from '../../support/suite.ts';

const test = suite('compare masks');
const [ROWS, COLUMNS] = [200, 320];
const info = (layer: number, module: 'attention' | 'mlp'): MatrixInfo => ({
  ...{ name: `layers.${layer}.${module}`, layer, module, role: 'o', tap: 'o', rows: ROWS, columns: COLUMNS },
});
const INFOS = [info(0, 'attention'), info(0, 'mlp'), info(1, 'attention'), info(1, 'mlp')];

/** Exactly `kept` places of every row, at random. */
function rowMask(seed: number, kept: number): MaskTensor {
  const rng = rngOf(seed);
  const words = new Uint32Array(ROWS * (COLUMNS / 32));
  for (let row = 0; row < ROWS; row++) {
    const columns = Array.from({ length: COLUMNS }, (_, i) => i);
    for (let i = 0; i < kept; i++) {
      const j = i + rng.below(COLUMNS - i);
      [columns[i], columns[j]] = [columns[j]!, columns[i]!];
      words[(row * COLUMNS + columns[i]!) >> 5]! |= 1 << (columns[i]! & 31);
    }
  }
  return { rows: ROWS, columns: COLUMNS, words };
}
const masks = (seed: number, density: number): Masks =>
  new Map(INFOS.map(({ name }, i) => [name, rowMask(seed + i, Math.round(density * COLUMNS))]));

test('a mask shares all with itself and nothing with its complement', () => {
  const a = masks(1, 0.5);
  const not: Masks = new Map([...a].map(([name, one]) => [name, { ...one, words: one.words.map((word) => ~word) }]));
  const same = compareMasks(a, a, INFOS).all;
  assert.equal([same.jaccard, same.differing, same.keptA], [1, 0, same.places / 2]);
  const apart = compareMasks(a, not, INFOS).all;
  assert.equal([apart.jaccard, apart.differing], [0, 1]);
});

test('random masks share k / (2 - k) within sampling error, which is what is said of chance', () => {
  for (const [i, k] of [0.7, 0.6, 0.5, 0.4, 0.2].entries()) {
    const { all, modules, layers } = compareMasks(masks(100 * i + 10, k), masks(100 * i + 50, k), INFOS);
    const expected = k / (2 - k);
    // Places shared in a row are hypergeometric; the Jaccard index is nearly linear in their mean.
    const variance = (COLUMNS * k * k * (1 - k) * (1 - k)) / (COLUMNS - 1) / COLUMNS / (INFOS.length * ROWS);
    const slope = 2 / (2 - k) / (2 - k) / k;
    const error = 4 * slope * Math.sqrt(variance);
    assert.ok(error < 0.01, `${error}`);
    assert.ok(Math.abs(all.jaccard - expected) < error, `k ${k}: ${all.jaccard} for ${expected} within ${error}`);
    assert.ok(Math.abs(all.chance.jaccard - expected) < 1e-9);
    assert.ok(Math.abs(all.chance.differing - 2 * k * (1 - k)) < 1e-9);
    assert.equal(
      [modules.map(({ name }) => name), layers.map(({ name }) => name)],
      [
        ['attention', 'mlp'],
        ['layer 0', 'layer 1'],
      ],
    );
    for (const part of [modules, layers]) {
      assert.is(
        part.reduce((sum, { places }) => sum + places, 0),
        all.places,
      );
      assert.is(
        part.reduce((sum, { keptA }) => sum + keptA, 0),
        all.keptA,
      );
    }
  }
});

test('densities may differ, and chance follows them', () => {
  const { all } = compareMasks(masks(1, 0.5), masks(9, 0.2), INFOS);
  assert.ok(Math.abs(all.chance.jaccard - 0.1 / (0.5 + 0.2 - 0.1)) < 1e-9);
  assert.ok(Math.abs(all.jaccard - all.chance.jaccard) < 0.01);
});

test('layers and modules come in their order, each with its own figures', () => {
  const infos = [...Array(12).keys()].flatMap((layer) => [info(layer, 'mlp'), info(layer, 'attention')]);
  const one = rowMask(1, 160);
  const not: MaskTensor = { ...one, words: one.words.map((word) => ~word) };
  // As in a file, by name; layer 10 alone has something else in its MLP.
  const names = infos.map(({ name }) => name).sort();
  const a: Masks = new Map(names.map((name) => [name, one]));
  const b: Masks = new Map(names.map((name) => [name, name === 'layers.10.mlp' ? not : one]));
  const { all, modules, layers } = compareMasks(a, b, infos);
  assert.equal(
    layers.map(({ name, differing }) => [name, differing]),
    [...Array(12).keys()].map((layer) => [`layer ${layer}`, layer === 10 ? 0.5 : 0]),
  );
  assert.equal(
    modules.map(({ name, differing }) => [name, differing]),
    [
      ['attention', 0],
      ['mlp', 1 / 12],
    ],
  );
  assert.is(all.differing, 1 / 24);
});

test('masks of nothing, and masks that keep nothing, are alike', () => {
  const none = compareMasks(new Map(), new Map(), INFOS).all;
  assert.equal([none.jaccard, none.differing, none.chance], [1, 0, { jaccard: 1, differing: 0 }]);
  const empty = compareMasks(masks(1, 0), masks(2, 0), INFOS).all;
  assert.equal([empty.jaccard, empty.differing, empty.keptA], [1, 0, 0]);
});

test('masks of different matrices are not compared', () => {
  const a = masks(1, 0.5);
  const fewer: Masks = new Map([...a].slice(1));
  for (const [p, q] of [
    [a, fewer],
    [fewer, a],
  ] as const) {
    assert.throws(
      () => compareMasks(p, q, INFOS),
      (error: Error) => /only one .* "layers\.0\.attention"/.test(error.message),
    );
  }
  const [name] = [...a.keys()];
  const other: Masks = new Map([...a, [name!, { rows: 1, columns: 1, words: Uint32Array.of(1) }]]);
  assert.throws(
    () => compareMasks(a, other, INFOS),
    (error: Error) => /different shapes/.test(error.message),
  );
});

test.run();
