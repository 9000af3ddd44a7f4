// Masks of two personas put together, bit by bit.

import * as assert from 'uvu/assert';
import type { MaskTensor } from '../../../gpu/index.ts';
import { type Masks, restore, toward, unique, withoutUnique } from '../../../harness/subnetworks/combine.ts';
import { maskTensor } from '../../support/masks.ts';
import { suite } from '../../support/suite.ts';
import { refused } from './shared.ts';

const test = suite('masks combined');

/** A mask written as rows of 0 and 1. */
function tensor(...rows: readonly string[]): MaskTensor {
  const columns = rows[0]!.length;
  const perRow = Math.ceil(columns / 32);
  const words = new Uint32Array(rows.length * perRow);
  rows.forEach((row, i) => {
    for (let j = 0; j < columns; j++) if (row[j] === '1') words[i * perRow + (j >> 5)]! |= 1 << (j & 31);
  });
  return { rows: rows.length, columns, words };
}

const one = (mask: MaskTensor): Masks => new Map([['w', mask]]);
const count = (masks: Masks): number =>
  [...masks.values()]
    .flatMap(({ words }) => [...words])
    .reduce((sum, word) => {
      let bits = 0;
      for (let left = word; left !== 0; left &= left - 1) bits++;
      return sum + bits;
    }, 0);
const xor = (a: Masks, b: Masks): Masks =>
  new Map([...a].map(([name, t]) => [name, { ...t, words: t.words.map((w, k) => w ^ b.get(name)!.words[k]!) }]));

const P: Masks = new Map([
  ['a', maskTensor(1, 5, 67)],
  ['b', maskTensor(2, 3, 32)],
]);
const Q: Masks = new Map([
  ['a', maskTensor(3, 5, 67)],
  ['b', maskTensor(4, 3, 32)],
]);

test('unique keeps p without q, withoutUnique all the rest', () => {
  const p = one(tensor('1100', '1010'));
  const q = one(tensor('1010', '1010'));
  assert.equal(unique(p, q), one(tensor('0100', '0000')));
  assert.equal(withoutUnique(p, q), one(tensor('1011', '1111')));
});

test('bits beyond the last column stay 0', () => {
  const places = (5 * 67 + 3 * 32) as number;
  assert.is(count(unique(P, Q)) + count(withoutUnique(P, Q)), places);
  assert.is(count(withoutUnique(P, P)), places);
  assert.is(count(unique(P, P)), 0);
  const last = withoutUnique(P, P).get('a')!.words;
  assert.equal([...last.subarray(0, 3)], [0xffffffff, 0xffffffff, 7]);
});

test('toward goes from q to p in exact steps, each within the next', () => {
  const differing = count(xor(P, Q));
  assert.ok(differing > 150 && differing < 280, `${differing}`);
  assert.equal(toward(Q, P, 0), Q);
  assert.equal(toward(Q, P, 1), P);
  let before = Q;
  for (const share of [0.001, 0.2, 0.4, 0.5, 0.77, 0.999, 1]) {
    const step = toward(Q, P, share);
    assert.is(count(xor(Q, step)), Math.round(share * differing), `${share}`);
    // What is set is set as in p, and nothing that was set is undone.
    assert.is(count(xor(step, P)), differing - count(xor(Q, step)));
    assert.is(count(unique(xor(before, Q), xor(step, Q))), 0, `${share}`);
    before = step;
  }
});

test('toward draws by seed and place, not by the order of the matrices', () => {
  const half = toward(Q, P, 0.5, 7);
  assert.equal(toward(Q, P, 0.5, 7), half);
  assert.not.equal(toward(Q, P, 0.5, 8), half);
  assert.not.equal(toward(Q, P, 0.5, 7 + 2 ** 32), half);
  const turned = (masks: Masks): Masks => new Map([...masks].reverse());
  assert.equal(toward(turned(Q), turned(P), 0.5, 7).get('a'), half.get('a'));
  // Neither matrix, nor the start of one, comes first as a whole.
  const share = (name: string) => {
    const only = (masks: Masks) => one(masks.get(name)!);
    return count(xor(only(half), only(Q))) / count(xor(only(P), only(Q)));
  };
  for (const name of ['a', 'b']) assert.ok(share(name) > 0.3 && share(name) < 0.7, `${name}: ${share(name)}`);
});

test('toward draws evenly over a large mask', () => {
  const zero = one({ rows: 512, columns: 1024, words: new Uint32Array(512 * 32) });
  const full = one({ rows: 512, columns: 1024, words: new Uint32Array(512 * 32).fill(0xffffffff) });
  const { words } = toward(zero, full, 0.25, 1).get('w')!;
  assert.is(count(one({ rows: 512, columns: 1024, words })), 131072);
  // Of the bits at one position within a word 4,096 of 16,384 are expected, sd 55; of a row 256 of 1,024, sd 14.
  for (let bit = 0; bit < 32; bit++) {
    const set = words.reduce((sum, word) => sum + ((word >>> bit) & 1), 0);
    assert.ok(Math.abs(set - 4096) < 5 * 55, `bit ${bit}: ${set}`);
  }
  for (let row = 0; row < 512; row++) {
    const set = count(one({ rows: 1, columns: 1024, words: words.subarray(row * 32, row * 32 + 32) }));
    assert.ok(Math.abs(set - 256) < 5 * 14, `row ${row}: ${set}`);
  }
});

test('the masks given are not written to', () => {
  const [p, q] = [structuredClone(P), structuredClone(Q)];
  toward(Q, P, 0.5);
  unique(P, Q);
  withoutUnique(P, Q);
  assert.equal([P, Q], [p, q]);
  toward(Q, P, 0).get('a')!.words[0]! ^= 1;
  assert.equal(Q, q);
});

test('restore takes masks off', () => {
  assert.equal([...restore(P, ['a']).keys()], ['b']);
  assert.equal(restore(P, []), P);
  refused(() => restore(P, ['c']), 'bad-mask', /c has no mask/);
});

test('masks of other matrices or shapes, and shares beyond 1, are refused', () => {
  refused(() => unique(P, one(P.get('a')!)), 'bad-mask', /covers a/);
  refused(() => withoutUnique(restore(P, ['b']), Q), 'bad-mask', /covers b/);
  refused(() => toward(one(tensor('10')), one(tensor('10', '01')), 0.5), 'bad-mask', /w differ in shape/);
  for (const share of [-0.1, 1.1, Number.NaN]) refused(() => toward(Q, P, share), 'bad-options', /0\.\.1/);
});

test.run();
