// Attention: causality, grouped heads, the window, and that only a row's path decides what it sees.

import * as assert from 'uvu/assert';
import { attention, type RowTable } from '../../../gpu/reference/attention.ts';
import { normals } from '../../support/random-model.ts';
import { test } from '../../support/suite.ts';

const straight = (length: number): RowTable => {
  const rows = Array.from({ length }, (_, row) => row);
  return { positions: rows, path: new Array(length).fill(0), rows };
};
const random = (seed: number, length: number): Float64Array => {
  const normal = normals(seed);
  return Float64Array.from({ length }, () => normal());
};
const near = (found: ArrayLike<number>, expected: ArrayLike<number>): void => {
  assert.is(found.length, expected.length);
  for (let k = 0; k < expected.length; k++) {
    assert.ok(Math.abs(found[k]! - expected[k]!) < 1e-14, `${k}: ${found[k]} instead of ${expected[k]}`);
  }
};

test('two keys by hand: weights are the softmax of q k / sqrt(headSize)', () => {
  const shape = { heads: 1, kvHeads: 1, headSize: 4, window: 0 };
  const q = [0, 0, 0, 0, 2, 0, 0, 0];
  const k = [1, 9, 9, 9, 3, 9, 9, 9]; // row 1: scores 2 * 1 / 2 = 1 and 2 * 3 / 2 = 3
  const v = [1, 0, 0, 5, 0, 1, 0, 7];
  const first = 1 / (1 + Math.exp(2));
  near(attention(q, k, v, straight(2), shape), [1, 0, 0, 5, first, 1 - first, 0, 5 * first + 7 * (1 - first)]);
});

test('with equal scores a row is the mean of the values it sees: causal, and by the window', () => {
  const v = [1, 2, 4, 8, 16];
  const zero = new Float64Array(5);
  const run = (window: number): Float64Array =>
    attention(zero, zero, v, straight(5), { heads: 1, kvHeads: 1, headSize: 1, window });
  near(run(0), [1, 3 / 2, 7 / 3, 15 / 4, 31 / 5]);
  near(run(1), v);
  near(run(2), [1, 3 / 2, 3, 6, 12]);
  near(run(5), run(0));
});

test('grouped heads read the key head of their group', () => {
  const shape = { heads: 4, kvHeads: 2, headSize: 3, window: 0 };
  const [q, k, v] = [random(1, 5 * 12), random(2, 5 * 6), random(3, 5 * 6)];
  const found = attention(q, k, v, straight(5), shape);
  const part = (x: Float64Array, width: number, start: number): Float64Array =>
    Float64Array.from({ length: 15 }, (_, at) => x[Math.floor(at / 3) * width + start + (at % 3)]!);
  for (let head = 0; head < 4; head++) {
    const own = Math.floor(head / 2) * 3;
    const single = { heads: 1, kvHeads: 1, headSize: 3, window: 0 };
    const alone = attention(part(q, 12, head * 3), part(k, 6, own), part(v, 6, own), straight(5), single);
    near(part(found, 12, head * 3), alone);
  }
});

test('rows in another place, seen through their paths, give the same', () => {
  const shape = { heads: 2, kvHeads: 1, headSize: 4, window: 0 };
  const length = 6;
  const [q, k, v] = [random(4, length * 8), random(5, length * 4), random(6, length * 4)];
  const expected = attention(q, k, v, straight(length), shape);
  const place = [3, 0, 5, 1, 4, 2]; // token t lies in row place[t]
  const move = (x: Float64Array, width: number): Float64Array => {
    const out = new Float64Array(x.length);
    place.forEach((row, t) => {
      out.set(x.subarray(t * width, (t + 1) * width), row * width);
    });
    return out;
  };
  const positions = new Uint32Array(length);
  place.forEach((row, t) => {
    positions[row] = t;
  });
  const table = { positions, path: new Uint32Array(length).fill(2), rows: [99, 99, ...place] };
  near(attention(move(q, 8), move(k, 4), move(v, 4), table, shape), move(expected, 8));
});

test('two continuations of one stem do not see each other', () => {
  const shape = { heads: 1, kvHeads: 1, headSize: 2, window: 0 };
  const [q, k, v] = [random(7, 8), random(8, 8), random(9, 8)];
  // Rows 0, 1 are the stem; rows 2 and 3 both stand at position 2.
  const table = { positions: [0, 1, 2, 2], path: [0, 0, 0, 3], rows: [0, 1, 2, 0, 1, 3] };
  const found = attention(q, k, v, table, shape);
  const without = (x: Float64Array, row: number): Float64Array =>
    Float64Array.from([...x.subarray(0, 2 * row), ...x.subarray(2 * row + 2)]);
  near(found.subarray(0, 6), attention(without(q, 3), without(k, 3), without(v, 3), straight(3), shape));
  near(found.subarray(6), attention(without(q, 2), without(k, 2), without(v, 2), straight(3), shape).subarray(4));
});

test('large scores do not overflow', () => {
  const found = attention([0, 1000], [1000, 999], [3, 4], straight(2), {
    heads: 1,
    kvHeads: 1,
    headSize: 1,
    window: 0,
  });
  near(found, [3, 3]);
});

test.run();
