// The store: what is put comes back, and nothing else does.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import type { Outcome } from '../../../harness/method/outcome.ts';
import { seal } from '../../../harness/store/records.ts';
import { openStore } from '../../../harness/store/store.ts';
import { suite } from '../../support/suite.ts';
import { cell, finished, folder, key, outcomes, place, record, removeFolders } from './stored.ts';

const test = suite('store');

test('what is put comes back equal, and nothing is left in tmp', () => {
  const root = folder();
  const store = openStore(root);
  assert.is(store.get(key, cell).status, 'missing');
  store.put(cell, { ...finished, artefacts: [{ name: 'x.mask', bytes: Uint8Array.of(1, 2) }] });
  const found = openStore(root).get(key, cell);
  assert.is(found.status, 'stored');
  if (found.status === 'stored') {
    assert.equal(found.cell.outcomes, outcomes);
    assert.equal(found.cell.record, record);
  }
  assert.equal(readdirSync(path.join(root, 'tmp')), []);
  assert.equal([...readFileSync(path.join(place(root), 'artefacts', 'x.mask'))], [1, 2]);
  assert.is(store.index().length, 1);
});

test('a renamed item finds its outcome: the store knows contents, not names', () => {
  const store = openStore(folder());
  store.put(cell, finished);
  const items = cell.items.map((item) => ({ ...item, id: `new-${item.id}` })).reverse();
  const found = store.get(key, { ...cell, items });
  assert.is(found.status, 'stored');
  if (found.status === 'stored') {
    assert.is(found.cell.outcomes[0]?.item, items[0]?.id);
    assert.is(found.cell.outcomes[0]?.p, outcomes.at(-1)?.p);
  }
});

test('the folder of one cell is not believed for another', () => {
  const root = folder();
  const store = openStore(root);
  store.put(cell, finished);
  assert.is(store.get(key, { ...cell, id: 'f'.repeat(64) }).status, 'damaged');
});

test('outcomes with a NaN, a wrong order or too few items are refused before anything is stored', () => {
  const root = folder();
  const store = openStore(root);
  const first = outcomes[0] as Outcome;
  const bad: readonly (readonly Outcome[])[] = [
    [{ ...first, p: Number.NaN }, ...outcomes.slice(1)],
    [{ ...first, orders: [{ ...first.orders[0], order: [0, 0] } as Outcome['orders'][0]] }, ...outcomes.slice(1)],
    [{ ...first, p: first.p / 2 }, ...outcomes.slice(1)],
    outcomes.slice(1),
  ];
  for (const wrong of bad) {
    assert.throws(
      () => store.put(cell, { ...finished, outcomes: wrong }),
      (error: unknown) => error instanceof BenchError && error.code === 'not-finite',
    );
  }
  assert.is(store.get(key, cell).status, 'missing');
  assert.equal(readdirSync(path.join(root, 'tmp')), []);
});

test('the first writer wins, unless the second replaces', () => {
  const store = openStore(folder());
  store.put(cell, finished);
  const slower = { ...finished, record: { ...record, scoringMs: 99 } };
  store.put(cell, slower);
  const scoringMs = () => {
    const found = store.get(key, cell);
    return found.status === 'stored' ? found.cell.record.scoringMs : null;
  };
  assert.is(scoringMs(), 2);
  store.put(cell, slower, true);
  assert.is(scoringMs(), 99);
});

test('what a dead process left in tmp is swept, what a live one has there is kept', () => {
  const root = folder();
  openStore(root);
  const dead = path.join(root, 'tmp', `${os.hostname()}-${2 ** 22 + 1}-AbCdEf`);
  const live = path.join(root, 'tmp', `${os.hostname()}-${process.pid}-AbCdEf`);
  mkdirSync(dead);
  mkdirSync(live);
  openStore(root);
  assert.equal(readdirSync(path.join(root, 'tmp')), [path.basename(live)]);
});

test('a folder that cannot be written is an error with a place and a hint', () => {
  const file = path.join(folder(), 'file');
  writeFileSync(file, '');
  // /proc takes no folders, not even from root.
  for (const place of [path.join(file, 'store'), ...(process.platform === 'linux' ? ['/proc/nope/store'] : [])]) {
    assert.throws(
      () => openStore(place),
      (error: unknown) => error instanceof BenchError && error.code === 'unwritable' && /--out/.test(error.hint ?? ''),
    );
  }
});

test('timings are kept beside the cell', () => {
  const store = openStore(folder());
  store.put(cell, finished);
  assert.is(store.timing(key).status, 'missing');
  store.putTiming(key, { version: 1 });
  assert.equal(store.timing(key), { status: 'stored', timing: { version: 1 } });
  const file = path.join(store.folder, key.slice(0, 2), key, 'timing.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"version":1', '"version":2'));
  assert.is(store.timing(key).status, 'damaged', 'a changed timing is not believed');
  store.putTiming(key, { version: 1 });
  // Whole, but of another cell.
  writeFileSync(file, JSON.stringify(seal({ key: 'f'.repeat(64), timing: { version: 1 } })));
  assert.equal(store.timing(key), { status: 'damaged', reason: 'timing.json is of another cell' });
  rmSync(file);
  mkdirSync(path.join(file, 'within'), { recursive: true });
  assert.is(store.timing(key).status, 'damaged');
  store.putTiming(key, { version: 2 });
  assert.equal(store.timing(key), { status: 'stored', timing: { version: 2 } });
});

test.after(removeFolders);

test.run();
