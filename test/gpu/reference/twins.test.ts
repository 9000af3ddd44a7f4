// The references against values worked out by hand, from tables, or from properties that hold by definition.

import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { activation, erfc, gated, gelu, geluTanh, silu } from '../../../gpu/reference/activation.ts';
import { embed } from '../../../gpu/reference/embed.ts';
import { matmul } from '../../../gpu/reference/matmul.ts';
import { gatherRows } from '../../../gpu/reference/network/gather-rows.ts';
import { logSoftmax, scoreTargets, top } from '../../../gpu/reference/network/log-softmax.ts';
import { layernorm, rmsnorm } from '../../../gpu/reference/norm.ts';
import { rope, splitHeads } from '../../../gpu/reference/rope.ts';
import { test } from '../../support/suite.ts';

function near(found: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-14): void {
  assert.is(found.length, expected.length);
  Array.from(expected).forEach((value, k) => {
    const off = Math.abs(found[k]! - value);
    assert.ok(off <= tolerance * Math.max(1, Math.abs(value)), `${k}: ${found[k]} instead of ${value}`);
  });
}

const relative = (found: number, expected: number, tolerance: number): void =>
  assert.ok(Math.abs(found / expected - 1) <= tolerance, `${found} instead of ${expected}`);

test('embed: rows of the table, plus rows of the learned positions', () => {
  const table = [1, 2, 3, 4, 5, 6];
  assert.equal(embed([2, 0], [0, 1], table, null, 2), Float64Array.of(5, 6, 1, 2));
  assert.equal(embed([2, 0], [0, 1], table, [10, 20, 30, 40], 2), Float64Array.of(15, 26, 31, 42));
});

test('rmsnorm: each row by its own root mean square', () => {
  // Mean squares 12.5 and 0.5, so that eps = 0.5 shows: sqrt(13) and 1.
  const found = rmsnorm([3, 4, 1, 0], [1, 2], 0.5);
  near(found, [3 / Math.sqrt(13), 8 / Math.sqrt(13), 1, 0]);
});

test('layernorm: mean 0 and variance 1 before weight and bias', () => {
  // Mean 2, biased variance 8/3; eps = 1/3 makes it 3.
  near(layernorm([0, 2, 4], [1, 1, 2], [0, 10, 0], 1 / 3), [-2 / Math.sqrt(3), 10, 4 / Math.sqrt(3)]);
  near(layernorm([5, 5, 1, 3], [1, 1], [7, 7], 0.25), [7, 7, 7 - 1 / Math.sqrt(1.25), 7 + 1 / Math.sqrt(1.25)]);
});

test('matmul: X W^T, with bias by column and residual by element', () => {
  const x = [1, 2, 3, 4, 5, 6]; // [2, 3]
  const w = [1, 0, 0, 0, 1, 0, 1, 1, 1, 2, 0, -1]; // [4, 3]
  const plain = [1, 2, 6, -1, 4, 5, 15, 2];
  assert.equal(matmul(x, w, 3), Float64Array.from(plain));
  const bias = [10, 20, 30, 40];
  const residual = [1, 2, 3, 4, 5, 6, 7, 8];
  assert.equal(
    matmul(x, w, 3, { bias, residual }),
    Float64Array.from(plain, (value, at) => value + bias[at % 4]! + residual[at]!),
  );
});

test('erfc: tabulated values, to 13 digits of their own size', () => {
  for (const [x, value] of [
    [0, 1],
    [0.1, 0.8875370839817152],
    [0.5, 0.4795001221869535],
    [1, 0.15729920705028513],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [5, 1.5374597944280349e-12],
    [10, 2.088487583762545e-45],
  ] as const) {
    relative(erfc(x), value, 1e-13);
    relative(erfc(-x), 2 - value, 1e-15);
  }
});

test('erfc: both of its forms agree where they meet, and both signs add up to 2', () => {
  relative(erfc(2 - 1e-9), erfc(2) + (2 / Math.sqrt(Math.PI)) * Math.exp(-4) * 1e-9, 1e-12);
  fc.assert(
    fc.property(fc.double({ min: -6, max: 6, noNaN: true }), (x) => {
      near([erfc(x) + erfc(-x)], [2], 1e-15);
    }),
    { numRuns: 200, seed: 7 },
  );
});

test('activations: known values, and their limits', () => {
  relative(silu(1), 0.7310585786300049, 1e-15);
  relative(silu(-3), -0.14227761953270035, 1e-14);
  relative(gelu(1), 0.8413447460685429, 1e-14);
  relative(gelu(-2), -0.04550026389635842, 1e-13);
  relative(geluTanh(1), 0.8411919906082768, 1e-9);
  relative(geluTanh(-2), -0.04540230591222494, 1e-9);
  for (const act of [silu, gelu, geluTanh]) {
    assert.is(act(0), 0);
    relative(act(40), 40, 1e-15);
    assert.ok(Math.abs(act(-40)) < 1e-15);
  }
  assert.ok(Math.abs(silu(-800)) < 1e-300);
  assert.equal(activation([1, -3], 'silu'), Float64Array.of(silu(1), silu(-3)));
  assert.equal(activation([1], 'gelu'), Float64Array.of(gelu(1)));
  assert.equal(activation([1], 'gelu-tanh'), Float64Array.of(geluTanh(1)));
});

test('gated: the activation of the gate times up', () => {
  assert.equal(gated([1, -3], [2, 5], 'silu'), Float64Array.of(2 * silu(1), 5 * silu(-3)));
});

test('splitHeads: all queries, keys and values of a row, or those of one head after the other', () => {
  const row = [0, 1, 2, 3, 4, 5, 6, 7]; // q0 q1 k0 v0, two numbers each
  const grouped = splitHeads([...row, ...row.map((i) => i + 10)], {
    heads: 2,
    kvHeads: 1,
    headSize: 2,
    qkvByHead: false,
  });
  assert.equal(grouped, [
    Float64Array.of(0, 1, 2, 3, 10, 11, 12, 13),
    Float64Array.of(4, 5, 14, 15),
    Float64Array.of(6, 7, 16, 17),
  ]);
  // q0 k0 v0 q1 k1 v1, two numbers each.
  const byHead = splitHeads(
    Array.from({ length: 12 }, (_, i) => i),
    { heads: 2, kvHeads: 2, headSize: 2, qkvByHead: true },
  );
  assert.equal(byHead, [Float64Array.of(0, 1, 6, 7), Float64Array.of(2, 3, 8, 9), Float64Array.of(4, 5, 10, 11)]);
});

test('rope: position 0 stays, a quarter turn swaps the halves of each head', () => {
  const table = { cos: [1, 1, 0, 0], sin: [0, 0, 1, 1] }; // position 1 turns every pair by 90 degrees
  const row = [1, 2, 3, 4, 5, 6, 7, 8];
  const shape = { heads: 2, headSize: 4, dims: 4 };
  assert.equal(rope([...row, ...row], [0, 1], table, shape), Float64Array.of(...row, -3, -4, 1, 2, -7, -8, 5, 6));
});

test('rope: dimensions beyond `dims` stay', () => {
  const found = rope([1, 2, 3, 4], [1], { cos: [1, 0], sin: [0, 1] }, { heads: 1, headSize: 4, dims: 2 });
  assert.equal(found, Float64Array.of(-2, 1, 3, 4));
});

test('rope: the product of two rotated vectors depends on their distance alone', () => {
  const angles = Array.from({ length: 60 }, (_, at) => Math.floor(at / 2) * (at % 2 === 0 ? 1 : 0.1));
  const table = { cos: angles.map(Math.cos), sin: angles.map(Math.sin) };
  const shape = { heads: 1, headSize: 4, dims: 4 };
  const product = (m: number, n: number): number => {
    const q = rope([1, -2, 0.5, 3], [m], table, shape);
    const k = rope([0.3, 1, 2, -1], [n], table, shape);
    return q.reduce((total, value, i) => total + value * k[i]!, 0);
  };
  near([product(9, 4), product(29, 24)], [product(5, 0), product(5, 0)], 1e-13);
  assert.ok(Math.abs(product(5, 0) - product(6, 0)) > 0.01);
});

test('gather: rows in the order asked for', () => {
  assert.equal(gatherRows([1, 2, 3, 4, 5, 6], [2, 0, 2], 2), Float64Array.of(5, 6, 1, 2, 5, 6));
});

test('head: log-probabilities of the targets and the likeliest ids', () => {
  const logits = [Math.log(1), Math.log(2), Math.log(5), 7, 7, -Infinity];
  const { logprobs, argmax } = scoreTargets(logits, [2, 0], 3);
  near(logprobs, [Math.log(5 / 8), Math.log(0.5)]);
  assert.equal(argmax, Uint32Array.of(2, 0));
  assert.is(scoreTargets([7, 7, -Infinity], [2], 3).logprobs[0], -Infinity);
});

test('head: huge logits neither overflow nor vanish', () => {
  near(logSoftmax([1e4, 1e4 - 1, -1e4], 3), [
    -Math.log1p(Math.exp(-1)),
    -1 - Math.log1p(Math.exp(-1)),
    -2e4 - Math.log1p(Math.exp(-1)),
  ]);
});

test('top: best first, the lower id of equal ones', () => {
  const found = top([9, 9, 1, 3, 2, 3, 0], 2, 5, 4);
  assert.equal(
    found.map(([id]) => id),
    [1, 3, 2, 0],
  );
  near([found[0]![1]], [3 - Math.log(Math.exp(1) + 2 * Math.exp(3) + Math.exp(2) + 1)]);
});

test.run();
