// What a selection keeps of a row, what it refuses, what it takes of the ledger, and how long it is about it.

import * as assert from 'uvu/assert';
import type { MatrixInfo } from '../../../formats/checkpoint/matrices.ts';
import { type Gpu, openGpu } from '../../../gpu/device/device.ts';
import { keptCount } from '../../../gpu/engine/selection/select.ts';
import type { Selected, SelectRequest } from '../../../gpu/engine/types.ts';
import type { Score } from '../../../gpu/kernels/types.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { maskTensor } from '../../support/masks.ts';
import { writeRandomModel } from '../../support/random-model.ts';
import { flagsOf, loadSelection, openSelection, scoresOf, vector } from '../../support/selection.ts';
import { suite } from '../../support/suite.ts';

const test = suite('selection requests');
let gpu: Gpu;
test.before(async () => {
  gpu = await openGpu();
});
test.after(() => gpu.dispose());

test('kept counts are exact, whatever floating point makes of 1 - sparsity', () => {
  assert.is(Math.floor(10 * (1 - 0.9)), 0, 'the trap');
  for (const [n, sparsity, expected] of [
    [10, 0.9, 1],
    [100, 0.9, 10],
    [1000, 0.7, 300],
    [1e10, 0.9, 1e9],
    [10, 0, 10],
    [1, 0.5, 0],
    [3, 0.5, 1],
    [7, 0.3, 4],
    [10, 0.95, 0],
  ] as const)
    assert.is(keptCount(n, sparsity), expected, `${n} at ${sparsity}`);
  for (let percent = 0; percent < 100; percent++) {
    for (const n of [1, 7, 32, 100, 128, 576, 4864])
      assert.is(keptCount(n, percent / 100), Math.floor(((100 - percent) * n) / 100), `${n} at ${percent} %`);
  }
});

test('every row keeps the same count at each sparsity, per matrix where it is given so; all and none too', async () => {
  const loaded = await openSelection(gpu, { family: 'llama', seed: 5, hidden: 75, heads: 5, headSize: 14, ffn: 107 });
  const scores = scoresOf('product', loaded.matrices);
  const sparsity = new Map(loaded.matrices.map(({ name }, i) => [name, [0, 0.9, 0.5, 0.999, 0.1][i % 5]!]));
  const { tensors } = await loaded.select({ scores, group: { kind: 'row' }, sparsity });
  for (const { name, rows, columns } of loaded.matrices) {
    const flags = flagsOf(tensors.get(name)!);
    for (let row = 0; row < rows; row++) {
      const kept = flags.subarray(row * columns, (row + 1) * columns).reduce((n, flag) => n + flag, 0);
      assert.is(kept, keptCount(columns, sparsity.get(name)!), `${name} row ${row}`);
    }
  }
  loaded.dispose();
});

test('a random mask hangs on the seed and the name alone, and keeps every column as often', async () => {
  const loaded = await openSelection(gpu, { family: 'llama', seed: 6, hidden: 64, heads: 4, ffn: 128 });
  const names = loaded.matrices.map(({ name }) => name);
  const at = async (seed: number): Promise<Selected> =>
    loaded.select({
      scores: new Map(names.map((name) => [name, { kind: 'random', seed }])),
      group: { kind: 'row' },
      sparsity: 0.5,
    });
  const [one, again, two] = [await at(1), await at(1), await at(2)];
  assert.equal(one, again);
  // Two masks of density 1/2 share a quarter of the places: a third of their union.
  let both = 0;
  let either = 0;
  const perColumn = new Array<number>(64).fill(0);
  for (const { name, columns } of loaded.matrices) {
    const [a, b] = [flagsOf(one.tensors.get(name)!), flagsOf(two.tensors.get(name)!)];
    a.forEach((flag, i) => {
      both += flag & b[i]!;
      either += flag | b[i]!;
      if (columns === 64) perColumn[i % 64]! += flag;
    });
  }
  assert.ok(Math.abs(both / either - 1 / 3) < 0.01, `Jaccard ${both / either}`);
  // 1024 rows of 64 columns, each kept with probability 1/2: 16 is one standard deviation.
  for (const n of perColumn)
    assert.ok(Math.abs(n - perColumn.reduce((sum, m) => sum + m, 0) / 64) < 80, `${perColumn}`);
  loaded.dispose();
});

test('what cannot be selected is refused by name before anything is made', async () => {
  const { select, matrices, memory, dispose } = await openSelection(gpu, { family: 'llama', seed: 7 });
  const before = memory.bytes;
  const [first] = matrices as readonly [MatrixInfo];
  const columns = first.columns;
  const by = vector(1, columns);
  const row = { kind: 'row' } as const;
  const with_ = (score: Score, more: Partial<SelectRequest> = {}): SelectRequest => ({
    scores: new Map([[first.name, score]]),
    group: row,
    sparsity: 0.5,
    ...more,
  });
  const bad = async (request: SelectRequest, where: string, message: RegExp): Promise<void> => {
    try {
      await select(request);
    } catch (error) {
      const { code, where: at, message: text } = error as { code?: string; where?: string; message: string };
      assert.is(code, 'bad-selection', text);
      assert.is(at, where);
      assert.match(text, message);
      return;
    }
    assert.unreachable(`${message} was not refused`);
  };
  const product: Score = { kind: 'product', by };
  const changed = (value: number): Float32Array => by.map((x, j) => (j === 3 ? value : x));
  await bad({ scores: new Map(), group: row, sparsity: 0.5 }, 'scores', /no matrix/);
  await bad(with_(product, { scores: new Map([['nope', product]]) }), 'nope', /no such/);
  await bad(with_(product, { sparsity: new Map([['nope', 0.5]]) }), 'nope', /no such/);
  await bad(with_(product, { sparsity: new Map() }), first.name, /undefined/);
  for (const sparsity of [-0.1, 1, Number.NaN, Infinity])
    await bad(with_(product, { sparsity }), first.name, /sparsity/);
  await bad(with_({ kind: 'product', by: by.subarray(1) }), first.name, /31 numbers for 32/);
  for (const value of [Number.NaN, Infinity, -1])
    await bad(with_({ kind: 'filled', by, fill: changed(value) }), first.name, /fill of column 3/);
  await bad(with_({ kind: 'shares', by, against: by.subarray(1) }), first.name, /against/);
  const small = maskTensor(1, first.rows - 1, columns);
  await bad(with_({ kind: 'apart', by, fill: by, without: small }), first.name, /mask of its score/);
  for (const seed of [-1, 0.5, 2 ** 53]) await bad(with_({ kind: 'random', seed }), first.name, /seed/);
  const global = { kind: 'global' } as const;
  await bad(with_(product, { group: global, sparsity: new Map([[first.name, 0.5]]) }), 'sparsity', /one sparsity/);
  await bad(with_(product, { group: { kind: 'n:m', keep: 2, of: 4 }, sparsity: 0.4 }), first.name, /2:4 removes 0.5/);
  await bad(with_(product, { group: { kind: 'n:m', keep: 5, of: 4 } }), 'group n:m', /5 of 4/);
  await bad(with_(product, { group: { kind: 'block', columns: 0 } }), 'group block', /columns is 0/);
  const protect = maskTensor(1, first.rows, columns);
  const spared: Score = { kind: 'spared', by, against: by, protect };
  await bad(with_(spared, { group: { kind: 'tiles', rows: 4 } }), first.name, /only ranks/);
  await bad(with_(product, { group: { kind: 'channels' } }), first.name, /no channels/);
  const o = matrices.find(({ role, layer }) => role === 'o' && layer === 0)!;
  await bad(with_(product, { group: { kind: 'heads' } }), o.name, /no scores/);
  const heads = new Map<string, Score>([first, o].map(({ name }) => [name, { kind: 'random', seed: 1 }]));
  const uneven = new Map([
    [first.name, 0.5],
    [o.name, 0.25],
  ]);
  await bad({ scores: heads, group: { kind: 'heads' }, sparsity: uneven }, o.name, /differs from the layer.s 0.5/);
  assert.is(memory.bytes, before);
  dispose();
});

test('a selection that does not fit the ledger is refused whole', async () => {
  const folder = temporaryFolder();
  await writeRandomModel(folder, { family: 'llama', seed: 8 });
  const free = await loadSelection(gpu, folder);
  const held = free.memory.bytes;
  free.dispose();
  const budgeted = await loadSelection(gpu, folder, { budgetBytes: held + 20_000 });
  const request = (matrices: readonly MatrixInfo[]): SelectRequest => ({
    scores: scoresOf('product', matrices),
    group: { kind: 'row' },
    sparsity: 0.5,
  });
  try {
    await budgeted.select(request(budgeted.matrices));
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'gpu-memory');
    assert.match((error as Error).message, /selection of a mask/);
  }
  await budgeted.select(request(budgeted.matrices.slice(1, 2)));
  assert.is(budgeted.memory.bytes, held);
  budgeted.dispose();
});

test('persona-nano: all matrices by row, in one submit', async () => {
  const { matrices, select, dispose } = await loadSelection(gpu, 'models/persona-nano');
  const request: SelectRequest = { scores: scoresOf('product', matrices), group: { kind: 'row' }, sparsity: 0.5 };
  const times: Record<string, number[]> = {};
  for (const kind of ['row', 'global'] as const) {
    for (let i = 0; i < 4; i++) {
      const start = performance.now();
      await select({ ...request, group: { kind } });
      times[kind] = [...(times[kind] ?? []), Math.round(performance.now() - start)];
    }
  }
  console.log(`selection on ${gpu.name}: ${JSON.stringify(times)} ms`);
  dispose();
});

test.run();
