// Likert items: our own rows and the MPI's, good ones, bad ones with their line, and the published set with known counts.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { readLikert, SCALE } from '../../../harness/datasets/likert.ts';
import { readMpi } from '../../../harness/datasets/mpi.ts';
import { shared, temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

const test = suite('likert items');

const file = (text: string, name: string): string => {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
};

async function says(work: Promise<unknown>, where: RegExp, message: RegExp): Promise<void> {
  const error = (await work.then(
    () => null,
    (caught) => caught,
  )) as BenchError | null;
  assert.ok(error, 'nothing was refused');
  assert.is(error.code, 'bad-data');
  assert.match(error.where!, where);
  assert.match(error.message, message);
  assert.ok(error.hint);
}

const GOOD = { id: 'a1', trait: 't', keying: '+', statement: 'I hum.', scale: ['no', 'so so', 'yes'] };
const own = (...rows: Record<string, unknown>[]) =>
  readLikert(file(rows.map((row) => `${JSON.stringify({ ...GOOD, ...row })}\n`).join(''), 'own.jsonl'));

test('own items are read as they stand', async () => {
  assert.equal(await own({}), [GOOD]);
});

test('a bad item is told with its line', async () => {
  const bad = (row: Record<string, unknown>) => own({ id: 'a0', statement: 'I whistle.' }, row);
  for (const [row, message] of [
    [{ keying: '*' }, /"keying" is "\*", and must be one of \+, -/],
    [{ scale: ['yes'] }, /a scale has 2 to 11 answers, and this has 1/],
    [{ scale: 'yes' }, /"scale" is not a list/],
    [{ scale: ['yes', 'no', 'yes'] }, /two answers of the scale are the same/],
    [{ scale: ['yes', ''] }, /answer 2 of the scale is not a string/],
    [{ id: 'a0' }, /id "a0" is at .*own\.jsonl:1 too/],
    [{ statement: 'I whistle.' }, /the statement "I whistle\." is at .*own\.jsonl:1 too/],
    [{ reversed: true }, /unknown field "reversed"/],
    [{ statement: ' ' }, /"statement" is empty/],
  ] as const) {
    await says(bad(row), /own\.jsonl:2$/, message);
  }
});

const mpi = (...rows: string[]) => readMpi(file(`label_raw,text,label_ocean,key\n${rows.join('\n')}\n`, 'mpi.csv'));

test('a row of the MPI is what you do, with its trait and key', async () => {
  const { items, left } = await mpi('Calm,"Hum, softly",N,-1', 'Song,Sing in the rain.,O,1');
  assert.equal(items, [
    { id: 'mpi-0001', trait: 'neuroticism', keying: '-', statement: 'You hum, softly.', scale: SCALE },
    { id: 'mpi-0002', trait: 'openness', keying: '+', statement: 'You sing in the rain.', scale: SCALE },
  ]);
  assert.equal(left, { repeated: [], contradictory: [], unkeyed: [] });
});

test('rows of key 0 and repeats are left out by name; ids stay those of the rows', async () => {
  const { items, left } = await mpi('x,Hum,N,0', 'x,Sing,O,1', 'y,sing,O,1', 'x,Sing,E,-1');
  assert.equal(
    items.map(({ id, trait, keying }) => [id, trait, keying]),
    [
      ['mpi-0002', 'openness', '+'],
      ['mpi-0004', 'extraversion', '-'],
    ],
  );
  assert.equal(
    [left.unkeyed, left.repeated].map((list) => list.map((where) => where.replace(/.*:/, ''))),
    [['2'], ['4']],
  );
});

test('a statement with both keys, as the published MPI-1k has, is left out by name, and the others are asked', async () => {
  const both = 'Often forget to put things back in their proper place';
  const { items, left } = await mpi(`x,${both},C,-1`, 'x,Sing,O,1', `x,${both},C,1`, `x,${both}.,C,1`, `x,${both},O,1`);
  assert.equal(
    items.map(({ id, trait }) => [id, trait]),
    [
      ['mpi-0002', 'openness'],
      ['mpi-0005', 'openness'],
    ],
  );
  assert.equal(
    [left.repeated, left.contradictory].map((list) => list.map((where) => where.replace(/.*:/, ''))),
    [[], ['2', '4', '5']],
  );
});

test('a bad row of the MPI is told with its line', async () => {
  await says(mpi('x,Hum,N,1', 'x,Sing,Q,1'), /mpi\.csv:3$/, /"label_ocean" is "Q"/);
  await says(mpi('x,Hum,N,2'), /mpi\.csv:2$/, /"key" is "2", and must be one of 1, -1, 0/);
  await says(mpi('x,,N,1'), /mpi\.csv:2$/, /"text" is empty/);
  await says(mpi('x,Hum,N'), /mpi\.csv:2$/, /the CSV cannot be read/);
  await says(mpi('x,Hum,N,1', 'x,Hum,N,-1'), /mpi\.csv$/, /no row with key 1 or -1 that no other contradicts/);
  await says(mpi('x,Hum,N,0'), /mpi\.csv$/, /no row with key 1 or -1/);
  await says(readMpi(file('text,key\nHum,1\n', 'mpi.csv')), /mpi\.csv:2$/, /"label_ocean" is missing/);
  await says(readMpi(file('text,key,text\nHum,1,Sing\n', 'mpi.csv')), /mpi\.csv:1$/, /"text" is a duplicate/);
  await says(readMpi('/nowhere/mpi.csv'), /^\/nowhere\/mpi\.csv$/, /no such file/);
});

const published = shared('data/mpi/mpi_120.csv');
if (published === null) test.skip('the published MPI-120', '../shared/data/mpi is not on this machine');
else {
  test('the published MPI-120 has 24 items a trait, with the keys that its notes count', async () => {
    const { items, left } = await readMpi(published);
    assert.equal(left, { repeated: [], contradictory: [], unkeyed: [] });
    const count = (trait: string) =>
      (['+', '-'] as const).map((key) => items.filter((item) => item.trait === trait && item.keying === key).length);
    assert.equal(['openness', 'conscientiousness', 'extraversion', 'agreeableness', 'neuroticism'].map(count), [
      [12, 12],
      [11, 13],
      [18, 6],
      [7, 17],
      [17, 7],
    ]);
  });
}

test.run();
