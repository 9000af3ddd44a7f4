// Sketches and the atlas from masks made by hand: what is kept of a mask, what two share, and what is refused.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import { tensorBytes } from '../../../formats/safetensors/tensor-file.ts';
import type { MaskTensor } from '../../../gpu/index.ts';
import { atlasOf } from '../../../harness/analysis/atlas.ts';
import { readSketch, type Sketch, sketchBytes } from '../../../harness/subnetworks/sketch.ts';
import { atlasSections } from '../../../reports/atlas.ts';
import { atlasPart } from '../../../reports/html/atlas.ts';
import { textOf } from '../../../reports/html/markup.ts';
import { partMarkup } from '../../../reports/html/parts.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { runFake } from '../../support/session.ts';
import { test } from '../../support/suite.ts';
import { PERSONAS } from '../analysis/answers.ts';

const matrix = (name: string, layer: number, module: 'attention' | 'mlp', rows = 2): MatrixInfo => ({
  ...{ name, layer, module, rows, columns: 4 },
  ...{ role: module === 'mlp' ? 'up' : 'q', tap: 'attention' as MatrixInfo['tap'] },
});
const MATRICES = [matrix('a', 0, 'attention'), matrix('b', 1, 'mlp')];
const tensor = (...words: readonly number[]): MaskTensor => ({
  rows: words.length,
  columns: 4,
  words: Uint32Array.from(words),
});
const sketched = async (
  masks: ReadonlyMap<string, MaskTensor>,
  matrices: readonly MatrixInfo[] = MATRICES,
): Promise<Sketch> => {
  const file = path.join(temporaryFolder(), 's.safetensors');
  writeFileSync(file, sketchBytes(masks, matrices));
  return readSketch(file);
};

// Two of four columns kept in each row: 0b0011 and 0b0110 share one of three.
const BOLD = new Map([
  ['a', tensor(0b0011, 0b0011)],
  ['b', tensor(0b0011, 0b0011)],
]);
const SHY = new Map([
  ['a', tensor(0b1100, 0b1100)],
  ['b', tensor(0b0011, 0b0011)],
]);
const CALM = new Map([
  ['a', tensor(0b0110, 0b0110)],
  ['b', tensor(0b0110, 0b0110)],
]);

test('a small mask is kept whole', async () => {
  const { masks, matrices, places } = await sketched(BOLD);
  assert.equal([...masks], [...BOLD]);
  assert.equal(
    matrices.map(({ name, layer, module }) => [name, layer, module]),
    [
      ['a', 0, 'attention'],
      ['b', 1, 'mlp'],
    ],
  );
  assert.is(places, 16);
});

test('of a large one rows are kept, evenly spaced', async () => {
  const rows = 2 ** 20; // words of one each: 4 MiB, of which 1 MiB is kept
  const words = Uint32Array.from({ length: rows }, (_, k) => k % 16);
  const { masks, places } = await sketched(new Map([['a', { rows, columns: 4, words }]]), [
    matrix('a', 0, 'mlp', rows),
  ]);
  const kept = masks.get('a')!;
  assert.is(kept.rows, rows / 4);
  assert.equal([...kept.words.subarray(0, 5)], [0, 4, 8, 12, 0]);
  assert.is(places, 4 * rows);
});

test('what is no sketch is refused', async () => {
  const refused = async (metadata: Readonly<Record<string, string>>, shape = [1, 1]) => {
    const file = path.join(temporaryFolder(), 's.safetensors');
    const data = new Uint32Array(shape.reduce((a, b) => a * b, 1));
    writeFileSync(file, tensorBytes({ metadata, tensors: new Map([['a', { dtype: 'U32', shape, data }]]) }));
    const error = (await readSketch(file).catch((caught: unknown) => caught)) as BenchError;
    assert.is(error.code, 'bad-sketch');
    assert.is(error.where, file);
  };
  const format = 'persona-bench mask sketch';
  const place = { name: 'a', layer: 0, module: 'mlp', columns: 4 };
  await refused({});
  await refused({ format, matrices: '{', places: '4' });
  await refused({ format, matrices: JSON.stringify([{ ...place, module: 'x' }]), places: '4' });
  await refused({ format, matrices: JSON.stringify([{ ...place, name: 'other' }]), places: '4' });
  await refused({ format, matrices: JSON.stringify([place]), places: 'many' });
  await refused({ format, matrices: JSON.stringify([place]), places: '4' }, [1, 2]);
});

test('pairs and blocks share what they share, beside chance', async () => {
  const all = new Map([
    ['bold', await sketched(BOLD)],
    ['shy', await sketched(SHY)],
    ['calm', await sketched(CALM)],
  ]);
  const { pairs, blocks, personas, seen } = atlasOf(all, { personas: PERSONAS });
  assert.equal([personas, seen], [['bold', 'shy', 'calm'], 16]);
  // Independent halves share a quarter of the places, of three quarters.
  assert.equal(
    pairs.map(({ a, b, opposites, jaccard, chance }) => [a, b, opposites, jaccard, chance]),
    [
      ['bold', 'shy', true, 4 / 12, 1 / 3],
      ['bold', 'calm', false, 4 / 12, 1 / 3],
      ['shy', 'calm', false, 4 / 12, 1 / 3],
    ],
  );
  assert.equal(blocks, [
    {
      layer: 0,
      module: 'attention',
      opposites: { jaccard: 0, chance: 1 / 3 },
      others: { jaccard: 1 / 3, chance: 1 / 3 },
    },
    { layer: 1, module: 'mlp', opposites: { jaccard: 1, chance: 1 / 3 }, others: { jaccard: 1 / 3, chance: 1 / 3 } },
  ]);
});

test('the report says how alike masks are, and the page by layer and module', async () => {
  const { result } = await runFake(temporaryFolder(), {});
  assert.equal([result.atlas, atlasSections(result), atlasPart(result)], [[], [], null]);
  const all = new Map([
    ['bold', await sketched(BOLD)],
    ['shy', await sketched(SHY)],
  ]);
  const atlas = [{ model: 'tiny', method: '<i>mask', sparsity: null, ...atlasOf(all, { personas: PERSONAS }) }];
  assert.equal(atlasSections({ ...result, atlas })[0]?.rows, [
    ['<i>mask', 'tiny', '33.3', '–', '33.3', 'bold and shy 33.3', 'bold and shy 33.3'],
  ]);
  const page = textOf(partMarkup(atlasPart({ ...result, atlas })!));
  assert.match(page, /<u>0\.0<\/u>/);
  assert.match(page, /class="number tint plus8"[^>]*>\+66\.7</);
  assert.match(page, /class="number tint minus4"[^>]*>-33\.3</);
  assert.not.match(page, /<i>mask/);
});

test.run();
