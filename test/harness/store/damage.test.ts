// What is damaged in the store is found, said and done again; nothing that a disk holds is believed.

import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Outcome } from '../../../harness/method/outcome.ts';
import { checkCellFile, seal } from '../../../harness/store/records.ts';
import { openStore } from '../../../harness/store/store.ts';
import { suite } from '../../support/suite.ts';
import { cell, finished, folder, key, outcomes, place, record, removeFolders } from './stored.ts';

const test = suite('damage');

const damage: Record<string, (at: string) => void> = {
  'items torn in the middle of a line': (at) => {
    const file = path.join(at, 'items.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').slice(0, 700));
  },
  'items without the last record': (at) => {
    const file = path.join(at, 'items.jsonl');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, `${lines.slice(0, -2).join('\n')}\n`);
  },
  'one digit changed': (at) => {
    const file = path.join(at, 'items.jsonl');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"p":0\.\d/, '"p":0.0'));
  },
  'a line appended': (at) => appendFileSync(path.join(at, 'items.jsonl'), '{}\n'),
  'items.jsonl is a folder': (at) => {
    rmSync(path.join(at, 'items.jsonl'));
    mkdirSync(path.join(at, 'items.jsonl'));
  },
  'a sketch of the same size': (at) => writeFileSync(path.join(at, 'artefacts', 'sketch'), Uint8Array.of(1, 3)),
  'a sketch that is gone': (at) => rmSync(path.join(at, 'artefacts', 'sketch')),
  'prompts edited': (at) => {
    const file = path.join(at, 'prompts.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('Be kind', 'Be mean'));
  },
  'prompts missing': (at) => rmSync(path.join(at, 'prompts.json')),
  'cell.json missing': (at) => rmSync(path.join(at, 'cell.json')),
  'cell.json not JSON': (at) => writeFileSync(path.join(at, 'cell.json'), '{"version":1,'),
  'cell.json of nothing': (at) => writeFileSync(path.join(at, 'cell.json'), 'null'),
  'inputs edited': (at) => {
    const file = path.join(at, 'cell.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"weights":"f00d"', '"weights":"0000"'));
  },
  'counters not numbers': (at) => {
    const file = path.join(at, 'cell.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"flops":1000', '"flops":"many"'));
  },
};
test('a cell of an earlier version, which could hold another entry, is done again and says why', () => {
  const root = folder();
  const store = openStore(root);
  store.put(cell, finished);
  const at = path.join(place(root), 'cell.json');
  const { sha256: _, ...file } = JSON.parse(readFileSync(at, 'utf8'));
  writeFileSync(at, JSON.stringify(seal({ ...file, version: 2 })));
  const found = store.get(key, cell);
  assert.is(found.status, 'damaged');
  if (found.status === 'damaged') assert.match(found.reason, /earlier version .* under another's name/);
  store.put(cell, finished);
  assert.is(store.get(key, cell).status, 'stored');
});

test('counters that are no integers are not believed, whoever sealed them', () => {
  const root = folder();
  openStore(root).put(cell, finished);
  const { sha256: _, ...file } = JSON.parse(readFileSync(path.join(place(root), 'cell.json'), 'utf8'));
  assert.ok(checkCellFile(seal(file)));
  for (const flops of [0.5, -1, null]) {
    const record = { ...file.record, counters: { ...file.record.counters, flops } };
    assert.is(checkCellFile(seal({ ...file, record })), null, String(flops));
  }
});

for (const [name, spoil] of Object.entries(damage)) {
  test(`damage is found and the cell can be stored again: ${name}`, () => {
    const root = folder();
    const store = openStore(root);
    const whole = {
      ...finished,
      artefacts: [{ name: 'sketch', bytes: Uint8Array.of(1, 2) }],
      prompts: new Map([['a'.repeat(64), 'Be kind.']]),
    };
    store.put(cell, whole);
    assert.is(store.get(key, cell).status, 'stored');
    spoil(place(root));
    assert.is(store.get(key, cell).status, 'damaged');
    store.put(cell, whole);
    assert.is(store.get(key, cell).status, 'stored');
    assert.equal(readdirSync(path.join(root, 'tmp')), []);
  });
}

test('no flipped bit, cut or insertion is believed: the cell is damaged, or equal', () => {
  const root = folder();
  const store = openStore(root);
  const files = ['items.jsonl', 'cell.json'].map((name) => path.join(place(root), name));
  fc.assert(
    fc.property(
      fc.nat(1),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.integer({ min: 0, max: 255 }),
      fc.nat(2),
      (at, where, byte, kind) => {
        store.put(cell, finished, true);
        const file = files[at] as string;
        const bytes = readFileSync(file);
        const offset = Math.min(bytes.length - 1, Math.floor(where * bytes.length));
        const middle = kind === 0 ? [] : kind === 1 ? [byte] : [bytes[offset] ?? 0, byte];
        writeFileSync(
          file,
          Buffer.concat([bytes.subarray(0, offset), Buffer.from(middle), bytes.subarray(offset + 1)]),
        );
        const found = store.get(key, cell);
        if (found.status !== 'stored') return;
        assert.equal(found.cell.outcomes, outcomes);
        assert.equal(found.cell.record, record);
      },
    ),
    { seed: 11, numRuns: 300 },
  );
});

test('an outcome whose p is not that of its scores is not believed, whoever sealed it', () => {
  const root = folder();
  const store = openStore(root);
  const [first, ...others] = outcomes as [Outcome, ...Outcome[]];
  const orders = first.orders.map((order) => ({ ...order, p: 1 - order.p }));
  for (const wrong of [
    { ...first, orders, p: 1 - first.p },
    { ...first, orders: [{ ...first.orders[0]!, p: first.p }, ...first.orders.slice(1)] },
  ])
    assert.throws(
      () => store.put(cell, { ...finished, outcomes: [wrong, ...others] }),
      (error: Error) => /an order's p is not that of its scores/.test(error.message),
    );
});

test('a damaged sketch is no artefact to read, and an artefact of any size is read whole before it is used', () => {
  const root = folder();
  const store = openStore(root);
  const large = new Uint8Array(3 * 2 ** 20);
  store.put(cell, { ...finished, artefacts: [{ name: 'adapter', bytes: large }] });
  const at = path.join(place(root), 'artefacts', 'adapter');
  assert.is(store.artefact(key, 'adapter'), at);
  assert.is(store.artefact(key, 'other'), null);
  large[0] = 1;
  writeFileSync(at, large);
  assert.is(store.artefact(key, 'adapter'), null);
});

test('a store that may only be read is read; one that is not there is empty', () => {
  const root = folder();
  openStore(root).put(cell, finished);
  const file = path.join(folder(), 'file');
  writeFileSync(file, '');
  const none = openStore(path.join(file, 'store'), 'read');
  assert.is(none.writable, false);
  assert.is(none.get(key, cell).status, 'missing');
  assert.equal(none.index(), []);
  assert.is(openStore(root, 'read').get(key, cell).status, 'stored');
});

test.after(removeFolders);

test.run();
