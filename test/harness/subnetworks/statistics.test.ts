// Figures per channel, against numbers worked out by hand.

import * as assert from 'uvu/assert';
import { figure, meanSquares, sampleMoments, tapKey, tokenMoments } from '../../../harness/subnetworks/statistics.ts';
import { suite } from '../../support/suite.ts';
import { refused, sumsOf } from './shared.ts';

const test = suite('statistics');

// Two samples, of two tokens and one. Channel 0: 3, -4 | 12. Channel 1: 1, 1 | 1. Channel 2: 0.
const SUMS = sumsOf([
  [
    [3, 1, 0],
    [-4, 1, 0],
  ],
  [[12, 1, 0]],
]);

function close(found: Float64Array, wanted: readonly number[]): void {
  assert.is(found.length, wanted.length);
  wanted.forEach((value, j) => {
    assert.ok(Math.abs(found[j]! - value) <= 1e-15 * Math.abs(value), `${j}: ${found[j]} is not ${value}`);
  });
}

test('each statistic is its formula', () => {
  close(figure(SUMS, 'mean-abs'), [19 / 3, 1, 0]);
  close(figure(SUMS, 'rms'), [Math.sqrt(169 / 3), 1, 0]);
  close(figure(SUMS, 'wanda'), [Math.sqrt(169 / 2), Math.sqrt(3 / 2), 0]);
  close(figure(SUMS, 'code-l2'), [(5 + 12) / 2, (Math.SQRT2 + 1) / 2, 0]);
  close(meanSquares(SUMS), [169 / 3, 1, 0]);
});

test('moments over tokens keep the sign; those over samples are of one figure of each', () => {
  const tokens = tokenMoments(SUMS);
  close(tokens.mean, [11 / 3, 1, 0]);
  close(tokens.variance, [169 / 3 - (11 / 3) ** 2, 0, 0]);
  const norms = sampleMoments(SUMS, 'code-l2');
  close(norms.mean, [8.5, (Math.SQRT2 + 1) / 2, 0]);
  // Of 5 and 12: each 3.5 off the mean.
  assert.is(norms.variance[0], 12.25);
  assert.ok(Math.abs(norms.variance[1]! - ((Math.SQRT2 - 1) / 2) ** 2) < 1e-15);
  // Per token: 5 / sqrt(2) and 12; 1 and 1.
  for (const statistic of ['rms', 'wanda'] as const) {
    const rms = sampleMoments(SUMS, statistic);
    close(rms.mean, [(5 / Math.SQRT2 + 12) / 2, 1, 0]);
    assert.ok(Math.abs(rms.variance[0]! - ((12 - 5 / Math.SQRT2) / 2) ** 2) < 1e-13);
    assert.is(rms.variance[1], 0);
  }
  // 7 / 2 and 12.
  const means = sampleMoments(SUMS, 'mean-abs');
  close(means.mean, [(3.5 + 12) / 2, 1, 0]);
  close(means.variance, [4.25 ** 2, 0, 0]);
});

test('a variance that rounding takes below 0 is 0', () => {
  const tokens = Array.from({ length: 3 }, () => [0.1]);
  const sums = sumsOf([tokens]);
  const raw = sums.squares[0]! / 3 - (sums.sum[0]! / 3) ** 2;
  assert.ok(raw < 0, `the case must be one: ${raw}`);
  assert.equal([...tokenMoments(sums).variance], [0]);
});

test('nothing counted and an overflow are refused with the place', () => {
  const none = { ...SUMS, tokens: 0, layer: 3, tap: 'down' as const };
  for (const make of [
    () => figure(none, 'rms'),
    () => figure(none, 'code-l2'),
    () => meanSquares(none),
    () => tokenMoments(none),
    () => sampleMoments({ ...none, tokens: 1, samples: 0 }, 'rms'),
  ])
    refused(make, 'no-tokens', /layer 3, input of down[\s\S]*tokens: all/);
  const broken = { ...SUMS, squares: Float64Array.of(1, Number.POSITIVE_INFINITY, 1) };
  refused(() => figure(broken, 'wanda'), 'bad-statistics', /channel 1 sum up to Infinity[\s\S]*layer 0, input of qkv/);
  refused(() => tokenMoments(broken), 'bad-statistics', /channel 1/);
  assert.equal([...figure(broken, 'mean-abs')].length, 3);
});

test('matrices that share a tap share its key', () => {
  assert.is(tapKey({ layer: 2, tap: 'up' }), tapKey({ layer: 2, tap: 'up' }));
  assert.is.not(tapKey({ layer: 2, tap: 'up' }), tapKey({ layer: 2, tap: 'down' }));
});

test.run();
