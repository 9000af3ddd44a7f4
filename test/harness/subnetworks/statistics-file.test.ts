// Statistics in files: found again by key, and never believed when damaged.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import type { TapSums } from '../../../gpu/index.ts';
import { StatisticsStore } from '../../../harness/run/statistics.ts';
import { StatisticsFolder } from '../../../harness/subnetworks/statistics-file.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('statistics files');
const sums: readonly TapSums[] = [0, 1].flatMap((layer) =>
  (['qkv', 'o', 'up', 'down'] as const).map((tap, k) => {
    const values = (n: number) => Float64Array.from({ length: 3 + k }, (_, i) => Math.sqrt(n + i + layer) / 3);
    return {
      ...{ layer, tap, tokens: 17, samples: 4, sum: values(1), abs: values(2) },
      ...{ squares: values(3), norms: values(4), normSquares: values(5), rms: values(6), rmsSquares: values(7) },
      ...{ means: values(8), meansSquares: values(9) },
    };
  }),
);

test('sums come back to the bit, by their key alone', async () => {
  const folder = new StatisticsFolder(temporaryFolder());
  assert.is(await folder.get('a'), null);
  await folder.put('a', sums, 12.5);
  assert.equal(await folder.get('a'), { key: 'a', sums, spentMs: 12.5 });
  assert.is(await folder.get('b'), null);
});

test('a damaged file is passed over and written again', async () => {
  const path = temporaryFolder();
  const notes: BenchError[] = [];
  const folder = new StatisticsFolder(path, (damage) => notes.push(damage));
  await folder.put('a', sums, 1);
  const [name] = readdirSync(path);
  const file = join(path, name!);
  const whole = readFileSync(file);
  for (const damaged of [whole.subarray(0, 50), Buffer.from(whole).fill(7, whole.length - 3), Buffer.alloc(0)]) {
    writeFileSync(file, damaged);
    assert.is(await folder.get('a'), null);
  }
  assert.is(notes.length, 3);
  // Every word about the tensors counts: a wrong number of tokens would spoil all means.
  for (const [said, other] of [
    ['"tokens":"17"', '"tokens":"97"'],
    ['"samples":"4"', '"samples":"5"'],
    ['"key":"a"', '"key":"b"'],
    ['layers.0.o.abs', 'layers.0.o.sum'],
    ['layers.1.o.abs', 'layers.7.o.abs'],
  ] as const) {
    assert.ok(whole.includes(said), said);
    writeFileSync(file, whole.toString('latin1').replace(said, other), 'latin1');
    assert.is(await folder.get('a'), null, said);
  }
  assert.ok(notes.every(({ code, where, hint }) => code === 'bad-statistics' && where === file && hint));
  await folder.put('a', sums, 1);
  assert.equal((await folder.get('a'))?.sums, sums);
  assert.is(notes.length, 8);
});

test('sums of two passes are not put into one file', async () => {
  const folder = new StatisticsFolder(temporaryFolder());
  const mixed = [...sums.slice(1), { ...sums[0]!, tokens: 18 }];
  await folder.put('a', mixed, 1).then(
    () => assert.unreachable(),
    (error) => assert.instance(error, RangeError),
  );
  assert.is(await folder.get('a'), null);
});

test('a run makes statistics once, the next run reads them, another device class makes its own', async () => {
  const files = new StatisticsFolder(temporaryFolder());
  let made = 0;
  const make = async () => {
    made++;
    return sums;
  };
  const first = new StatisticsStore(files, 'device 1');
  assert.equal([(await first.of('k', make)).reused, (await first.of('k', make)).reused, made], [false, true, 1]);
  const found = await new StatisticsStore(files, 'device 1').of('k', make);
  assert.equal([found.reused, found.sums, made], [true, sums, 1]);
  await new StatisticsStore(files, 'device 2').of('k', make);
  assert.is(made, 2);
  // One that failed is tried again.
  const store = new StatisticsStore(null);
  await store
    .of('x', async () => Promise.reject(new Error('no')))
    .then(
      () => assert.unreachable(),
      () => {},
    );
  assert.is((await store.of('x', make)).reused, false);
});

test('sums of single samples are kept while there is room, and the longest unused make way', async () => {
  const store = new StatisticsStore(null);
  const made: string[] = [];
  const each = async (key: string, bytes: number) =>
    store.each(key, bytes, async () => {
      made.push(key);
      return { bytes, addedUp: () => [] };
    });
  const half = 2 ** 29;
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await each(key, half);
  // c took the place of b, which was used longest ago; then b that of c.
  assert.equal(made, ['a', 'b', 'c', 'b']);
  assert.is(await each('huge', 2 ** 30 + 1), null);
  assert.equal(made, ['a', 'b', 'c', 'b']);
  // What failed is made again.
  let tries = 0;
  const failing = () =>
    store.each('f', 1, async () => {
      tries++;
      throw new Error('lost');
    });
  for (let k = 0; k < 2; k++)
    await failing()?.then(
      () => assert.unreachable(),
      () => undefined,
    );
  assert.is(tries, 2);
});

test.run();
