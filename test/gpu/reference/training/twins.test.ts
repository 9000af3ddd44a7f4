// Every backward reference against central differences of its forward twin, over odd shapes.

import * as assert from 'uvu/assert';
import { activation, gated } from '../../../../gpu/reference/activation.ts';
import { type AttentionShape, attention, type RowTable } from '../../../../gpu/reference/attention.ts';
import { matmul } from '../../../../gpu/reference/matmul.ts';
import { crossEntropyBack } from '../../../../gpu/reference/network/cross-entropy.ts';
import { logSoftmax } from '../../../../gpu/reference/network/log-softmax.ts';
import { loraBack, lowRank, lowRankBack } from '../../../../gpu/reference/network/low-rank.ts';
import { layernorm, rmsnorm } from '../../../../gpu/reference/norm.ts';
import { rope, splitHeads } from '../../../../gpu/reference/rope.ts';
import { activationBack, gatedBack } from '../../../../gpu/reference/training/activation.ts';
import { attentionKeysBack } from '../../../../gpu/reference/training/attention-keys.ts';
import { attentionQueriesBack } from '../../../../gpu/reference/training/attention-queries.ts';
import { layerNormBack, rmsNormBack } from '../../../../gpu/reference/training/norm.ts';
import { headsBack, joinHeads, ropeBack } from '../../../../gpu/reference/training/rope.ts';
import { differences, dot, gap, isGradient, randoms } from '../../../support/differences.ts';
import { test } from '../../../support/suite.ts';

/** The gradients of queries, keys and values. */
const attentionBack = (...args: Parameters<typeof attentionQueriesBack>) => ({
  dq: attentionQueriesBack(...args),
  ...attentionKeysBack(...args),
});

for (const [rows, width] of [
  [1, 1],
  [3, 7],
  [5, 33],
] as const) {
  test(`norms, ${rows} rows of ${width}`, () => {
    const [gain, bias, dy] = [randoms(1, width), randoms(2, width), randoms(3, rows * width)];
    // Off centre, so that the mean matters, and an eps that the gradient feels.
    const x = randoms(4, rows * width).map((value) => 0.5 + value);
    const eps = 0.1;
    isGradient('rms', rmsNormBack(x, gain, dy, { width, eps }), x, dy, (moved) => rmsnorm(moved, gain, eps));
    const dx = layerNormBack(x, gain, dy, { width, eps });
    if (width === 1) assert.equal(dx, new Float64Array(rows).fill(0));
    else isGradient('layer', dx, x, dy, (moved) => layernorm(moved, gain, bias, eps));
  });
}

/** Rows of independent sequences, one after another. */
function packed(...lengths: readonly number[]): RowTable & { readonly positions: number[] } {
  const starts = lengths.map((_, s) => lengths.slice(0, s).reduce((sum, n) => sum + n, 0));
  const rows = lengths.reduce((sum, n) => sum + n, 0);
  return {
    positions: lengths.flatMap((n) => Array.from({ length: n }, (_, t) => t)),
    path: lengths.flatMap((n, s) => new Array<number>(n).fill(starts[s]!)),
    rows: Array.from({ length: rows }, (_, row) => row),
  };
}

function rotationTable(positions: number, pairs: number) {
  const angle = randoms(5, positions * pairs, 3);
  return { cos: angle.map(Math.cos), sin: angle.map(Math.sin), dims: 2 * pairs };
}

const { positions } = packed(4, 3);

for (const [heads, headSize, dims] of [
  [1, 2, 2],
  [3, 7, 4],
  [2, 6, 6],
] as const) {
  test(`rope, ${heads} heads of ${headSize}, ${dims} dimensions rotated, and norm by head before it`, () => {
    const rotation = rotationTable(4, dims / 2);
    const [x, dy] = [randoms(6, 7 * heads * headSize), randoms(7, 7 * heads * headSize)];
    const shape = { heads, headSize, dims };
    isGradient('rope', ropeBack(dy, positions, rotation, shape), x, dy, (moved) =>
      rope(moved, positions, rotation, shape),
    );
    const [norm, eps] = [randoms(8, headSize), 0.1];
    const steps: readonly (readonly [string, Float64Array | null, typeof rotation | null])[] = [
      ['norm and rotation', norm, rotation],
      ['norm', norm, null],
      ['rotation', null, rotation],
    ];
    for (const [label, gain, table] of steps) {
      isGradient(label, headsBack(x, dy, positions, { norm: gain, eps, rotation: table }, shape), x, dy, (moved) => {
        const normed = gain === null ? moved : rmsnorm(moved, gain, eps);
        return table === null ? normed : rope(normed, positions, table, shape);
      });
    }
  });
}

test('queries, keys and values are put together as they were taken apart', () => {
  for (const shape of [
    { heads: 3, kvHeads: 3, headSize: 5, qkvByHead: true },
    { heads: 4, kvHeads: 2, headSize: 3, qkvByHead: false },
  ]) {
    const qkv = randoms(9, 7 * (shape.heads + 2 * shape.kvHeads) * shape.headSize);
    assert.equal(joinHeads(...splitHeads(qkv, shape), shape), qkv);
  }
});

const SHAPES: readonly AttentionShape[] = [
  { heads: 1, kvHeads: 1, headSize: 1, window: 0 },
  { heads: 3, kvHeads: 3, headSize: 5, window: 0 },
  { heads: 6, kvHeads: 2, headSize: 3, window: 0 },
  { heads: 5, kvHeads: 1, headSize: 4, window: 3 },
  { heads: 2, kvHeads: 2, headSize: 7, window: 1 },
];
for (const shape of SHAPES) {
  const { heads, kvHeads, headSize, window } = shape;
  test(`attention, ${heads} heads on ${kvHeads} of ${headSize}, window ${window}, sequences packed or of one stem`, () => {
    const apart = packed(6, 1, 4);
    // Rows 0..2 are a stem that the paths of rows 3..5 and of rows 6..10 share.
    const tree: RowTable = {
      positions: [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7],
      path: [0, 0, 0, 0, 0, 0, 6, 6, 6, 6, 6],
      rows: [0, 1, 2, 3, 4, 5, 0, 1, 2, 6, 7, 8, 9, 10],
    };
    for (const table of [apart, tree]) {
      const [q, dO] = [randoms(10, 11 * heads * headSize), randoms(11, 11 * heads * headSize)];
      const [k, v] = [randoms(12, 11 * kvHeads * headSize), randoms(13, 11 * kvHeads * headSize)];
      const { dq, dk, dv } = attentionBack(q, k, v, dO, table, shape);
      isGradient('dv', dv, v, dO, (moved) => attention(q, k, moved, table, shape));
      if (window === 1) {
        // One key: its weight is 1 whatever the score.
        assert.ok([...dq, ...dk].every((value) => Math.abs(value) < 1e-14));
        continue;
      }
      isGradient('dq', dq, q, dO, (moved) => attention(moved, k, v, table, shape));
      isGradient('dk', dk, k, dO, (moved) => attention(q, moved, v, table, shape));
    }
  });
}

test('a packed sequence has the gradients that it has alone', () => {
  const shape = { heads: 4, kvHeads: 2, headSize: 3, window: 2 };
  const [q, dO, k, v] = [randoms(14, 9 * 12), randoms(15, 9 * 12), randoms(16, 9 * 6), randoms(17, 9 * 6)];
  const together = attentionBack(q, k, v, dO, packed(5, 4), shape);
  const rows = (x: Float64Array, width: number): Float64Array => x.slice(5 * width);
  const alone = attentionBack(rows(q, 12), rows(k, 6), rows(v, 6), rows(dO, 12), packed(4), shape);
  assert.equal(rows(together.dq, 12), alone.dq);
  assert.equal(rows(together.dk, 6), alone.dk);
  assert.equal(rows(together.dv, 6), alone.dv);
});

for (const kind of ['silu', 'gelu', 'gelu-tanh'] as const) {
  test(`${kind}, alone and as a gate`, () => {
    const x = Float64Array.from([...randoms(18, 31, 2), 0, -9, 9, -0.75, 1e-3]);
    const [up, dy] = [randoms(19, 36), randoms(20, 36)];
    isGradient('dx', activationBack(x, dy, kind), x, dy, (moved) => activation(moved, kind));
    // Element by element: a tail that is wrong does not show in a norm.
    x.forEach((value, i) => {
      const [expected] = differences(Float64Array.of(value), (one) => activation(one, kind)[0]!);
      const off = activationBack([value], [1], kind)[0]! - expected!;
      assert.ok(Math.abs(off) < 1e-9, `${i}: act'(${value}) is off by ${off}`);
    });
    const { dGate, dUp } = gatedBack(x, up, dy, kind);
    isGradient('dGate', dGate, x, dy, (moved) => gated(moved, up, kind));
    isGradient('dUp', dUp, up, dy, (moved) => gated(x, moved, kind));
  });
}

for (const [rows, width, vocab] of [
  [1, 1, 2],
  [5, 7, 13],
] as const) {
  test(`cross-entropy, ${rows} rows of ${width} over ${vocab} tokens`, () => {
    const [hidden, matrix] = [randoms(21, rows * width), randoms(22, vocab * width)];
    const targets = Array.from({ length: rows }, (_, p) => (3 * p + 1) % vocab);
    const weights = Array.from({ length: rows }, (_, p) => (p === 2 ? 0 : 1 / (p + 2)));
    for (const bias of [null, randoms(23, vocab)]) {
      const loss = (moved: Float64Array): number => {
        const logprobs = logSoftmax(matmul(moved, matrix, width, { bias }), vocab);
        return -targets.reduce((sum, target, p) => sum + weights[p]! * logprobs[p * vocab + target]!, 0);
      };
      const found = crossEntropyBack(hidden, matrix, bias, targets, weights);
      assert.ok(Math.abs(found.loss - loss(hidden)) < 1e-14 * (1 + Math.abs(found.loss)));
      assert.ok(Math.abs(found.loss + dot(weights, found.logprobs)) < 1e-14);
      const off = gap(found.dHidden, differences(hidden, loss));
      assert.ok(off < 1e-7, `off by ${off}`);
    }
  });
}

for (const [rows, k, n, rank] of [
  [1, 1, 1, 1],
  [7, 5, 9, 3],
  [4, 11, 2, 6],
] as const) {
  test(`low rank, ${n} x ${k} of rank ${rank} over ${rows} rows`, () => {
    const [x, w, bias, dy] = [randoms(24, rows * k), randoms(25, n * k), randoms(26, n), randoms(27, rows * n)];
    const [a, b] = [randoms(28, rank * k), randoms(29, n * rank)];
    const shape = { rank, scale: 1.75 };
    const y = (atX: Float64Array, atA: Float64Array, atB: Float64Array): Float64Array => {
      const update = lowRank(atX, { a: atA, b: atB }, shape);
      return matmul(atX, w, k, { bias }).map((value, i) => value + update[i]!);
    };
    const { dx, dA, dB } = loraBack(x, w, { a, b }, dy, shape);
    isGradient('dx', dx, x, dy, (moved) => y(moved, a, b));
    isGradient('dA', dA, a, dy, (moved) => y(x, moved, b));
    isGradient('dB', dB, b, dy, (moved) => y(x, a, moved));
    assert.equal(lowRankBack(x, { a, b: new Float64Array(n * rank) }, dy, shape).dA, new Float64Array(rank * k));
  });
}

test.run();
