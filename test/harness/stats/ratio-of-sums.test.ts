// Ratios over texts against figures by hand, and how often their interval covers.

import * as assert from 'uvu/assert';
import { ratioOfSums } from '../../../harness/stats/ratio-of-sums.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import { test } from '../../support/suite.ts';

const near = (found: number | null, expected: number): void =>
  assert.ok(Math.abs(found! - expected) < 1e-9, `${found} instead of ${expected}`);

test('by hand: three texts, t with two degrees of freedom', () => {
  const found = ratioOfSums([
    { over: 2, under: 4 },
    { over: 6, under: 8 },
    { over: 1, under: 8 },
  ]);
  near(found.value, 9 / 20);
  // Residuals 0.2, 2.4, -2.6: 0.04 + 5.76 + 6.76 = 12.56; sqrt(1.5 * 12.56) / 20; t(0.975, 2) = 4.302652729749464.
  const reach = (4.302652729749464 * Math.sqrt(1.5 * 12.56)) / 20;
  near(found.low, 9 / 20 - reach);
  near(found.high, 9 / 20 + reach);
  assert.is(found.n, 3);
});

test('equal ratios have no width, one text no interval, and nothing to divide by is refused', () => {
  assert.equal(ratioOfSums([2, 4, 10].map((under) => ({ over: 3 * under, under }))), {
    n: 3,
    value: 3,
    low: 3,
    high: 3,
  });
  assert.equal(ratioOfSums([{ over: 1, under: 2 }]), { n: 1, value: 0.5, low: null, high: null });
  for (const units of [[], [{ over: 1, under: 0 }], [{ over: Number.NaN, under: 1 }]]) {
    assert.throws(() => ratioOfSums(units), /there is no ratio/);
  }
});

test('over 16, 32 and 64 texts of uneven length 95 % intervals cover at 92 to 97 %', () => {
  for (const n of [16, 32, 64]) {
    const rng = rngOf(n);
    let covered = 0;
    const rounds = 4000;
    for (let round = 0; round < rounds; round++) {
      const units = Array.from({ length: n }, () => {
        const under = 4 + rng.below(30);
        // A text's own level, and noise of its tokens: gamma-like, skewed to the right, with mean 1.
        const level = -Math.log(1 - rng.next()) * 0.5 + 0.5;
        return { over: under * level, under };
      });
      const { low, high } = ratioOfSums(units);
      if (low! <= 1 && high! >= 1) covered++;
    }
    const share = covered / rounds;
    console.log(`${n} texts: ${(100 * share).toFixed(1)} %`);
    assert.ok(share > 0.9 && share < 0.975, `${n}: ${share}`);
  }
});

test.run();
