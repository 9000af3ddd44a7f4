// The BCa bootstrap against SciPy (test/fixtures/stats/make.py), its corner cases, and its coverage by simulation.

import * as assert from 'uvu/assert';
import { type BcaUnit, bcaInterval } from '../../../harness/stats/bca.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const unitsOf = (values: readonly number[], trait = 't'): BcaUnit[] =>
  values.map((difference) => ({ trait, difference }));
const near = (got: number, want: number, within: number, what: string) =>
  assert.ok(Math.abs(got - want) <= within, `${what}: ${got} is not within ${within} of ${want}`);
const SKEWED = fixtures.bca[0]!.strata[0]!;
const THREE = fixtures.bca.find(({ strata }) => strata.length === 3)!.strata;

test('against SciPy with a million resamples: one stratum and three, two-sided and one-sided', () => {
  for (const { name, level, strata, expected } of fixtures.bca) {
    const units = strata.flatMap((values, k) => unitsOf(values, `t${k}`));
    const found = bcaInterval(units, { level, resamples: 500_000, seed: 1 })!;
    const got = [found.low, found.high, found.lowerBound, found.upperBound];
    // The chance of both ends: about 0.4 % of the width; binary ends lie on a lattice and agree.
    const within = name === 'binary' ? 1e-9 : 0.01 * (expected[1]! - expected[0]!);
    got.forEach((end, k) => {
      near(end, expected[k]!, within, `${name} at ${level}, end ${k}`);
    });
  }
});

test('a right tail pulls the interval to the right; mirrored differences mirror it', () => {
  const one = bcaInterval(unitsOf(SKEWED))!;
  assert.ok(one.high - one.mean > 1.2 * (one.mean - one.low));
  const other = bcaInterval(unitsOf(SKEWED.map((x) => -x)))!;
  near(one.low, -other.high, 1e-3, 'low');
  near(one.high, -other.low, 1e-3, 'high');
  assert.ok(one.low < one.lowerBound && one.upperBound < one.high);
  // Half of 5 % on either side is the one-sided 97.5 %.
  near(bcaInterval(unitsOf(SKEWED), { level: 0.975 })!.lowerBound, one.low, 1e-12, '97.5 % bound');
});

test('the seed decides it, and nothing else', () => {
  const units = unitsOf(SKEWED);
  assert.equal(bcaInterval(units, { seed: 5 }), bcaInterval(units, { seed: 5 }));
  assert.not.equal(bcaInterval(units, { seed: 5 }), bcaInterval(units, { seed: 6 }));
});

test('differences between traits are no spread: each is resampled by itself', () => {
  const apart = THREE.flatMap((values, k) =>
    unitsOf(
      values.map((x) => x + 100 * k),
      `t${k}`,
    ),
  );
  const close = THREE.flatMap((values, k) => unitsOf(values, `t${k}`));
  const [a, b] = [bcaInterval(apart)!, bcaInterval(close)!];
  near(a.high - a.low, b.high - b.low, 1e-9, 'width');
  const pooled = bcaInterval(apart.map(({ difference }) => ({ trait: 't', difference })))!;
  assert.ok(pooled.high - pooled.low > 20 * (a.high - a.low));
});

test('traits with a single item are resampled together', () => {
  const values = SKEWED.slice(0, 20);
  const alone = values.map((difference, k) => ({ trait: `t${k}`, difference }));
  assert.equal(bcaInterval(alone), bcaInterval(unitsOf(values)));
  const lone = [...unitsOf(values.slice(0, 19)), { trait: 'other', difference: values[19]! }];
  assert.equal(bcaInterval(lone), bcaInterval(unitsOf(values)));
});

test('weights: the mean of the rows, and a common factor changes nothing', () => {
  const units = [...unitsOf(SKEWED.slice(0, 10), 'one'), ...unitsOf(SKEWED.slice(10), 'other')];
  const weighted = units.map((unit, k) => ({ ...unit, weight: k < 10 ? 5 : 1 + (k % 3) }));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const mean = weighted.reduce((sum, { weight, difference }) => sum + weight * difference, 0) / total;
  near(bcaInterval(weighted)!.mean, mean, 1e-12, 'mean');
  const four = units.map((unit) => ({ ...unit, weight: 4 }));
  near(bcaInterval(four)!.low, bcaInterval(units)!.low, 1e-12, 'equal weights');
  assert.ok(Math.abs(bcaInterval(weighted)!.low - bcaInterval(units)!.low) > 1e-6);
});

test('one unit says nothing; equal differences are the point itself', () => {
  assert.is(bcaInterval(unitsOf([0.5])), null);
  for (const value of [0, 1 / 3, -0.1]) {
    const { mean, low, high, lowerBound, upperBound } = bcaInterval(unitsOf(Array(30).fill(value)))!;
    near(mean, value, 1e-15, 'mean');
    assert.equal([low, high, lowerBound, upperBound], [mean, mean, mean, mean]);
  }
  const two = bcaInterval(unitsOf([0, 1]))!;
  assert.ok(two.low <= 0 && two.high >= 1);
});

test('few skewed units at a high level: the ends stay on their sides', () => {
  for (const values of [
    [0, 0, 1],
    [0, 0, -1],
  ]) {
    const { mean, low, high } = bcaInterval(unitsOf(values), { level: 0.999 })!;
    assert.ok(low < mean && mean < high, `[${low}, ${high}]`);
  }
});

test('240 units in 5 traits, 10,000 resamples: a tenth of a second of CPU, and never 5', () => {
  const units = Array.from({ length: 240 }, (_, k) => ({ trait: `t${k % 5}`, difference: Math.sin(k) }));
  bcaInterval(units);
  const start = process.cpuUsage();
  bcaInterval(units);
  const { user, system } = process.cpuUsage(start);
  assert.ok(user + system < 5e6, `${(user + system) / 1000} ms`);
});

for (const [name, draw, truth] of [
  ['skewed', (u: number) => -Math.log(1 - u), 1],
  ['binary', (u: number) => (u < 0.125 ? -1 : u < 0.2 ? 1 : 0), -0.05],
] as const) {
  for (const [n, traits, rounds] of [
    [60, 1, 1000],
    [60, 15, 1000],
    [240, 5, 500],
  ] as const) {
    test(`95 % intervals of ${n} ${name} differences in ${traits} traits cover 93 to 97 %`, () => {
      const rng = rngOf(n);
      let [both, below, above] = [0, 0, 0];
      for (let round = 0; round < rounds; round++) {
        const units = Array.from({ length: n }, (_, k) => ({ trait: `t${k % traits}`, difference: draw(rng.next()) }));
        const found = bcaInterval(units, { resamples: 1000, seed: round })!;
        if (found.low <= truth + 1e-9 && truth - 1e-9 <= found.high) both++;
        if (found.lowerBound <= truth + 1e-9) below++;
        if (found.upperBound >= truth - 1e-9) above++;
      }
      // Two standard errors of the simulation: over 8,000 rounds the binary differences of 60 units are covered by 93.3 %.
      const noise = 2 * Math.sqrt(0.93 * 0.07 * rounds);
      const inside = (count: number, what: string) =>
        assert.ok(
          count >= 0.93 * rounds - noise && count <= 0.97 * rounds + noise,
          `${what}: ${(100 * count) / rounds} %`,
        );
      inside(both, 'two-sided');
      // One-sided bounds of lattices and tails are a point off at 60.
      const loose = (count: number, what: string) =>
        assert.ok(count >= 0.92 * rounds && count <= 0.98 * rounds, `${what}: ${(100 * count) / rounds} %`);
      loose(below, 'lower bound');
      loose(above, 'upper bound');
    });
  }
}

test('what cannot be resampled is an error', () => {
  const bad = (e: { code: string }) => e.code === 'bad-statistics';
  assert.throws(() => bcaInterval([]), bad);
  assert.throws(() => bcaInterval(unitsOf([1, Number.NaN])), bad);
  assert.throws(() => bcaInterval([{ trait: 't', difference: 1, weight: -1 }]), bad);
  assert.throws(() => bcaInterval(unitsOf([1, 2]), { level: 1 }), bad);
  assert.throws(() => bcaInterval(unitsOf([1, 2]), { resamples: 10 }), bad);
  assert.throws(() => bcaInterval(unitsOf([1, 2]), { seed: 1.5 }), bad);
});

test.run();
