// The seeded source: the same numbers for a seed, other ones for another, within their bounds; neighbouring seeds are as
// unrelated as any two.

import * as assert from 'uvu/assert';
import { hashOf } from '../../../gpu/engine/hash.ts';
import { drawn } from '../../../gpu/reference/common/pcg.ts';
import { signFlip } from '../../../harness/stats/permutation.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { test } from '../../support/suite.ts';

const SEEDS = Array.from({ length: 4000 }, (_, seed) => seed);

/** Pearson's correlation of f(seed) with f(seed + lag): of independent draws it is normal with a spread of 1 / sqrt(n). */
function correlation(values: readonly number[], lag: number): number {
  const [x, y] = [values.slice(0, -lag), values.slice(lag)];
  const mean = (all: readonly number[]) => all.reduce((sum, value) => sum + value, 0) / all.length;
  const [mx, my] = [mean(x), mean(y)];
  const over = (f: (k: number) => number) => x.reduce((sum, _, k) => sum + f(k), 0);
  const spread = Math.sqrt(over((k) => (x[k]! - mx) ** 2) * over((k) => (y[k]! - my) ** 2));
  return over((k) => (x[k]! - mx) * (y[k]! - my)) / spread;
}

/** Uniform in [0, 1), and unrelated from seed to seed: five standard deviations, so that a sound source passes. */
function unrelated(name: string, of: (seed: number) => number): void {
  const values = SEEDS.map(of);
  const bound = 5 / Math.sqrt(SEEDS.length);
  for (const lag of [1, 2, 3, 16]) {
    const found = correlation(values, lag);
    assert.ok(Math.abs(found) < bound, `${name}: seeds ${lag} apart correlate by ${found}`);
  }
  // Deciles: chi-squared with 9 degrees of freedom stays below 40 with a probability above 0.99999.
  const counts = Array.from({ length: 10 }, () => 0);
  for (const value of values) counts[Math.min(9, Math.floor(value * 10))]! += 1;
  const expected = SEEDS.length / 10;
  const chi2 = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(chi2 < 40, `${name}: deciles ${counts.join(' ')}`);
}

test('a seed repeats itself, another differs', () => {
  const draw = (seed: number): number[] => {
    const rng = rngOf(seed);
    return Array.from({ length: 50 }, () => rng.next());
  };
  assert.equal(draw(3), draw(3));
  assert.not.equal(draw(3), draw(4));
  assert.ok(draw(0).every((x) => x >= 0 && x < 1));
  assert.is(new Set(draw(0)).size, 50);
  // Seeds beyond 32 bits count whole, and negative ones are seeds too.
  assert.not.equal(draw(2 ** 32), draw(0));
  assert.not.equal(draw(-1), draw(2 ** 32 - 1));
});

test('the state is filled as the authors of xoroshiro128+ say: by splitmix64', () => {
  // splitmix64 of seed 0 begins 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4; their sum is the first output, 0x50994... (mod 2^64).
  const first = BigInt.asUintN(64, 0xe220a8397b1dcdafn + 0x6e789e6aa1b965f4n);
  const low = Number(BigInt.asUintN(32, first)); // pure-rand gives the low half of an output
  assert.is(rngOf(0).below(2 ** 30), low % 2 ** 30);
});

test('below(n) reaches 0 and n - 1, and nothing else', () => {
  const rng = rngOf(1);
  const seen = new Set(Array.from({ length: 200 }, () => rng.below(3)));
  assert.equal([...seen].sort(), [0, 1, 2]);
  assert.is(rng.below(1), 0);
});

test('neighbouring seeds draw nothing alike, from the first number on', () => {
  const nth = (n: number) => (seed: number) => {
    const rng = rngOf(seed);
    for (let k = 1; k < n; k++) rng.next();
    return rng.next();
  };
  for (const n of [1, 2, 3]) unrelated(`draw ${n}`, nth(n));
  unrelated('below', (seed) => rngOf(seed).below(1000) / 1000);
});

test('neighbouring seeds of the device draw nothing alike: random masks, dropout, first values of adapters', () => {
  unrelated('random mask', (seed) => drawn(seed, 'model.layers.0.mlp.up_proj.weight', 0, 0) / 2 ** 32);
  unrelated('columns of a mask', (column) => drawn(0, 'model.layers.0.mlp.up_proj.weight', 0, column) / 2 ** 32);
  unrelated('rows of a mask', (row) => drawn(0, 'model.layers.0.mlp.up_proj.weight', row, 0) / 2 ** 32);
  unrelated('dropout', (seed) => hashOf(seed, 'dropout 0 0') / 2 ** 32);
  unrelated('dropout by step', (step) => hashOf(0, `dropout ${step} 0`) / 2 ** 32);
});

test('permutation tests with neighbouring seeds flip other signs', () => {
  // Differences 2^0, 2^1, ...: the share of flips whose sum is as large tells the flips apart; exact below 17 units.
  const units = Array.from({ length: 24 }, (_, k) => ({ difference: 2 ** k / 2 ** 24 }));
  const first = (seed: number) => {
    // One flip: the p is 1 where its sum reaches the observed one, which is the largest, and 1/2 elsewhere.
    return signFlip(
      units.map(({ difference }, k) => ({ difference: k === 0 ? difference : difference * (k % 2 ? 1 : -1) })),
      { flips: 1, seed },
    ).greater;
  };
  const reached = SEEDS.slice(0, 200).filter((seed) => first(seed) === 1).length;
  assert.ok(reached > 50 && reached < 150, `the first flip of ${reached} of 200 seeds reaches the observed sum`);
});

test.run();
