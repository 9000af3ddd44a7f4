// McNemar's exact test against published p-values, SciPy (test/fixtures/stats/make.py) and its size by simulation.

import * as assert from 'uvu/assert';
import { discordant, mcnemar } from '../../../harness/stats/mcnemar.ts';
import { rngOf } from '../../../harness/stats/rng.ts';
import fixtures from '../../fixtures/stats/values.json' with { type: 'json' };
import { test } from '../../support/suite.ts';

const near = (got: number, want: number, relative: number, what: string) =>
  assert.ok(Math.abs(got - want) <= relative * Math.abs(want), `${what}: ${got} is not ${want}`);
const bad = (e: { code: string }) => e.code === 'bad-statistics';

test('9 against 2: p = 0.06543 (vignette of the R package exact2x2, Fay 2010)', () => {
  near(mcnemar({ up: 9, down: 2 }).twoSided, 0.06543, 1e-4, 'two-sided');
  near(mcnemar({ up: 9, down: 2 }).greater, 67 / 2048, 1e-13, 'greater');
});

test('against SciPy, up to 100,000 changed items', () => {
  for (const [up, down, greater, less, twoSided] of fixtures.mcnemar as [number, number, number, number, number][]) {
    const found = mcnemar({ up, down });
    near(found.greater, greater, 1e-9, `greater of ${up}, ${down}`);
    near(found.less, less, 1e-9, `less of ${up}, ${down}`);
    near(found.twoSided, twoSided, 1e-9, `two-sided of ${up}, ${down}`);
  }
});

test('nothing changed proves nothing, and exchanging the sides exchanges the tails', () => {
  assert.equal(mcnemar({ up: 0, down: 0 }), { up: 0, down: 0, greater: 1, less: 1, twoSided: 1 });
  assert.is(mcnemar({ up: 3, down: 8 }).less, mcnemar({ up: 8, down: 3 }).greater);
});

test('changed items are counted; graded differences are refused', () => {
  const units = [1, 0, -1, -1, 0].map((difference, k) => ({ item: `i${k}`, difference }));
  assert.equal(discordant(units), { up: 1, down: 2 });
  assert.throws(() => discordant([{ item: 'i', difference: 0.5 }]), bad);
  for (const [up, down] of [
    [-1, 2],
    [0.5, 2],
    [1, Number.NaN],
  ] as const) {
    assert.throws(() => mcnemar({ up, down }), bad);
  }
});

test('its size stays below alpha: no difference, 240 items of which a tenth change, 4,000 times', () => {
  const rng = rngOf(4);
  let [greater, twoSided] = [0, 0];
  for (let round = 0; round < 4000; round++) {
    let [up, down] = [0, 0];
    for (let item = 0; item < 240; item++) {
      const u = rng.next();
      if (u < 0.05) up++;
      else if (u < 0.1) down++;
    }
    const p = mcnemar({ up, down });
    if (p.greater <= 0.05) greater++;
    if (p.twoSided <= 0.05) twoSided++;
  }
  assert.ok(greater / 4000 < 0.05 && greater / 4000 > 0.02, `one-sided ${greater / 4000}`);
  assert.ok(twoSided / 4000 < 0.05 && twoSided / 4000 > 0.01, `two-sided ${twoSided / 4000}`);
});

test.run();
